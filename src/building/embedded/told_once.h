// What planning finds to warn of, told once however often a Dockerfile is planned: anew where something was
// lost, or for several of its targets.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "base/event.h"

namespace ixian::embedded {

// Thread-safe.
class ToldBefore {
 public:
  bool is_new(std::string_view text) {
    const std::lock_guard lock(mutex_);
    return texts_.emplace(text).second;
  }

 private:
  std::mutex mutex_;
  std::set<std::string> texts_;
};

// Passes everything on but warnings that have been told. `sink` and `before` outlive it.
class ToldOnce : public base::EventSink {
 public:
  ToldOnce(base::EventSink& sink, ToldBefore& before) : sink_(sink), before_(before) {}

  base::ActivityId begin(const base::Activity& activity) noexcept override { return sink_.begin(activity); }
  void progress(base::ActivityId id, const base::Progress& progress) noexcept override {
    sink_.progress(id, progress);
  }
  void log(base::ActivityId id, base::LogLevel level, std::string_view text) noexcept override {
    try {
      if (level == base::LogLevel::kWarning && !before_.is_new(text)) return;
    } catch (...) {  // no memory to know it by: it is told again
    }
    sink_.log(id, level, text);
  }
  void output(base::ActivityId id, std::string_view line) noexcept override { sink_.output(id, line); }
  void end(base::ActivityId id, base::ActivityStatus outcome, std::string_view note) noexcept override {
    sink_.end(id, outcome, note);
  }

 private:
  base::EventSink& sink_;
  ToldBefore& before_;
};

}  // namespace ixian::embedded
