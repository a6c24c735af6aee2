#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "run/runner.h"
#include "testing/latch.h"
#include "testing/runner_project.h"

namespace ixian::run {
namespace {

using ixian::testing::Latch;

class RunnerParallelTest : public ixian::testing::RunnerTest {};

// Counts the tasks that are inside at once.
class Meter {
 public:
  void pass() {
    const int now = ++inside_;
    for (int most = most_; now > most && !most_.compare_exchange_weak(most, now);) {
    }
    std::this_thread::yield();
    --inside_;
  }
  int most() const { return most_; }

 private:
  std::atomic<int> inside_{0};
  std::atomic<int> most_{0};
};

TEST_F(RunnerParallelTest, BranchesOverlap) {
  Latch left, right;
  std::atomic<bool> met{true};
  auto meet = [&](Latch& own, Latch& other) {
    own.open();
    if (!other.wait()) met = false;
  };
  project.add("left", {}, [&](const task::TaskCall&) { meet(left, right); });
  project.add("right", {}, [&](const task::TaskCall&) { meet(right, left); });
  project.add("app", {"left", "right"});
  EXPECT_EQ(project.run("app", {}, 2).ran, 3u);
  EXPECT_TRUE(met);
}

TEST_F(RunnerParallelTest, NothingOverlapsWithOneJob) {
  Meter meter;
  std::vector<std::string> names;
  for (int i = 0; i < 50; ++i) {
    names.push_back("t" + std::to_string(i));
    project.add(names.back(), {}, [&](const task::TaskCall&) { meter.pass(); });
  }
  project.add("app", names, [&](const task::TaskCall&) { meter.pass(); });
  project.run("app", {}, 1);
  EXPECT_EQ(meter.most(), 1);
}

TEST_F(RunnerParallelTest, NoMoreTasksThanJobsRunAtOnce) {
  Meter meter;
  std::vector<std::string> names;
  for (int i = 0; i < 200; ++i) {
    names.push_back("t" + std::to_string(i));
    project.add(names.back(), {}, [&](const task::TaskCall&) { meter.pass(); });
  }
  project.add("app", names);
  EXPECT_EQ(project.run("app", {}, 3).ran, 201u);
  EXPECT_LE(meter.most(), 3);
}

TEST_F(RunnerParallelTest, AFreeThreadTakesWhatWaits) {
  // The second of three tasks does not end before the third has begun: two jobs are enough for that.
  for (int order = 0; order < 2; ++order) {
    ixian::testing::RunnerProject each(folder / ("order" + std::to_string(order)));
    Latch third;
    std::atomic<bool> met{true};
    auto waits = [&](const task::TaskCall&) { met = met && third.wait(std::chrono::seconds(2)); };
    each.add("a", {}, order == 0 ? waits : ixian::testing::FakeProject::Body());
    each.add("b", {}, order == 1 ? waits : ixian::testing::FakeProject::Body());
    each.add("c", {}, [&](const task::TaskCall&) { third.open(); });
    each.add_virtual("all", {"a", "b", "c"});
    each.run("all", {}, 2);
    EXPECT_TRUE(met) << "while " << (order == 0 ? "a" : "b") << " ran, c was not started";
  }
}

TEST_F(RunnerParallelTest, TheAskedTaskRunsOnTheCallingThread) {
  std::thread::id ran_on;
  project.add("left");
  project.add("right");
  project.add("app", {"left", "right"}, [&](const task::TaskCall&) { ran_on = std::this_thread::get_id(); });
  project.run("app", {}, 4);
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST_F(RunnerParallelTest, EveryTaskRunsOnTheCallingThreadWithOneJob) {
  std::atomic<int> elsewhere{0};
  const auto caller = std::this_thread::get_id();
  auto look = [&](const task::TaskCall&) { elsewhere += std::this_thread::get_id() != caller; };
  project.add("left", {}, look);
  project.add("right", {}, look);
  project.add("app", {"left", "right"}, look);
  project.run("app", {}, 1);
  EXPECT_EQ(elsewhere, 0);
}

TEST_F(RunnerParallelTest, EachTaskOfAWideGraphRunsOnce) {
  std::vector<std::string> names;
  for (int i = 0; i < 300; ++i) {
    names.push_back("t" + std::to_string(i));
    project.add(names.back(), i < 10 ? std::vector<std::string>()
                                     : std::vector<std::string>{names[static_cast<std::size_t>(i % 10)]});
    project.checked();
  }
  project.add("app", names);
  project.checked();
  EXPECT_EQ(project.run("app", {}, 4).ran, 301u);
  const Report again = project.run("app", {}, 4);
  EXPECT_EQ(again.up_to_date, 301u);
  EXPECT_EQ(project.take_notes().size(), 301u);
}

TEST_F(RunnerParallelTest, ACheckerIsUsedByOneThreadAtATime) {
  Latch first, second;
  project.add("a");
  auto& shared = project.checked();
  project.add("b", {}, [&](const task::TaskCall&) { first.wait(); });
  auto& asking = project.checked();
  project.add("app", {"a", "b"});
  auto now = project.session();
  const plan::TaskOptions all{.force_all = true, .args = {}};
  const auto plan = project.plan(*now, "app", all);
  shared.on_state = [&] {
    first.open();
    if (shared.users > 1) second.open();
    second.wait(std::chrono::milliseconds(300));
  };
  asking.on_state = [&] { now->states.hash(now->graph.find("a")); };
  project.run_planned(*now, plan, all, 2);
  EXPECT_FALSE(shared.used_by_two) << "one thread saved the state of a while another asked for its hash";
}

}  // namespace
}  // namespace ixian::run
