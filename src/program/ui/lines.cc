// The lines of both views for people. Whatever comes from a program or a project is made printable here, on
// its way into a line.
#include "ui/lines.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "ui/printable.h"
#include "ui/quantity.h"

namespace ixian::ui {
namespace {

std::string prefix(const Style& style, std::string_view name) {
  return name.empty() ? "" : style.paint(style.bold, printable(name)) + ": ";
}

std::string level_prefix(const Style& style, base::LogLevel level) {
  if (level == base::LogLevel::kWarning) return style.paint(style.yellow, "warning:") + " ";
  if (level == base::LogLevel::kError) return style.paint(style.red, "error:") + " ";
  return "";
}

// "hint: …", "note: …" and "usage: …", which follow a message.
std::string message_line(const Style& style, std::string_view line) {
  for (const std::string_view label :
       {base::kHintLabel, std::string_view("note:"), std::string_view("usage:")}) {
    if (line.starts_with(label)) return style.paint(style.bold, label) + printable(line.substr(label.size()));
  }
  return printable(line);
}

std::string in_brackets(std::string_view note) {
  return note.empty() ? "" : fmt::format(" ({})", printable(note));
}

std::string after_colon(std::string_view note) {
  return note.empty() ? "" : fmt::format(": {}", printable(note));
}

}  // namespace

std::string start_line(const Style& style, std::string_view name, std::string_view detail) {
  return prefix(style, name) + printable(detail) + "\n";
}

std::string output_line(const Style& style, std::string_view name, std::string_view line) {
  if (name.empty()) return printable(line) + "\n";
  return style.paint(style.gray, printable(name) + " |") + " " + printable(line) + "\n";
}

std::string output_lines(const Style& style, std::string_view name, const OutputTail& tail) {
  std::string out;
  if (tail.dropped() > 0) {
    out += output_line(style, name, fmt::format("({} earlier lines omitted)", tail.dropped()));
  }
  for (const auto& line : tail.lines()) out += output_line(style, name, line);
  return out;
}

std::string message_lines(const Style& style, std::string_view name, base::LogLevel level,
                          std::string_view text) {
  auto start = prefix(style, name) + level_prefix(style, level);
  std::string out;
  for (const auto line : base::split(text, '\n')) {
    const bool debug = level == base::LogLevel::kDebug;
    out += start + (debug ? style.paint(style.dim, printable(line)) : message_line(style, line)) + "\n";
    // Each line can be found by the name of its task, the first alone by its level.
    start = prefix(style, name);
  }
  return out;
}

std::string end_line(const Style& style, std::string_view name, base::ActivityStatus outcome,
                     std::string_view note, double seconds) {
  std::string what;
  switch (outcome) {
    case base::ActivityStatus::kDone:
      what = "done in " + format_duration(seconds) + in_brackets(note);
      break;
    case base::ActivityStatus::kSkipped:
      what = style.paint(style.gray, "up to date" + in_brackets(note));
      break;
    case base::ActivityStatus::kFailed:
      what = style.paint(style.red, "failed" + after_colon(note));
      break;
    case base::ActivityStatus::kCancelled:
      what = style.paint(style.yellow, "interrupted" + in_brackets(note));
      break;
  }
  return prefix(style, name) + what + "\n";
}

std::string outcome_mark(const Style& style, base::ActivityStatus outcome) {
  switch (outcome) {
    case base::ActivityStatus::kDone:
      return style.paint(style.green, style.tick);
    case base::ActivityStatus::kSkipped:
      return style.paint(style.gray, style.circle);
    case base::ActivityStatus::kFailed:
      return style.paint(style.red, style.cross);
    case base::ActivityStatus::kCancelled:
      break;
  }
  return style.paint(style.yellow, style.circle);
}

}  // namespace ixian::ui
