#include "sandbox/limits.h"

#include <gtest/gtest.h>

namespace ixian::sandbox {
namespace {

TEST(Limits, OneRunMayTakeAFewThousandNumbers) {
  EXPECT_EQ(default_pids(32768, 0), 2048u);
  EXPECT_EQ(default_pids(4'194'304, 100'000), 2048u);
}

TEST(Limits, AllRunsTogetherNeverTakeMoreThanHalfOfThem) {
  for (const std::uint64_t most : {1024u, 3000u, 32768u}) {
    std::uint64_t given = 0;
    while (given + 2048 < most / 2) given += default_pids(most, given);
    given += default_pids(most, given);
    EXPECT_LE(given, most / 2);
  }
  // A machine that has given all away can still run a shell.
  EXPECT_EQ(default_pids(32768, 16384), 64u);
  EXPECT_LE(default_pids(100, 0), 50u);
}

TEST(Limits, SharesAreGivenBack) {
  const std::uint64_t before = PidsShare(std::nullopt).count();
  {
    const PidsShare all(pid_max() / 2);
    EXPECT_LT(PidsShare(std::nullopt).count(), before);
  }
  EXPECT_EQ(PidsShare(std::nullopt).count(), before);
  EXPECT_EQ(PidsShare(0).count(), 0u);
}

TEST(Limits, MemoryIsLeftForOthers) {
  EXPECT_EQ(default_memory(10u << 20), 9u << 20);
}

}  // namespace
}  // namespace ixian::sandbox
