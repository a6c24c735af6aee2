#include "build_results/ci.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "files/fs.h"
#include "testing/temp_folder.h"

namespace ixian::build_results {
namespace {

ui::Environment environment_of(std::map<std::string, std::string, std::less<>> variables) {
  return [variables = std::move(variables)](const char* name) -> std::string_view {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string_view() : found->second;
  };
}

TEST(GithubAnnotation, NamesFileAndPlaceOfAMistake) {
  const auto environment = environment_of({{"GITHUB_ACTIONS", "true"}, {"GITHUB_WORKSPACE", "/w"}});
  EXPECT_EQ(
      github_annotation("Dockerfile:5:3: `RUN a: b` failed: 100%\nx", "/w/app,1/Dockerfile", environment),
      "::error file=app%2C1/Dockerfile,line=5,col=3::`RUN a: b` failed: 100%25%0Ax");
  EXPECT_EQ(github_annotation("Dockerfile:5: why", "/w/Dockerfile", environment),
            "::error file=Dockerfile,line=5::why");
  EXPECT_EQ(github_annotation("no place: here", "/w/Dockerfile", environment), "");
  EXPECT_EQ(github_annotation("Dockerfile:5:3: x", "", environment), "");
  EXPECT_EQ(github_annotation("Dockerfile:5:3: x", "/w/Dockerfile", environment_of({})), "");
}

TEST(StepSummary, IsAppendedToItsFile) {
  const testing::TempFolder folder;
  folder.write("summary", "before\n");
  BuildReport report;
  report.command = "build";
  append_step_summary(report, environment_of({{"GITHUB_STEP_SUMMARY", folder.path() + "/summary"}}));
  EXPECT_THAT(*files::read_file(folder.path() + "/summary"),
              ::testing::StartsWith("before\n### ix build: done\n"));
  append_step_summary(report, environment_of({}));
  append_step_summary(report, environment_of({{"GITHUB_STEP_SUMMARY", "/nowhere/at/all"}}));
}

}  // namespace
}  // namespace ixian::build_results
