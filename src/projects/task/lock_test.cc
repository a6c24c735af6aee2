#include "task/lock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "base/error.h"
#include "testing/child_process.h"
#include "testing/latch.h"
#include "testing/temp_folder.h"

namespace ixian::task {
namespace {

using ixian::testing::ChildProcess;
using ixian::testing::Latch;

class TaskLockTest : public ::testing::Test {
 protected:
  std::unique_ptr<TaskLock> lock(const std::string& task) {
    return std::make_unique<TaskLock>(folder.path(), task, cancellation, [] {});
  }
  // Whether somebody holds the lock: one whose wait is cut short at once.
  bool is_held(const std::string& task) {
    base::Cancellation impatient;
    try {
      TaskLock(folder.path(), task, impatient, [&] { impatient.request(); });
      return false;
    } catch (const base::Cancelled&) {
      return true;
    }
  }

  const ixian::testing::TempFolder folder;
  base::Cancellation cancellation;
};

TEST_F(TaskLockTest, IsHeldFromConstructionToDestruction) {
  auto held = lock("app");
  EXPECT_FALSE(held->waited());
  EXPECT_TRUE(is_held("app"));
  held.reset();
  EXPECT_FALSE(is_held("app"));
}

TEST_F(TaskLockTest, OtherTasksAreFree) {
  const auto held = lock("app");
  EXPECT_FALSE(is_held("lib"));
  EXPECT_FALSE(is_held(""));
}

TEST_F(TaskLockTest, ASecondWaitsAndSaysSoOnce) {
  auto held = lock("app");
  Latch waits;
  std::atomic<int> said{0};
  std::thread second([&] {
    TaskLock own(folder.path(), "app", cancellation, [&] {
      ++said;
      waits.open();
    });
    EXPECT_TRUE(own.waited());
  });
  EXPECT_TRUE(waits.wait());
  Latch never;
  never.wait(std::chrono::milliseconds(30));  // several attempts long
  held.reset();
  second.join();
  EXPECT_EQ(said, 1);
}

TEST_F(TaskLockTest, OneThreadAtATimeIsInside) {
  std::atomic<int> inside{0};
  std::atomic<bool> met{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 10; ++k) {
        const auto own = lock("app");
        if (++inside > 1) met = true;
        std::this_thread::yield();
        --inside;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(met);
}

TEST_F(TaskLockTest, ProcessesExcludeEachOtherAndDeathReleases) {
  ChildProcess child([&](ChildProcess& self) {
    const auto own = lock("app");
    self.say_ready();
    ::pause();
    return 0;
  });
  ASSERT_TRUE(child.wait_until_ready());
  EXPECT_TRUE(is_held("app"));
  child.kill();
  child.wait();
  EXPECT_FALSE(is_held("app"));
}

TEST_F(TaskLockTest, AProcessThatATaskLeftBehindDoesNotKeepTheLock) {
  auto held = lock("app");
  ChildProcess left_behind([](ChildProcess& self) {
    self.say_ready();
    ::pause();
    return 0;
  });
  ASSERT_TRUE(left_behind.wait_until_ready());
  held.reset();
  EXPECT_FALSE(is_held("app")) << "the child has inherited the lock's descriptor";
}

TEST_F(TaskLockTest, ARequestToStopEndsTheWait) {
  const auto held = lock("app");
  EXPECT_THROW(TaskLock(folder.path(), "app", cancellation, [&] { cancellation.request(); }),
               base::Cancelled);
}

TEST_F(TaskLockTest, AFreeLockIsGivenAlsoAfterARequestToStop) {
  cancellation.request();
  EXPECT_NO_THROW(lock("app"));
}

TEST_F(TaskLockTest, AFolderThatCannotBeMadeIsAnError) {
  folder.write("file", "");
  EXPECT_THROW(TaskLock(folder / "file", "app", cancellation, [] {}), base::Error);
}

TEST_F(TaskLockTest, OneFileIsLeftForAllTasks) {
  for (int i = 0; i < 20; ++i) lock("t" + std::to_string(i));
  EXPECT_EQ(folder.count(), 1u);
}

}  // namespace
}  // namespace ixian::task
