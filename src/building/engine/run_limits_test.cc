#include "engine/run_limits.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace ixian::engine {
namespace {

TEST(RunLimits, AreWrittenAsDockerWritesThem) {
  EXPECT_EQ(parse_pids_limit("", "100"), 100u);
  EXPECT_EQ(parse_pids_limit("", "-1"), 0u);
  EXPECT_EQ(parse_memory_limit("", "512m"), 512u << 20);
  EXPECT_EQ(parse_memory_limit("", "-1"), 0u);
  EXPECT_EQ(parse_shm_size("", "1g"), 1u << 30);
  EXPECT_EQ(parse_cpu_number("", "50000"), 50000u);
  EXPECT_EQ(parse_cpu_number("", "-1"), 0u);
  EXPECT_EQ(parse_cpu_list("", "0-3,7"), "0-3,7");
  const auto both = parse_ulimit("", "nofile=1024:2048");
  EXPECT_EQ(both.name, "RLIMIT_NOFILE");
  EXPECT_EQ(both.soft, 1024u);
  EXPECT_EQ(both.hard, 2048u);
  EXPECT_EQ(parse_ulimit("", "core=-1").hard, ~std::uint64_t{0});
  EXPECT_EQ(parse_ulimit("", "nproc=7").hard, 7u);
}

TEST(RunLimits, WhatCannotBeMeantIsRefused) {
  for (const char* text : {"", "many", "12x", "-2"})
    EXPECT_THROW(parse_pids_limit("", text), std::invalid_argument) << text;
  for (const char* text : {"", "much", "1m", "-2"})
    EXPECT_THROW(parse_memory_limit("", text), std::invalid_argument) << text;
  for (const char* text : {"", "0", "x"})
    EXPECT_THROW(parse_shm_size("", text), std::invalid_argument) << text;
  for (const char* text : {"", "x", "-2", "1.5"})
    EXPECT_THROW(parse_cpu_number("", text), std::invalid_argument) << text;
  for (const char* text : {"", "3-1", "1,", "a", "1-"})
    EXPECT_THROW(parse_cpu_list("", text), std::invalid_argument) << text;
  for (const char* text : {"", "nofile", "nofile=", "files=3", "nofile=9:3", "nofile=1:x", "as=7"})
    EXPECT_THROW(parse_ulimit("", text), std::invalid_argument) << text;
}

}  // namespace
}  // namespace ixian::engine
