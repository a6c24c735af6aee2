// Keeps what it is told.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/event.h"

namespace ixian::testing {

// Thread-safe. The callbacks are called, without the lock, after an event has been kept.
class RecordingSink : public base::EventSink {
 public:
  base::ActivityId begin(const base::ActivityInfo& activity) noexcept override {
    std::lock_guard lock(mutex_);
    begun_.push_back(activity);
    open_.insert(begun_.size());
    return begun_.size();
  }
  void progress(base::ActivityId id, const base::Progress&) noexcept override { note_use(id); }
  void log(base::ActivityId id, base::LogLevel, std::string_view text) noexcept override {
    note_use(id);
    {
      std::lock_guard lock(mutex_);
      logs_.emplace_back(text);
    }
    if (on_log) on_log(text);
  }
  void output(base::ActivityId id, std::string_view line) noexcept override {
    note_use(id);
    std::lock_guard lock(mutex_);
    outputs_.push_back((id == base::kNoActivity ? "" : begun_[id - 1].name) + ": " + std::string(line));
  }
  void end(base::ActivityId id, base::ActivityStatus outcome, std::string_view) noexcept override {
    note_use(id);
    {
      std::lock_guard lock(mutex_);
      open_.erase(id);
      ended_[begun_[id - 1].name] = outcome;
    }
    if (on_end) on_end();
  }

  std::vector<base::ActivityInfo> begun() const { return locked(begun_); }
  std::vector<std::string> logs() const { return locked(logs_); }
  std::vector<std::string> outputs() const { return locked(outputs_); }  // "name: line"
  std::map<std::string, base::ActivityStatus> ended() const { return locked(ended_); }

  // Something was told of an activity that had ended, or one never ended.
  bool contract_broken() const {
    std::lock_guard lock(mutex_);
    return used_after_end_ || !open_.empty();
  }

  std::function<void(std::string_view)> on_log;
  std::function<void()> on_end;

 private:
  template <typename Kept>
  Kept locked(const Kept& kept) const {
    std::lock_guard lock(mutex_);
    return kept;
  }
  void note_use(base::ActivityId id) {
    std::lock_guard lock(mutex_);
    if (id != base::kNoActivity && !open_.contains(id)) used_after_end_ = true;
  }

  mutable std::mutex mutex_;
  std::vector<base::ActivityInfo> begun_;
  std::set<base::ActivityId> open_;
  std::vector<std::string> logs_;
  std::vector<std::string> outputs_;
  std::map<std::string, base::ActivityStatus> ended_;
  bool used_after_end_ = false;
};

}  // namespace ixian::testing
