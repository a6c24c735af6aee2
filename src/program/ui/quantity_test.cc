#include "ui/quantity.h"

#include <gtest/gtest.h>

#include <limits>

namespace ixian::ui {
namespace {

TEST(FormatDuration, HasTenthsBelowAMinute) {
  EXPECT_EQ(format_duration(0), "0.0s");
  EXPECT_EQ(format_duration(0.3), "0.3s");
  EXPECT_EQ(format_duration(12.44), "12.4s");
  EXPECT_EQ(format_duration(59.94), "59.9s");
}

TEST(FormatDuration, NeverSaysSixtySeconds) {
  EXPECT_EQ(format_duration(59.96), "1m00s");
}

TEST(FormatDuration, HasTwoUnitsAboveAMinute) {
  EXPECT_EQ(format_duration(185.9), "3m05s");
  EXPECT_EQ(format_duration(3599.9), "59m59s");
  EXPECT_EQ(format_duration(3725), "1h02m");
  EXPECT_EQ(format_duration(100 * 3600), "100h00m");
}

TEST(FormatDuration, TakesTimeThatRanBackwardsForNone) {
  EXPECT_EQ(format_duration(-5), "0.0s");
}

TEST(FormatElapsed, HasWholeSeconds) {
  EXPECT_EQ(format_elapsed(0.99), "0s");
  EXPECT_EQ(format_elapsed(59.99), "59s");
  EXPECT_EQ(format_elapsed(60), "1m00s");
}

TEST(FormatClock, LooksLikeAClock) {
  EXPECT_EQ(format_clock(42.9), "0:42");
  EXPECT_EQ(format_clock(727), "12:07");
  EXPECT_EQ(format_clock(3723), "1:02:03");
}

TEST(FormatBytes, UsesDecimalUnits) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(999), "999 B");
  EXPECT_EQ(format_bytes(1000), "1.0 kB");
  EXPECT_EQ(format_bytes(1.24e9), "1.2 GB");
  EXPECT_EQ(format_bytes(80e6), "80 MB");
}

TEST(FormatBytes, NeverShowsAThousandOfAUnit) {
  EXPECT_EQ(format_bytes(999'999), "1.0 MB");
  EXPECT_EQ(format_bytes(9'960'000), "10 MB");
  EXPECT_EQ(format_bytes(1.8446744e19), "18 EB");
}

TEST(FormatProgress, CountsBytesInPercent) {
  EXPECT_EQ(format_progress({456, 1200, "B"}), "38 % of 1.2 kB");
  EXPECT_EQ(format_progress({1199, 1200, "B"}), "99 % of 1.2 kB");
}

TEST(FormatProgress, CountsOtherThings) {
  EXPECT_EQ(format_progress({3, 12, "files"}), "3 of 12 files");
  EXPECT_EQ(format_progress({3, 12, ""}), "3 of 12");
}

TEST(FormatProgress, SaysWhatIsDoneWhereTheTotalIsNotKnown) {
  EXPECT_EQ(format_progress({450'000'000, 0, "B"}), "450 MB");
  EXPECT_EQ(format_progress({3, 0, "files"}), "3 files");
}

TEST(FormatProgress, StopsAtAHundredPercent) {
  EXPECT_EQ(format_progress({2000, 1000, "B"}), "100 % of 1.0 kB");
}

TEST(FormatRate, SaysNothingWhereNothingMoves) {
  EXPECT_EQ(format_rate(80e6, "B"), "80 MB/s");
  EXPECT_EQ(format_rate(12, "files"), "12 files/s");
  EXPECT_EQ(format_rate(0, "B"), "");
  EXPECT_EQ(format_rate(std::numeric_limits<double>::infinity(), "B"), "");
}

}  // namespace
}  // namespace ixian::ui
