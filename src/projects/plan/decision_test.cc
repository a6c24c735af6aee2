#include "plan/decision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "testing/fake_project.h"
#include "testing/temp_folder.h"

namespace ixian::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::Not;

class DecisionTest : public ::testing::Test {
 protected:
  Reason reason(const TaskOptions& options = {}) { return project.decision("app", options).reason; }

  const ixian::testing::TempFolder folder;
  ixian::testing::FakeProject project{folder / "builder"};
};

TEST_F(DecisionTest, WithoutChecksATaskAlwaysRuns) {
  project.add("app");
  EXPECT_EQ(reason(), Reason::kNoChecks);
  project.record("app");
  EXPECT_EQ(reason(), Reason::kNoChecks);
}

TEST_F(DecisionTest, ATaskRunsUntilASuccessIsRecorded) {
  project.add("app");
  project.checked();
  EXPECT_EQ(reason(), Reason::kNeverCompleted);
  project.record("app");
  EXPECT_EQ(reason(), Reason::kComplete);
  EXPECT_FALSE(project.decision("app").runs);
}

TEST_F(DecisionTest, ACheckerThatNeedsNoRecordMayPassWithoutOne) {
  project.add("app");
  project.checked().passes_without_record = true;
  EXPECT_EQ(reason(), Reason::kComplete);
}

TEST_F(DecisionTest, TheCheckersThatDoNotPassAreNamed) {
  project.add("app");
  auto& first = project.checked();
  project.checked();
  auto& third = project.checked();
  project.record("app");
  first.now = 2;
  third.now = 2;
  const Decision decision = project.decision("app");
  EXPECT_EQ(decision.reason, Reason::kChecks);
  EXPECT_THAT(decision.because, ElementsAre("Fake:app", "Fake:app++"));
  EXPECT_EQ(describe(decision), "app, app++ changed");
}

TEST_F(DecisionTest, ANewCheckerMakesTheTaskRun) {
  project.add("app");
  project.checked();
  project.record("app");
  project.checked();
  EXPECT_THAT(project.decision("app").because, ElementsAre("Fake:app+"));
}

TEST_F(DecisionTest, OtherArgumentsMakeTheTaskRun) {
  project.add("app");
  project.checked();
  project.record("app", {"--prod"});
  EXPECT_EQ(reason(), Reason::kArguments);
  TaskOptions options;
  options.args = {"--prod"};
  EXPECT_EQ(reason(options), Reason::kComplete);
}

TEST_F(DecisionTest, AnUnfinishedRunMakesTheTaskRun) {
  project.add("app");
  project.checked();
  project.record("app");
  project.session()->store.begin("app");
  EXPECT_EQ(reason(), Reason::kUnfinished);
}

TEST_F(DecisionTest, ADependencyThatRanSinceIsNamed) {
  project.add("lib");
  project.checked();
  project.add("app", {"lib"});
  project.checked();
  project.record("lib");
  project.record("app");
  EXPECT_EQ(reason(), Reason::kComplete);
  project.record("lib");
  const Decision decision = project.decision("app");
  EXPECT_EQ(decision.reason, Reason::kDependencyRan);
  EXPECT_THAT(decision.because, ElementsAre("lib"));
}

TEST_F(DecisionTest, ARunningDependencyAndForceComeBeforeTheChecks) {
  project.add("lib");
  project.add("app", {"lib"});
  auto& checker = project.checked();
  EXPECT_EQ(reason(), Reason::kDependency);
  TaskOptions options;
  options.force = true;
  EXPECT_EQ(reason(options), Reason::kForced);
  EXPECT_EQ(checker.checked, 0);
}

TEST_F(DecisionTest, AnErrorOfACheckerNamesTheTask) {
  project.add("app");
  project.checked().on_check = [] { throw base::Error(base::ErrorCode::kProject, "no git", "trace"); };
  try {
    project.decision("app");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(), "cannot check whether app is complete: no git");
    EXPECT_EQ(error.code(), base::ErrorCode::kProject);
    EXPECT_EQ(error.context(), "trace");
  }
}

Decision decision(Reason reason, std::vector<std::string> because = {}) {
  Decision made;
  made.runs = reason != Reason::kComplete;
  made.reason = reason;
  made.because = std::move(because);
  return made;
}

TEST(Describe, EveryReasonIsAFewWords) {
  EXPECT_EQ(describe(decision(Reason::kComplete)), "up to date");
  EXPECT_EQ(describe(decision(Reason::kForced)), "forced by --force");
  EXPECT_EQ(describe(decision(Reason::kDependency, {"lib"})), "dependency lib will run");
  EXPECT_EQ(describe(decision(Reason::kDependency, {"a", "b"})), "dependencies a, b will run");
  EXPECT_EQ(describe(decision(Reason::kDependency, {"a", "b", "c", "d", "e"})),
            "dependencies a, b, c and 2 more will run");
  EXPECT_EQ(describe(decision(Reason::kNoChecks)), "no checks: always runs");
  EXPECT_EQ(describe(decision(Reason::kNeverCompleted, {"X:y"})), "never completed in this checkout");
  EXPECT_EQ(describe(decision(Reason::kUnfinished)), "last run failed or was interrupted");
  EXPECT_EQ(describe(decision(Reason::kArguments)), "arguments changed");
  EXPECT_EQ(describe(decision(Reason::kDependencyRan, {"lib"})), "dependency lib ran since");
}

TEST(Describe, ACacheMissNamesThoseThatAnswered) {
  EXPECT_EQ(describe(decision(Reason::kImageMissing)), "cache miss (not in the store)");
  EXPECT_EQ(describe(decision(Reason::kImageMissing, {"r.example.com/shop"})),
            "cache miss (not in the store, not in r.example.com/shop)");
  Decision unknown = decision(Reason::kImageUnknown, {"r.example.com/shop"});
  unknown.changed = {"mirror.example.com/shop"};
  EXPECT_EQ(describe(unknown),
            "cache miss (not in the store, not in mirror.example.com/shop; r.example.com/shop unavailable)");
  EXPECT_EQ(describe(decision(Reason::kImageUnasked)),
            "cache miss (not in the store; registries skipped by --no-pull)");
}

class DescribeChecksTest : public DecisionTest {
 protected:
  std::string description(const std::string& id, const base::Json& before, const base::Json& now) {
    project.add("app");
    auto& checker = project.checked();
    checker.name = id;
    checker.now = before;
    project.record("app");
    checker.now = now;
    return describe(project.decision("app"));
  }
};

TEST_F(DescribeChecksTest, ThePartsThatChangedAreNamed) {
  EXPECT_EQ(
      description("FileHash:src,setup.py", {{"src", 1}, {"setup.py", 1}}, {{"src", 2}, {"setup.py", 1}}),
      "src changed");
}

TEST_F(DescribeChecksTest, WhereNoPartsAreKnownTheSubjectOfTheCheckerIsNamed) {
  EXPECT_EQ(description("Version:python", 1, 2), "python changed");
}

TEST_F(DescribeChecksTest, ALongSubjectIsCutAtAComma) {
  EXPECT_EQ(description("X:" + std::string(40, 'a') + "," + std::string(40, 'b'), 1, 2),
            std::string(40, 'a') + ", … changed");
}

TEST_F(DescribeChecksTest, ALongSubjectWithoutACommaIsCutToo) {
  const std::string text = description("X:" + std::string(500, 'a'), 1, 2);
  EXPECT_LT(text.size(), 100u);
  EXPECT_THAT(text, Not(EndsWith("a, … changed")));
}

}  // namespace
}  // namespace ixian::plan
