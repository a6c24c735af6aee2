// Events of an image's stages, under the name of the image: "runtime 2/4" of "stage-0 2/4", "runtime tools
// 1/3" of "tools 1/3".
#pragma once

#include <string>
#include <string_view>

#include "base/event.h"

namespace ixian::run {

// As long-lived as what reports to it.
class PrefixSink : public base::ForwardingSink {
 public:
  PrefixSink(base::EventSink& sink, std::string name) : sink_(sink), name_(std::move(name)) {}

  base::ActivityId begin(const base::ActivityInfo& activity) noexcept override {
    try {
      base::ActivityInfo named = activity;
      named.name = name_ + " " + std::string(without_number(activity.name));
      return sink_.begin(named);
    } catch (...) {  // no memory for a name
      return sink_.begin(activity);
    }
  }

 private:
  base::EventSink& target() const noexcept override { return sink_; }

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
