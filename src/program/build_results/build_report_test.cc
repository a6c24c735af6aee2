#include "build_results/build_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ixian::build_results {
namespace {

using ::testing::HasSubstr;

BuildReport sample_report() {
  BuildReport report;
  report.command = "build";
  report.images = {{.task = "",
                    .status = "built",
                    .names = {"r.local/a|b:1"},
                    .digest = "sha256:1",
                    .config_digest = "sha256:2",
                    .media_type = "m",
                    .platform = "linux/amd64",
                    .size = 12'300'000,
                    .layers = 3,
                    .steps_run = 1,
                    .steps_cached = 5,
                    .outputs = {{"registry", "r.local/a|b:1", "pushed to"}}}};
  report.pulled = 30'000'000;
  report.pushed = 4'100'000;
  report.seconds = 12.4;
  return report;
}

TEST(BuildReport, LastLinesSayWhatThereIsAndWhereItWent) {
  EXPECT_EQ(summary_text(sample_report()),
            "image sha256:1 (3 layers, 12 MB): 1 step run, 5 cached\n"
            "pushed to r.local/a|b:1\n"
            "build: done in 12.4s, pulled 30 MB, pushed 4.1 MB");
}

TEST(BuildReport, LeavesOutWhatDidNotHappen) {
  BuildReport report;
  report.command = "build";
  report.images = {{.digest = "sha256:1", .layers = 1, .steps_cached = 1}};
  EXPECT_EQ(summary_text(report), "image sha256:1 (1 layer, 0 B): 1 step cached\nbuild: done in 0.0s");
}

TEST(BuildReport, OfAProjectTheLastLineCountsImages) {
  BuildReport report;
  report.command = "build_image";
  report.images = {{.task = "a", .status = "not needed", .names = {"r/a:1"}},
                   {.task = "b", .status = "cached", .names = {"r/b:1"}},
                   {.task = "c",
                    .status = "built",
                    .names = {"r/c:1"},
                    .digest = "sha256:1",
                    .size = 12,
                    .layers = 1,
                    .steps_run = 2,
                    .outputs = {{"registry", "r/c:1", "pushed to"}}}};
  EXPECT_EQ(summary_text(report),
            "image r/c:1 sha256:1 (1 layer, 12 B): 2 steps run\n"
            "pushed to r/c:1\n"
            "build_image: 1 built, 1 cached, 1 not needed, 1 pushed in 0.0s");
}

TEST(BuildReport, JsonHasASchema) {
  const base::Json json = to_json(sample_report());
  EXPECT_EQ(json.at("schema"), 1);
  EXPECT_EQ(json.at("images").at(0).at("digest"), "sha256:1");
  EXPECT_EQ(json.at("images").at(0).at("outputs").at(0).at("type"), "registry");
  EXPECT_TRUE(json.at("images").at(0).at("task").is_null());
  EXPECT_TRUE(json.at("error").is_null());
}

TEST(BuildReport, MarkdownIsATable) {
  BuildReport report = sample_report();
  EXPECT_THAT(summary_markdown(report),
              HasSubstr("| r.local/a\\|b:1 | `sha256:1` | 12 MB | 1 step run, 5 cached |"));
  report.exit_code = 1;
  report.error = "Dockerfile:5:1: `RUN x` failed\nhint: y";
  EXPECT_THAT(summary_markdown(report),
              HasSubstr("exit code 1\n\n    Dockerfile:5:1: `RUN x` failed\n    hint: y"));
}

}  // namespace
}  // namespace ixian::build_results
