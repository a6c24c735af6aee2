// For tests: time that passes when told.
#pragma once

#include <memory>

#include "ui/terminal.h"

namespace ixian::ui {

// Both of its clocks start at a given second and stay together.
class FakeClock {
 public:
  explicit FakeClock(double start = 0) : now_(std::make_shared<double>(start)) {}

  void advance(double seconds) { *now_ += seconds; }

  Clock clock() const {
    return {[now = now_] { return *now; }, [now = now_] { return *now; }};
  }

 private:
  std::shared_ptr<double> now_;
};

}  // namespace ixian::ui
