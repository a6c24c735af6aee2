#include "registry/traffic.h"

#include <gtest/gtest.h>

#include "oci/copy_image.h"
#include "testing/memory_repo.h"
#include "testing/sample_image.h"

namespace ixian::registry {
namespace {

TEST(Traffic, CountsWhatMovesInEitherDirection) {
  const auto from = std::make_shared<testing::MemoryRepo>("from");
  const auto to = std::make_shared<testing::MemoryRepo>("to");
  const auto image = testing::sample_image("text");
  testing::put_image(*from, "1", image);
  const auto traffic = std::make_shared<Traffic>();
  base::Cancellation never;
  const oci::CopyResult copied =
      oci::copy_image(*counted(from, traffic), "1", *counted(to, traffic), "1", {}, never);
  EXPECT_EQ(traffic->sent, copied.bytes);
  EXPECT_EQ(traffic->received, copied.bytes);
  oci::copy_image(*counted(from, traffic), "1", *counted(to, traffic), "1", {}, never);
  EXPECT_EQ(traffic->sent, copied.bytes);
  EXPECT_EQ(traffic->mounted, 0U);
}

TEST(Traffic, MountedBlobsAreNotSent) {
  const auto from = std::make_shared<testing::MemoryRepo>("from");
  const auto to = std::make_shared<testing::MemoryRepo>("to", true);
  testing::put_image(*from, "1", testing::sample_image("text"));
  const auto traffic = std::make_shared<Traffic>();
  base::Cancellation never;
  const oci::CopyResult copied =
      oci::copy_image(*counted(from, traffic), "1", *counted(to, traffic), "1", {}, never);
  EXPECT_EQ(traffic->sent, 0U);
  EXPECT_EQ(traffic->mounted, copied.mounted);
  EXPECT_EQ(counted(nullptr, traffic), nullptr);
}

}  // namespace
}  // namespace ixian::registry
