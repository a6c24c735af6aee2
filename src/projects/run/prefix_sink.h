// Events of an image's stages, under the name of the image: "runtime 2/4" of "stage-0 2/4", "runtime tools
// 1/3" of "tools 1/3".
#pragma once

#include <string>
#include <string_view>

#include "base/event.h"

namespace ixian::run {

// As long-lived as what reports to it.
class PrefixSink : public base::EventSink {
 public:
  PrefixSink(base::EventSink& sink, std::string name) : sink_(sink), name_(std::move(name)) {}

  base::ActivityId begin(const base::Activity& activity) noexcept override {
    try {
      base::Activity named = activity;
      named.name = name_ + " " + std::string(without_number(activity.name));
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
  void end(base::ActivityId id, base::ActivityStatus outcome, std::string_view note) noexcept override {
    sink_.end(id, outcome, note);
  }

 private:
  // A stage without a name is called by its number, which tells nothing where there is one.
  static std::string_view without_number(std::string_view label) {
    constexpr std::string_view kNumbered = "stage-";
    if (!label.starts_with(kNumbered)) return label;
    const auto space = label.find_first_not_of("0123456789", kNumbered.size());
    const bool numbered = space != std::string_view::npos && space > kNumbered.size() && label[space] == ' ';
    return numbered ? label.substr(space + 1) : label;
  }

  base::EventSink& sink_;
  const std::string name_;
};

}  // namespace ixian::run
