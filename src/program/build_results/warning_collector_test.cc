#include "build_results/warning_collector.h"

#include <gtest/gtest.h>

#include "testing/recording_sink.h"

namespace ixian::build_results {
namespace {

TEST(WarningCollector, KeepsWarningsAndPassesAllOn) {
  testing::RecordingSink sink;
  WarningCollector collector(sink);
  collector.log(base::kNoActivity, base::LogLevel::kInfo, "news");
  collector.log(base::kNoActivity, base::LogLevel::kWarning, "Dockerfile:3: abc");
  collector.log(base::kNoActivity, base::LogLevel::kWarning, "abc");
  const base::Json range = base::Json::array({{{"start", {{"line", 3}}}, {"end", {{"line", 3}}}}});
  EXPECT_EQ(collector.warnings(), base::Json::array({{{"level", 1}, {"short", "YWJj"}, {"range", range}},
                                                     {{"level", 1}, {"short", "YWJj"}}}));
}

}  // namespace
}  // namespace ixian::build_results
