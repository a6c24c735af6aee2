// The finished lines that the views for people have in common. Each function returns whole lines,
// each with its newline, safe to show whatever the arguments hold. `name` is "" for the program
// itself.
#pragma once

#include <string>
#include <string_view>

#include "base/event.h"
#include "ui/output_tail.h"
#include "ui/style.h"

namespace ixian::ui {

// `name: detail`
std::string start_line(const Style& style, std::string_view name, std::string_view detail);

// `name | line`
std::string output_line(const Style& style, std::string_view name, std::string_view line);

// What is left of an activity's output, and how much is not.
std::string output_lines(const Style& style, std::string_view name, const OutputTail& tail);

// `name: warning: text`; further lines of `text` with the name alone.
std::string message_lines(const Style& style, std::string_view name, base::LogLevel level,
                          std::string_view text);

// `name: done in 1.2s`, `name: up to date (note)`, `name: failed: note`, `name: interrupted`
std::string end_line(const Style& style, std::string_view name, base::ActivityStatus outcome,
                     std::string_view note, double seconds);

// The mark of an outcome in its colour.
std::string outcome_mark(const Style& style, base::ActivityStatus outcome);

}  // namespace ixian::ui
