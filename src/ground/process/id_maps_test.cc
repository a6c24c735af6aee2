#include "process/id_maps.h"

#include <gtest/gtest.h>

namespace ixian::process {
namespace {

TEST(IdMaps, AUserIsRootAndItsRangesFollow) {
  const auto map =
      subordinate_map("otto:100000:65536\nanna:200000:1000\n1000:300000:5\n", "anna", 1000, 1000);
  EXPECT_EQ(map_text(map), "0 1000 1\n1 200000 1000\n1001 300000 5\n");
}

TEST(IdMaps, LinesThatSayNothingArePassedOver) {
  const auto map =
      subordinate_map("anna:x:5\nanna:1:0\nanna:1\n# anna\nanna:99999999999:5\n", "anna", 1000, 1000);
  EXPECT_EQ(map_text(map), "0 1000 1\n");
}

TEST(IdMaps, WhatTheKernelShowsCanBeRead) {
  const auto map = parse_map("         0       1000          1\n         1     100000      65536\n");
  EXPECT_EQ(map_text(map), "0 1000 1\n1 100000 65536\n");
}

}  // namespace
}  // namespace ixian::process
