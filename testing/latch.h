// Lets threads of a test wait for each other.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace ixian::testing {

// Closed at first; once open, it stays open. Thread-safe.
class Latch {
 public:
  void open() {
    {
      std::lock_guard lock(mutex_);
      open_ = true;
    }
    opened_.notify_all();
  }

  // False when it was not opened in time, so that a broken test fails instead of hanging.
  bool wait(std::chrono::milliseconds at_most = std::chrono::seconds(20)) {
    std::unique_lock lock(mutex_);
    return opened_.wait_for(lock, at_most, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

}  // namespace ixian::testing
