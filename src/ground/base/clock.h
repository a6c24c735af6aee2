// Time as something that tests can set.
#pragma once

#include <chrono>

#include "base/cancel.h"
#include "base/error.h"

namespace ixian::base {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual std::chrono::system_clock::time_point now() = 0;         // dates: tokens, Retry-After
  virtual std::chrono::steady_clock::time_point steady_now() = 0;  // spans

  // Waits; throws Cancelled when stopping is requested meanwhile.
  virtual void sleep_for(std::chrono::milliseconds time, Cancellation& cancellation) = 0;
};

class SystemClock : public Clock {
 public:
  std::chrono::system_clock::time_point now() override { return std::chrono::system_clock::now(); }
  std::chrono::steady_clock::time_point steady_now() override { return std::chrono::steady_clock::now(); }
  void sleep_for(std::chrono::milliseconds time, Cancellation& cancellation) override {
    if (cancellation.wait_for(time)) throw Cancelled();
  }
};

}  // namespace ixian::base
