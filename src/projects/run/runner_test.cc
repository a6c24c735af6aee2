#include "run/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "testing/runner_project.h"

namespace ixian::run {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RunnerBasicsTest : public ixian::testing::RunnerTest {};

TEST_F(RunnerBasicsTest, DependenciesRunBeforeTheirDependents) {
  project.add("app", {"lib", "docs"});
  project.add("lib", {"base"});
  project.add("docs", {"base"});
  project.add("base");
  const Report report = project.run("app");
  EXPECT_THAT(project.take_notes(),
              AnyOf(ElementsAre("base", "lib", "docs", "app"), ElementsAre("base", "docs", "lib", "app")));
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.ran, 4u);
  EXPECT_EQ(report.up_to_date, 0u);
}

TEST_F(RunnerBasicsTest, NothingRunsWhenAllIsComplete) {
  project.add("lib").clean = nullptr;
  project.checked();
  project.add("app", {"lib"});
  project.checked();
  project.run("app");
  project.take_notes();
  const Report report = project.run("app");
  EXPECT_THAT(project.take_notes(), IsEmpty());
  EXPECT_EQ(report.up_to_date, 2u);
  EXPECT_EQ(report.ran, 0u);
}

TEST_F(RunnerBasicsTest, DependencyThatRanMakesDependentsRun) {
  project.add("lib");
  auto& lib = project.checked();
  project.add("app", {"lib"});
  project.checked();
  project.run("app");
  project.take_notes();
  lib.now = 2;
  project.run("app");
  EXPECT_THAT(project.take_notes(), ElementsAre("lib", "app"));
  project.run("app");
  EXPECT_THAT(project.take_notes(), IsEmpty());
}

TEST_F(RunnerBasicsTest, OnlyWhatChangedAndItsDependentsRun) {
  project.add("left");
  auto& left = project.checked();
  project.add("right");
  project.checked();
  project.add("app", {"left", "right"});
  project.checked();
  project.run("app");
  project.take_notes();
  left.now = 2;
  const Report report = project.run("app");
  EXPECT_THAT(project.take_notes(), ElementsAre("left", "app"));
  EXPECT_EQ(report.up_to_date, 1u);
}

TEST_F(RunnerBasicsTest, DependencyThatRanOnItsOwnEarlierMakesDependentsRun) {
  project.add("lib");
  auto& lib = project.checked();
  project.add("app", {"lib"});
  project.checked();
  project.run("app");
  lib.now = 2;
  project.run("lib");
  project.take_notes();
  project.run("app");
  EXPECT_THAT(project.take_notes(), ElementsAre("app"));
}

TEST_F(RunnerBasicsTest, VirtualTargetsPassOnThatTheirMembersRan) {
  project.add("lib");
  auto& lib = project.checked();
  project.add_virtual("libs", {"lib"});
  project.add("app", {"libs"});
  project.checked();
  project.run("app");
  project.take_notes();
  EXPECT_EQ(project.run("app").up_to_date, 2u);
  lib.now = 2;
  EXPECT_EQ(project.run("app").ran, 2u);
  EXPECT_THAT(project.take_notes(), ElementsAre("lib", "app"));
}

TEST_F(RunnerBasicsTest, VirtualTargetsPassOnThatTheirMembersRanEarlier) {
  project.add("lib");
  auto& lib = project.checked();
  project.add_virtual("inner", {"lib"});
  project.add_virtual("libs", {"inner"});
  project.add("app", {"libs"});
  project.checked();
  project.run("app");
  lib.now = 2;
  project.run("libs");
  project.take_notes();
  project.run("app");
  EXPECT_THAT(project.take_notes(), ElementsAre("app"));
  project.run("app");
  EXPECT_THAT(project.take_notes(), IsEmpty());
}

TEST_F(RunnerBasicsTest, OnlyTheAskedTaskGetsTheArguments) {
  std::vector<std::string> of_lib, of_app;
  project.add("lib", {}, [&](const task::TaskCall& call) { of_lib = call.args; });
  project.add("app", {"lib"}, [&](const task::TaskCall& call) { of_app = call.args; });
  plan::TaskOptions options;
  options.args = {"--prod", "a b"};
  project.run("app", options);
  EXPECT_THAT(of_lib, IsEmpty());
  EXPECT_THAT(of_app, ElementsAre("--prod", "a b"));
}

TEST_F(RunnerBasicsTest, OtherArgumentsMakeACompleteTaskRun) {
  project.add("app");
  project.checked();
  plan::TaskOptions options;
  options.args = {"--prod"};
  project.run("app", options);
  project.run("app", options);
  EXPECT_THAT(project.take_notes(), ElementsAre("app"));
  project.run("app");
  EXPECT_THAT(project.take_notes(), ElementsAre("app"));
}

TEST_F(RunnerBasicsTest, ForceRunsTheAskedTaskOnly) {
  bool forced = false;
  project.add("lib");
  project.checked();
  project.add("app", {"lib"}, [&](const task::TaskCall& call) { forced = call.force; });
  project.checked();
  project.run("app");
  EXPECT_FALSE(forced);
  project.take_notes();
  plan::TaskOptions options;
  options.force = true;
  project.run("app", options);
  EXPECT_THAT(project.take_notes(), ElementsAre("app"));
  EXPECT_TRUE(forced);
  options.force_all = true;
  project.run("app", options);
  EXPECT_THAT(project.take_notes(), ElementsAre("lib", "app"));
}

TEST_F(RunnerBasicsTest, TheStateSavedIsTheOneAfterTheRun) {
  base::Json file = "before";
  project.add("app", {}, [&](const task::TaskCall&) { file = "after"; });
  auto& checker = project.checked();
  checker.compute = [&] { return file; };
  project.run("app");
  EXPECT_EQ(project.session()->store.load("app")->checks, (base::Json{{"Fake:app", "after"}}));
  EXPECT_EQ(checker.times_saved, 1);
}

TEST_F(RunnerBasicsTest, WhatARunChangedIsNoticedByTasksThatDoNotDependOnIt) {
  base::Json file = 1;
  project.add("writer", {}, [&](const task::TaskCall&) { file = 2; });
  auto& writer = project.checked();
  project.add("reader");
  project.checked().compute = [&] { return file; };
  project.add_virtual("all", {"writer", "reader"});
  project.run("all");
  file = 1;
  project.run("all");
  project.take_notes();
  writer.now = 2;
  project.run("all");
  EXPECT_THAT(project.take_notes(), ElementsAre("writer", "reader"));
}

TEST_F(RunnerBasicsTest, ACompleteTaskIsAskedOnceWhenNothingRuns) {
  project.add("app");
  auto& checker = project.checked();
  project.run("app");
  checker.checked = 0;
  project.run("app");
  EXPECT_EQ(checker.checked, 1);
}

TEST_F(RunnerBasicsTest, EventsNameTheTaskAndWhyItRuns) {
  project.add("lib");
  auto& lib = project.checked();
  project.add("app", {"lib"});
  project.run("app");
  lib.now = 2;
  project.run("app");
  const auto begun = project.sink.begun();
  ASSERT_EQ(begun.size(), 4u);
  EXPECT_EQ(begun[0].name, "lib");
  EXPECT_EQ(begun[0].detail, "never completed in this checkout");
  EXPECT_EQ(begun[2].detail, "lib changed");
  EXPECT_EQ(begun[3].detail, "dependency lib will run");
  EXPECT_FALSE(begun[3].owns_terminal);
  EXPECT_EQ(project.sink.ended().at("app"), base::ActivityStatus::kDone);
}

TEST_F(RunnerBasicsTest, AChainOfTenThousandTasksRunsInOrder) {
  constexpr int kLength = 10'000;
  project.add("0");
  for (int i = 1; i < kLength; ++i) project.add(std::to_string(i), {std::to_string(i - 1)});
  const Report report = project.run(std::to_string(kLength - 1), {}, 4);
  EXPECT_EQ(report.ran, static_cast<std::size_t>(kLength));
  const auto notes = project.take_notes();
  ASSERT_EQ(notes.size(), static_cast<std::size_t>(kLength));
  for (int i = 0; i < kLength; ++i) ASSERT_EQ(notes[static_cast<std::size_t>(i)], std::to_string(i));
}

}  // namespace
}  // namespace ixian::run
