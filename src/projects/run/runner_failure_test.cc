#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run/runner.h"
#include "testing/latch.h"
#include "testing/runner_project.h"

namespace ixian::run {
namespace {

using ixian::testing::Latch;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class RunnerFailureTest : public ixian::testing::RunnerTest {
 protected:
  ixian::testing::FakeProject::Body fails(const std::string& message) {
    return [=](const task::TaskCall&) { throw failure(message); };
  }
  ixian::testing::FakeProject::Body cancels() {
    return [](const task::TaskCall&) { throw base::Cancelled(); };
  }
};

TEST_F(RunnerFailureTest, AFailureIsReportedWithWhatWasNotStarted) {
  project.add("lib", {}, fails("no compiler"));
  project.add("app", {"lib"});
  project.add_virtual("all", {"app"});
  const Report report = project.run("all");
  EXPECT_FALSE(report.ok());
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_EQ(report.failures[0].task, "lib");
  EXPECT_EQ(report.failures[0].error.message(), "no compiler");
  EXPECT_THAT(report.not_started, ElementsAre("app"));
  EXPECT_FALSE(report.interrupted);
  EXPECT_EQ(project.sink.ended().at("lib"), base::ActivityStatus::kFailed);
  EXPECT_THAT(project.take_notes(), ElementsAre("lib"));
}

TEST_F(RunnerFailureTest, AFailureStartsNoNewWorkElsewhere) {
  project.add("bad", {}, fails("broken"));
  project.add("other");
  project.add("app", {"bad", "other"});
  const Report report = project.run("app", {}, 1);
  EXPECT_THAT(project.take_notes(), ElementsAre("bad"));
  EXPECT_THAT(report.not_started, UnorderedElementsAre("other", "app"));
}

TEST_F(RunnerFailureTest, WhatRunsMayEndAndAllFailuresAreReported) {
  Latch started, failed;
  project.add("first", {}, [&](const task::TaskCall&) {
    started.wait();
    throw failure("one");
  });
  project.add("second", {}, [&](const task::TaskCall&) {
    started.open();
    failed.wait();
    throw failure("two");
  });
  project.add("app", {"first", "second"});
  project.sink.on_end = [&] { failed.open(); };
  const Report report = project.run("app", {}, 2);
  ASSERT_EQ(report.failures.size(), 2u);
  EXPECT_EQ(report.failures[0].error.message(), "one");
  EXPECT_EQ(report.failures[1].error.message(), "two");
  EXPECT_THAT(report.not_started, ElementsAre("app"));
}

TEST_F(RunnerFailureTest, WhatRunsNextToAFailureIsRecordedWhenItSucceeds) {
  Latch started, failed;
  project.add("good", {}, [&](const task::TaskCall&) {
    started.open();
    failed.wait();
  });
  project.checked();
  project.add("bad", {}, [&](const task::TaskCall&) {
    started.wait();
    throw failure("broken");
  });
  project.add("app", {"good", "bad"});
  project.sink.on_end = [&] { failed.open(); };
  project.run("app", {}, 2);
  EXPECT_FALSE(project.decision("good").runs);
}

TEST_F(RunnerFailureTest, AFailedTaskIsNotRecordedAndRunsAgain) {
  bool broken = true;
  project.add("app", {}, [&](const task::TaskCall&) {
    if (broken) throw failure("broken");
  });
  auto& checker = project.checked();
  project.run("app");
  EXPECT_EQ(checker.times_saved, 0);
  broken = false;
  EXPECT_EQ(project.run("app").ran, 1u);
  EXPECT_EQ(checker.times_saved, 1);
  EXPECT_EQ(project.run("app").up_to_date, 1u);
}

TEST_F(RunnerFailureTest, ATaskThatFailedRunsAgainAlsoWhenItWasForcedWhileComplete) {
  bool broken = false;
  project.add("app", {}, [&](const task::TaskCall&) {
    if (broken) throw failure("broken");
  });
  project.checked();
  project.run("app");
  broken = true;
  project.run("app", {.force = true, .args = {}});
  EXPECT_TRUE(project.decision("app").runs) << "its output may be half written";
}

TEST_F(RunnerFailureTest, ACheckerThatThrowsAfterTheRunFailsTheTask) {
  project.add("app");
  auto& checker = project.checked();
  checker.on_state = [] { throw failure("cannot read"); };
  const Report report = project.run("app");
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_EQ(report.failures[0].error.message(), "cannot read");
  EXPECT_THAT(project.take_notes(), ElementsAre("app"));
  checker.on_state = nullptr;
  EXPECT_TRUE(project.decision("app").runs);
}

TEST_F(RunnerFailureTest, NothingRunsOnceStoppingHasBeenRequested) {
  project.add("lib");
  project.add("app", {"lib"});
  project.cancellation.request();
  const Report report = project.run("app", {.clean_all = true, .args = {}}, 2);
  EXPECT_TRUE(report.interrupted);
  EXPECT_FALSE(report.ok());
  EXPECT_THAT(report.not_started, ElementsAre("lib", "app"));
  EXPECT_THAT(project.take_notes(), IsEmpty());
}

TEST_F(RunnerFailureTest, ARequestToStopStartsNothingNew) {
  project.add("lib", {}, [&](const task::TaskCall&) { project.cancellation.request(); });
  project.checked();
  project.add("app", {"lib"});
  const Report report = project.run("app");
  EXPECT_TRUE(report.interrupted);
  EXPECT_EQ(report.ran, 1u);
  EXPECT_THAT(report.not_started, ElementsAre("app"));
  EXPECT_FALSE(project.decision("lib").runs) << "it ended well";
}

TEST_F(RunnerFailureTest, ATaskThatThrowsCancelledInterruptsTheRun) {
  project.add("lib", {}, cancels());
  project.checked();
  project.add("other");
  project.add("app", {"lib", "other"});
  const Report report = project.run("app");
  EXPECT_TRUE(report.interrupted);
  EXPECT_THAT(report.failures, IsEmpty());
  EXPECT_THAT(report.not_started, UnorderedElementsAre("other", "app"));
  EXPECT_EQ(project.sink.ended().at("lib"), base::ActivityStatus::kCancelled);
  EXPECT_TRUE(project.decision("lib").runs);
}

TEST_F(RunnerFailureTest, ARequestToStopWhileATaskIsCheckedStartsNothing) {
  project.add("lib");
  auto& checker = project.checked();
  project.add("app", {"lib"});
  auto now = project.session();
  const auto plan = project.plan(*now, "app");
  checker.on_check = [&] { project.cancellation.request(); };
  const Report report = project.run_planned(*now, plan);
  EXPECT_THAT(project.take_notes(), IsEmpty());
  EXPECT_THAT(report.not_started, ElementsAre("lib", "app"));
}

TEST_F(RunnerFailureTest, CleanCleansAndRunsTheAskedTaskOnly) {
  project.add("lib");
  project.checked();
  project.add("app", {"lib"});
  project.checked();
  project.run("app");
  project.take_notes();
  project.run("app", {.clean = true, .args = {}});
  EXPECT_THAT(project.take_notes(), ElementsAre("clean app", "app"));
}

TEST_F(RunnerFailureTest, CleanAllCleansDependentsFirstAndRunsAll) {
  project.add("base");
  project.add("lib", {"base"});
  project.add_virtual("libs", {"lib"});
  project.add("app", {"libs"});
  project.run("app", {.clean_all = true, .args = {}}, 2);
  EXPECT_THAT(project.take_notes(),
              ElementsAre("clean app", "clean lib", "clean base", "base", "lib", "app"));
}

TEST_F(RunnerFailureTest, NothingRunsAfterCleaningFailed) {
  project.add("lib");
  project.add("app", {"lib"}).clean = [] { throw failure("is in use"); };
  const Report report = project.run("app", {.clean_all = true, .args = {}});
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_EQ(report.failures[0].task, "app");
  EXPECT_EQ(report.failures[0].error.message(), "cleaning failed: is in use");
  EXPECT_THAT(report.not_started, ElementsAre("lib", "app"));
  EXPECT_THAT(project.take_notes(), IsEmpty());
}

TEST_F(RunnerFailureTest, CleaningThatThrowsCancelledInterruptsTheRun) {
  project.add("app").clean = [] { throw base::Cancelled(); };
  const Report report = project.run("app", {.clean = true, .args = {}});
  EXPECT_TRUE(report.interrupted);
  EXPECT_THAT(project.take_notes(), IsEmpty());
}

TEST_F(RunnerFailureTest, WhatWasCleanedIsNotCompleteWhenItsRunFailed) {
  bool broken = false;
  project.add("app", {}, [&](const task::TaskCall&) {
    if (broken) throw failure("broken");
  });
  project.checked();
  project.run("app");
  broken = true;
  project.run("app", {.clean = true, .args = {}});
  EXPECT_TRUE(project.decision("app").runs) << "its output is gone";
}

TEST_F(RunnerFailureTest, WhatWasCleanedIsNotCompleteWhenItsRunWasNotStarted) {
  project.add("app").clean = [this] { project.cancellation.request(); };
  project.checked();
  project.run("app");
  const Report report = project.run("app", {.clean = true, .args = {}});
  EXPECT_THAT(report.not_started, ElementsAre("app"));
  EXPECT_TRUE(project.decision("app").runs) << "its output is gone";
}

}  // namespace
}  // namespace ixian::run
