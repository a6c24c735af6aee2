#include "ui/threshold.h"

#include <gtest/gtest.h>

namespace ixian::ui {
namespace {

using base::LogLevel;
using base::Outcome;

TEST(ParseThreshold, TakesTheNamesOfTheCommandLineInAnyCase) {
  EXPECT_EQ(parse_threshold("DEBUG"), Threshold::kDebug);
  EXPECT_EQ(parse_threshold("info"), Threshold::kInfo);
  EXPECT_EQ(parse_threshold("Warn"), Threshold::kWarning);
  EXPECT_EQ(parse_threshold("WARNING"), Threshold::kWarning);
  EXPECT_EQ(parse_threshold("ERROR"), Threshold::kError);
  EXPECT_EQ(parse_threshold("NONE"), Threshold::kNone);
  EXPECT_EQ(parse_threshold("loud"), std::nullopt);
}

TEST(Shows, MessagesFromTheThresholdUp) {
  EXPECT_TRUE(shows(Threshold::kDebug, LogLevel::kDebug));
  EXPECT_FALSE(shows(Threshold::kInfo, LogLevel::kDebug));
  EXPECT_TRUE(shows(Threshold::kInfo, LogLevel::kInfo));
  EXPECT_FALSE(shows(Threshold::kWarning, LogLevel::kInfo));
  EXPECT_FALSE(shows(Threshold::kError, LogLevel::kWarning));
  EXPECT_TRUE(shows(Threshold::kNone, LogLevel::kError));
}

TEST(Shows, FailuresAlwaysAndWhatIsUpToDateOnlyForDebugging) {
  EXPECT_TRUE(shows(Threshold::kNone, Outcome::kFailed));
  EXPECT_TRUE(shows(Threshold::kInfo, Outcome::kDone));
  EXPECT_FALSE(shows(Threshold::kWarning, Outcome::kDone));
  EXPECT_TRUE(shows(Threshold::kDebug, Outcome::kSkipped));
  EXPECT_FALSE(shows(Threshold::kInfo, Outcome::kSkipped));
}

}  // namespace
}  // namespace ixian::ui
