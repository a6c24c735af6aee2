// The finished lines that the views for people have in common. Each function returns whole lines,
// each with its newline, safe to show whatever the arguments hold. `name` is "" for the program
// itself.
#pragma once

#include <cstddef>
#include <cstdint>
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

// `name: done in 1.2s`, `name: up to date (note)`, `name: failed in 1.2s (note)`, `name: interrupted`
std::string end_line(const Style& style, std::string_view name, base::ActivityStatus outcome,
                     std::string_view note, double seconds);

// The note of an activity that has ended: its own, else how many bytes it moved, if any.
std::string note_with_bytes(base::ActivityStatus outcome, std::string_view note, std::uint64_t bytes);

// What an activity leaves on a terminal: its mark, its end and, behind it, what it did. Cut to `columns`, but
// for a failure, of which nothing is left out.
std::string finished_line(const Style& style, std::string_view name, std::string_view detail,
                          base::ActivityStatus outcome, std::string_view note, double seconds,
                          std::size_t columns);

}  // namespace ixian::ui
