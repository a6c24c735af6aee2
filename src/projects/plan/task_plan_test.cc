#include "plan/task_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "testing/fake_project.h"
#include "testing/temp_folder.h"

namespace ixian::plan {
namespace {

using ::testing::ElementsAre;

class TaskPlanTest : public ::testing::Test {
 protected:
  TaskPlan plan(const std::string& root, const TaskOptions& options = {}) {
    auto now = project.session();
    return project.plan(*now, root, options);
  }
  static std::vector<std::string> runs(const TaskPlan& plan) {
    std::vector<std::string> names;
    for (const auto& step : plan.steps) {
      if (step.decision.runs) names.push_back(step.name);
    }
    return names;
  }
  void add_complete(const std::string& name, std::vector<std::string> depends = {}) {
    project.add(name, std::move(depends));
    project.checked();
    project.record(name);
  }

  const ixian::testing::TempFolder folder;
  ixian::testing::FakeProject project{folder / "builder"};
};

TEST_F(TaskPlanTest, TheAskedTaskComesLast) {
  add_complete("lib");
  project.add("app", {"lib"});
  const TaskPlan made = plan("app");
  ASSERT_EQ(made.steps.size(), 2u);
  EXPECT_EQ(made.steps[1].name, "app");
  EXPECT_THAT(runs(made), ElementsAre("app"));
}

TEST_F(TaskPlanTest, NothingIsToDoWhenAllIsComplete) {
  add_complete("lib");
  project.add_virtual("libs", {"lib"});
  add_complete("app", {"libs"});
  EXPECT_TRUE(plan("app").nothing_to_do());
  TaskOptions options;
  options.force = true;
  EXPECT_FALSE(plan("app", options).nothing_to_do());
}

TEST_F(TaskPlanTest, AnEmptyTargetHasNothingToDo) {
  project.add_virtual("all", {});
  EXPECT_TRUE(plan("all").nothing_to_do());
}

TEST_F(TaskPlanTest, VirtualTargetsRunWhenAMemberDoes) {
  project.add("lib");
  project.add_virtual("libs", {"lib"});
  add_complete("app", {"libs"});
  const TaskPlan made = plan("app");
  EXPECT_THAT(runs(made), ElementsAre("lib", "libs", "app"));
  EXPECT_TRUE(made.steps[1].is_virtual);
  EXPECT_EQ(made.steps[1].decision.reason, Reason::kDependency);
  EXPECT_THAT(made.steps[2].decision.because, ElementsAre("libs"));
}

TEST_F(TaskPlanTest, AVirtualTargetStandsForTheLatestRunBelowIt) {
  add_complete("one");
  add_complete("two");
  project.add_virtual("inner", {"one", "two"});
  project.add_virtual("outer", {"inner"});
  add_complete("app", {"outer"});
  EXPECT_TRUE(plan("app").nothing_to_do());
  project.record("one");
  EXPECT_THAT(runs(plan("app")), ElementsAre("app"));
  EXPECT_THAT(plan("app").steps.back().decision.because, ElementsAre("outer"));
}

TEST_F(TaskPlanTest, ForceIsForTheAskedTaskAndForceAllForAll) {
  add_complete("lib");
  add_complete("app", {"lib"});
  TaskOptions options;
  options.force = true;
  EXPECT_THAT(runs(plan("app", options)), ElementsAre("app"));
  options = {};
  options.force_all = true;
  EXPECT_THAT(runs(plan("app", options)), ElementsAre("lib", "app"));
}

TEST_F(TaskPlanTest, OnlyWhatCanBeCleanedIsCleaned) {
  add_complete("lib");
  project.add("bare").clean = nullptr;
  add_complete("app", {"lib", "bare"});
  TaskOptions options;
  options.clean_all = true;
  const TaskPlan made = plan("app", options);
  EXPECT_TRUE(made.steps[0].cleans);
  EXPECT_FALSE(made.steps[1].cleans);
  EXPECT_TRUE(made.steps[2].cleans);
  options = {};
  options.clean = true;
  EXPECT_FALSE(plan("app", options).steps[0].cleans);
}

TEST_F(TaskPlanTest, AskingRunsAndMakesNothing) {
  project.add("lib");
  project.checked();
  project.add("app", {"lib"});
  plan("app");
  EXPECT_TRUE(project.take_notes().empty());
  EXPECT_EQ(folder.count(), 0u);
}

TEST_F(TaskPlanTest, ErrorsOfTheGraphComeThrough) {
  project.add("app", {"nope"});
  EXPECT_THROW(plan("app"), base::Error);
}

TEST_F(TaskPlanTest, JsonSaysWhatWouldBeDoneAndWhy) {
  add_complete("lib");
  project.add_virtual("all", {"lib"});
  TaskOptions options;
  options.clean_all = true;
  EXPECT_EQ(to_json(plan("all", options)), base::Json::parse(R"({"nothing_to_do": false, "steps": [
      {"task": "lib", "action": "run", "why": "forced by --force", "reason": "forced", "virtual": false, "clean": true},
      {"task": "all", "action": "run", "why": "dependency lib will run", "reason": "dependency_runs", "virtual": true, "clean": false}]})"));
  EXPECT_EQ(to_json(plan("lib")), base::Json::parse(R"({"nothing_to_do": true, "steps": [
      {"task": "lib", "action": "skip", "why": "up to date", "reason": "complete", "virtual": false, "clean": false}]})"));
}

}  // namespace
}  // namespace ixian::plan
