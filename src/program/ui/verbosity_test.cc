#include "ui/verbosity.h"

#include <gtest/gtest.h>

namespace ixian::ui {
namespace {

using base::ActivityStatus;
using base::LogLevel;

TEST(ParseThreshold, TakesTheNamesOfTheCommandLineInAnyCase) {
  EXPECT_EQ(parse_threshold("DEBUG"), Verbosity::kDebug);
  EXPECT_EQ(parse_threshold("info"), Verbosity::kInfo);
  EXPECT_EQ(parse_threshold("Warn"), Verbosity::kWarning);
  EXPECT_EQ(parse_threshold("WARNING"), Verbosity::kWarning);
  EXPECT_EQ(parse_threshold("ERROR"), Verbosity::kError);
  EXPECT_EQ(parse_threshold("NONE"), Verbosity::kNone);
  EXPECT_EQ(parse_threshold("loud"), std::nullopt);
}

TEST(Shows, MessagesFromTheThresholdUp) {
  EXPECT_TRUE(shows(Verbosity::kDebug, LogLevel::kDebug));
  EXPECT_FALSE(shows(Verbosity::kInfo, LogLevel::kDebug));
  EXPECT_TRUE(shows(Verbosity::kInfo, LogLevel::kInfo));
  EXPECT_FALSE(shows(Verbosity::kWarning, LogLevel::kInfo));
  EXPECT_FALSE(shows(Verbosity::kError, LogLevel::kWarning));
  EXPECT_TRUE(shows(Verbosity::kNone, LogLevel::kError));
}

TEST(Shows, FailuresAlwaysAndWhatIsUpToDateOnlyForDebugging) {
  EXPECT_TRUE(shows(Verbosity::kNone, ActivityStatus::kFailed));
  EXPECT_TRUE(shows(Verbosity::kInfo, ActivityStatus::kDone));
  EXPECT_FALSE(shows(Verbosity::kWarning, ActivityStatus::kDone));
  EXPECT_TRUE(shows(Verbosity::kDebug, ActivityStatus::kSkipped));
  EXPECT_FALSE(shows(Verbosity::kInfo, ActivityStatus::kSkipped));
}

}  // namespace
}  // namespace ixian::ui
