#include "ui/ci_groups.h"

#include <gtest/gtest.h>

#include "ui/fake_clock.h"

namespace ixian::ui {
namespace {

Environment with(std::string_view set, std::string_view value) {
  return [=](const char* name) { return name == set ? value : std::string_view(); };
}

TEST(CiGroups, KnowsTheServiceByItsVariable) {
  EXPECT_EQ(ci_service(with("GITHUB_ACTIONS", "true")), CiService::kGithub);
  EXPECT_EQ(ci_service(with("GITLAB_CI", "true")), CiService::kGitlab);
  EXPECT_EQ(ci_service(with("CI", "true")), CiService::kNone);
}

TEST(CiGroups, AGroupIsAStretchOfOneStagesLines) {
  CiGroups groups(CiService::kGithub);
  EXPECT_EQ(groups.before("stage-0 1/2"), "::group::stage-0\n");
  EXPECT_EQ(groups.before("stage-0 2/2"), "");
  EXPECT_EQ(groups.before("web tools 1/3"), "::endgroup::\n::group::web tools\n");
  EXPECT_EQ(groups.before("push runtime"), "::endgroup::\n");
  EXPECT_EQ(groups.before(""), "");
  EXPECT_EQ(groups.close(), "");
}

TEST(CiGroups, SectionsOfGitlabHaveNamesAndTimes) {
  const FakeClock clock{1700000000.9};
  CiGroups groups(CiService::kGitlab, clock.clock());
  EXPECT_EQ(groups.before("a 1/2"), "\x1b[0Ksection_start:1700000000:ix_1\r\x1b[0Ka\n");
  EXPECT_EQ(groups.before("b 1/2"),
            "\x1b[0Ksection_end:1700000000:ix_1\r\x1b[0K\n\x1b[0Ksection_start:1700000000:ix_2\r\x1b[0Kb\n");
  EXPECT_EQ(groups.close(), "\x1b[0Ksection_end:1700000000:ix_2\r\x1b[0K\n");
}

TEST(CiGroups, ElsewhereThereAreNone) {
  CiGroups groups;
  EXPECT_EQ(groups.before("stage-0 1/2"), "");
  EXPECT_EQ(groups.close(), "");
}

}  // namespace
}  // namespace ixian::ui
