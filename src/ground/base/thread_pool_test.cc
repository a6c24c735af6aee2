#include "base/thread_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <numeric>
#include <stdexcept>

#include "testing/latch.h"

namespace ixian::base {
namespace {

using ixian::testing::Latch;

TEST(ThreadPool, RunsEveryJobBeforeItIsGone) {
  std::atomic<int> ran{0};
  {
    ThreadPool pool(3);
    for (int i = 0; i < 1000; ++i) pool.submit([&] { ++ran; });
  }
  EXPECT_EQ(ran, 1000);
}

TEST(ThreadPool, OneThreadRunsJobsInTheirOrder) {
  std::vector<int> order;
  {
    ThreadPool pool(1);
    for (int i = 0; i < 100; ++i) pool.submit([&, i] { order.push_back(i); });
  }
  std::vector<int> expected(100);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(order, expected);
}

TEST(ThreadPool, AsManyJobsRunAtOnceAsThereAreThreads) {
  Latch gates[3];
  std::atomic<int> met{0};
  {
    ThreadPool pool(3);
    for (int i = 0; i < 3; ++i) {
      pool.submit([&, i] {
        gates[i].open();
        met += gates[(i + 1) % 3].wait() && gates[(i + 2) % 3].wait();
      });
    }
  }
  EXPECT_EQ(met, 3);
}

TEST(ThreadPool, JobsMaySubmitJobs) {
  std::atomic<int> ran{0};
  Latch last;
  ThreadPool pool(1);
  std::function<void(int)> job = [&](int left) {
    ++ran;
    if (left == 0) return last.open();
    pool.submit([&, left] { job(left - 1); });
  };
  pool.submit([&] { job(50); });
  EXPECT_TRUE(last.wait());
  EXPECT_EQ(ran, 51);
}

TEST(ThreadPool, NoThreadsIsTakenAsOne) {
  Latch ran;
  ThreadPool pool(0);
  pool.submit([&] { ran.open(); });
  EXPECT_TRUE(ran.wait());
}

TEST(ParallelFor, CallsEachIndexOnce) {
  std::vector<std::atomic<int>> calls(1000);
  parallel_for(calls.size(), 4, [&](std::size_t i) { ++calls[i]; });
  for (const auto& count : calls) EXPECT_EQ(count, 1);
  parallel_for(0, 4, [](std::size_t) { FAIL(); });
}

TEST(ParallelFor, TheCallingThreadIsOneOfThem) {
  const auto caller = std::this_thread::get_id();
  for (unsigned threads : {0u, 1u}) {
    parallel_for(10, threads, [&](std::size_t) { EXPECT_EQ(std::this_thread::get_id(), caller); });
  }
}

TEST(ParallelFor, CallsOverlap) {
  Latch gates[2];
  std::atomic<int> met{0};
  parallel_for(2, 2, [&](std::size_t i) {
    gates[i].open();
    met += gates[1 - i].wait();
  });
  EXPECT_EQ(met, 2);
}

TEST(ParallelFor, TheExceptionOfTheLowestIndexIsRethrownWhoeverWasQuicker) {
  std::latch second_failed(1);
  try {
    parallel_for(2, 2, [&](std::size_t i) {
      if (i == 0) second_failed.wait();
      if (i == 1) second_failed.count_down();
      throw i;
    });
    FAIL();
  } catch (std::size_t i) {
    EXPECT_EQ(i, 0u);
  }
}

TEST(ParallelFor, TheFirstExceptionIsRethrownAndTheRestSkipped) {
  for (unsigned threads : {1u, 4u}) {
    std::atomic<int> calls{0};
    EXPECT_THROW(parallel_for(100'000, threads,
                              [&](std::size_t i) {
                                ++calls;
                                if (i == 10) throw std::runtime_error("ten");
                              }),
                 std::runtime_error);
    EXPECT_GT(calls, 10);
    EXPECT_LT(calls, 100'000);
  }
}

TEST(ProcessorCount, IsAtLeastOne) {
  EXPECT_GE(processor_count(), 1u);
}

}  // namespace
}  // namespace ixian::base
