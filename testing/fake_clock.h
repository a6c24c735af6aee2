// Time that passes only when somebody sleeps, or the test says so.
#pragma once

#include <chrono>
#include <mutex>
#include <vector>

#include "base/clock.h"

namespace ixian::testing {

// Thread-safe. Starts on 2025-01-01 00:00:00 UTC. Sleeping takes no real time.
class FakeClock : public base::Clock {
 public:
  std::chrono::system_clock::time_point now() override {
    std::lock_guard lock(mutex_);
    return start() + passed_;
  }
  std::chrono::steady_clock::time_point steady_now() override {
    std::lock_guard lock(mutex_);
    return std::chrono::steady_clock::time_point(passed_);
  }
  void sleep_for(std::chrono::milliseconds time, base::Cancellation& cancellation) override {
    cancellation.throw_if_requested();
    std::lock_guard lock(mutex_);
    passed_ += time;
    sleeps_.push_back(time);
  }

  void advance(std::chrono::milliseconds time) {
    std::lock_guard lock(mutex_);
    passed_ += time;
  }

  // How long each sleep was, in their order.
  std::vector<std::chrono::milliseconds> sleeps() {
    std::lock_guard lock(mutex_);
    return sleeps_;
  }

 private:
  static std::chrono::system_clock::time_point start() {
    using namespace std::chrono_literals;
    return std::chrono::sys_days(2025y / std::chrono::January / 1);
  }

  std::mutex mutex_;
  std::chrono::milliseconds passed_{0};
  std::vector<std::chrono::milliseconds> sleeps_;
};

}  // namespace ixian::testing
