#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "run/runner.h"
#include "task/lock.h"
#include "testing/latch.h"
#include "testing/runner_project.h"

namespace ixian::run {
namespace {

using ixian::testing::Latch;
using ixian::testing::RunnerProject;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// `other` is a second ix in the same project.
class RunnerLockTest : public ixian::testing::RunnerTest {
 protected:
  RunnerLockTest() {
    other.sink.on_log = [this](std::string_view) { other_waits.open(); };
    project.sink.on_log = [this](std::string_view) { waits.open(); };
  }
  std::optional<task::TaskLock> hold(const std::string& name) {
    std::optional<task::TaskLock> lock;
    lock.emplace(project.folder(), name, holder_, [] {});
    return lock;
  }

  RunnerProject other{folder / "builder"};
  Latch waits, other_waits, failed;

 private:
  base::Cancellation holder_;
};

TEST_F(RunnerLockTest, TheSecondWaitsForASharedTaskAndThenFindsItComplete) {
  Latch started;
  project.add("lib", {}, [&](const task::TaskCall&) {
    started.open();
    EXPECT_TRUE(other_waits.wait());
  });
  project.checked();
  other.add("lib");
  other.checked();
  std::thread first([&] { EXPECT_EQ(project.run("lib").ran, 1u); });
  ASSERT_TRUE(started.wait());
  const Report report = other.run("lib");
  first.join();
  EXPECT_EQ(report.up_to_date, 1u);
  EXPECT_THAT(other.take_notes(), IsEmpty());
  EXPECT_THAT(other.sink.logs(), ElementsAre(HasSubstr("waiting for another ix")));
}

TEST_F(RunnerLockTest, DependentsOfWhatAnotherRanAreJudgedByItsNewRun) {
  project.add("lib");
  project.checked();
  project.add("app", {"lib"});
  project.checked();
  auto now = project.session();
  const auto plan = project.plan(*now, "app");
  ASSERT_TRUE(plan.steps[0].decision.runs);
  project.record("lib");
  const Report report = project.run_planned(*now, plan);
  EXPECT_THAT(project.take_notes(), ElementsAre("app"));
  EXPECT_EQ(report.up_to_date, 1u);
  EXPECT_FALSE(project.decision("app").runs) << "it was made with the other's lib";
}

TEST_F(RunnerLockTest, TheAskedTaskWithoutChecksIsNotLocked) {
  project.add("shell");
  const auto held = hold("shell");
  EXPECT_EQ(project.run("shell").ran, 1u);
  EXPECT_THAT(project.sink.logs(), IsEmpty());
}

TEST_F(RunnerLockTest, ADependencyWithoutChecksIsLocked) {
  project.add("setup");
  project.add("shell", {"setup"});
  auto held = hold("setup");
  std::thread release([&] {
    waits.wait();
    EXPECT_THAT(project.take_notes(), IsEmpty());
    held.reset();
  });
  EXPECT_EQ(project.run("shell").ran, 2u);
  release.join();
}

TEST_F(RunnerLockTest, ALockIsReleasedAfterAFailure) {
  project.add("lib", {}, [](const task::TaskCall&) { throw failure("broken"); });
  project.checked();
  project.run("lib");
  hold("lib");
  EXPECT_FALSE(hold("lib")->waited());
}

TEST_F(RunnerLockTest, ARequestToStopEndsTheWait) {
  project.add("lib");
  project.checked();
  const auto held = hold("lib");
  project.sink.on_log = [&](std::string_view) { project.cancellation.request(); };
  const Report report = project.run("lib");
  EXPECT_TRUE(report.interrupted);
  EXPECT_THAT(report.not_started, ElementsAre("lib"));
}

TEST_F(RunnerLockTest, AFailureMeanwhileKeepsWhatWaitedFromStarting) {
  auto held = hold("late");
  project.add("late");
  project.add("bad", {}, [&](const task::TaskCall&) {
    waits.wait();
    throw failure("broken");
  });
  project.add("app", {"late", "bad"});
  project.sink.on_end = [&] { failed.open(); };
  std::thread release([&] {
    failed.wait();
    held.reset();
  });
  const Report report = project.run("app", {}, 2);
  release.join();
  EXPECT_THAT(project.take_notes(), ElementsAre("bad"));
  EXPECT_EQ(report.not_started.size(), 2u);
}

TEST_F(RunnerLockTest, TwoRunsOfOneProjectRunEachSharedTaskOnce) {
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) names.push_back("t" + std::to_string(i));
  for (auto* each : {&project, &other}) {
    for (const auto& name : names) {
      each->add(name);
      each->checked();
    }
    each->add_virtual("all", names);
  }
  std::thread second([&] { EXPECT_TRUE(other.run("all", {}, 2).ok()); });
  EXPECT_TRUE(project.run("all", {}, 2).ok());
  second.join();
  EXPECT_EQ(project.take_notes().size() + other.take_notes().size(), names.size());
}

}  // namespace
}  // namespace ixian::run
