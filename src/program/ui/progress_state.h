// What a person watches: the activities that run now, and how many have ended how.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/event.h"
#include "ui/output_tail.h"

namespace ixian::ui {

// How far an activity is, and since when it tells. Times are those of Clock::steady.
struct ProgressSoFar {
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::string unit;
  std::uint64_t first_done = 0;
  double first_time = 0;

  void update(const base::Progress& progress) {
    done = progress.done;
    total = progress.total;
    unit = progress.unit;
  }
};

struct RunningActivity {
  std::string name;
  std::string detail;
  bool owns_terminal = false;
  bool quiet_on_success = false;
  double started = 0;
  std::optional<ProgressSoFar> progress;
  OutputTail tail;
};

// Invariant: an activity is in `running` from its begin to its end, and in one of the counts afterwards,
// unless it was cancelled. Guarded by the mutex of the view that owns it.
struct ProgressState {
  std::map<base::ActivityId, RunningActivity> running;  // in the order that they began
  std::size_t done = 0;
  std::size_t skipped = 0;
  std::size_t failed = 0;
  ProgressSoFar steps;            // of all builds
  ProgressSoFar uploads;          // bytes that are sent beside the activities
  std::optional<double> started;  // when the first of all began

  void count(base::ActivityStatus outcome) {
    if (outcome == base::ActivityStatus::kDone) ++done;
    if (outcome == base::ActivityStatus::kSkipped) ++skipped;
    if (outcome == base::ActivityStatus::kFailed) ++failed;
  }
};

}  // namespace ixian::ui
