// A Dockerfile may be planned several times, again where something was lost or for several of its targets;
// its warnings are shown once.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "base/event.h"

namespace ixian::embedded {

// Thread-safe.
class SeenWarnings {
 public:
  bool is_new(std::string_view text) {
    const std::lock_guard lock(mutex_);
    return texts_.emplace(text).second;
  }

 private:
  std::mutex mutex_;
  std::set<std::string> texts_;
};

// Drops warnings that have been seen. `sink` and `seen` outlive it.
class UniqueWarningSink : public base::ForwardingSink {
 public:
  UniqueWarningSink(base::EventSink& sink, SeenWarnings& seen) : sink_(sink), seen_(seen) {}

  void log(base::ActivityId id, base::LogLevel level, std::string_view text) noexcept override {
    try {
      if (level == base::LogLevel::kWarning && !seen_.is_new(text)) return;
    } catch (...) {  // no memory to know it by: it is shown again
    }
    sink_.log(id, level, text);
  }

 private:
  base::EventSink& target() const noexcept override { return sink_; }

  base::EventSink& sink_;
  SeenWarnings& seen_;
};

}  // namespace ixian::embedded
