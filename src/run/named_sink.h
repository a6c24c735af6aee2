// Events of a part, under the name of the whole: "runtime: RUN make" of "RUN make".
#pragma once

#include <string>

#include "base/event.h"

namespace ixian::run {

// As long-lived as what reports to it.
class NamedSink : public base::EventSink {
 public:
  NamedSink(base::EventSink& sink, std::string name) : sink_(sink), name_(std::move(name)) {}

  base::ActivityId begin(const base::Activity& activity) noexcept override {
    try {
      base::Activity named = activity;
      named.name = name_ + " " + activity.name;
      return sink_.begin(named);
    } catch (...) {  // no memory for a name
      return sink_.begin(activity);
    }
  }
  void progress(base::ActivityId id, const base::Progress& progress) noexcept override {
    sink_.progress(id, progress);
  }
  void log(base::ActivityId id, base::LogLevel level, std::string_view text) noexcept override {
    sink_.log(id, level, text);
  }
  void output(base::ActivityId id, std::string_view line) noexcept override { sink_.output(id, line); }
  void end(base::ActivityId id, base::Outcome outcome, std::string_view note) noexcept override {
    sink_.end(id, outcome, note);
  }

 private:
  base::EventSink& sink_;
  const std::string name_;
};

}  // namespace ixian::run
