// The lines of both views for people. Whatever comes from a program or a project is made printable here, on
// its way into a line.
#include "ui/lines.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "ui/printable.h"
#include "ui/quantity.h"

namespace ixian::ui {
namespace {

constexpr std::string_view kCached = "cached";  // the note of a step that was not run
constexpr std::size_t kMinDetailColumns = 8;

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

// The mark of an outcome in its colour.
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

// The outcome in few words, for a terminal that has no room for all.
std::string short_outcome(base::ActivityStatus outcome, std::string_view note, double seconds) {
  if (outcome == base::ActivityStatus::kDone) return format_duration(seconds);
  if (outcome == base::ActivityStatus::kCancelled) return "interrupted";
  return note == kCached ? std::string(kCached) : "up to date";
}

// What an activity was about; words in brackets at its end, such as "(cached)", stay.
std::string cut_detail(std::string_view detail, std::size_t columns, std::string_view ellipsis) {
  const auto bracket = detail.ends_with(')') ? detail.rfind(" (") : std::string_view::npos;
  if (bracket == std::string_view::npos || base::display_width(detail) <= columns)
    return cut_to(detail, columns, ellipsis);
  const auto end = detail.substr(bracket);
  if (base::display_width(end) + kMinDetailColumns > columns) return cut_to(detail, columns, ellipsis);
  return cut_to(detail.substr(0, bracket), columns - base::display_width(end), ellipsis) + std::string(end);
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
      what = style.paint(style.red, "failed in " + format_duration(seconds) + in_brackets(note));
      break;
    case base::ActivityStatus::kCancelled:
      what = style.paint(style.yellow, "interrupted" + in_brackets(note));
      break;
  }
  return prefix(style, name) + what + "\n";
}

std::string note_with_bytes(base::ActivityStatus outcome, std::string_view note, std::uint64_t bytes) {
  if (!note.empty() || bytes == 0 || outcome != base::ActivityStatus::kDone) return std::string(note);
  return format_bytes(static_cast<double>(bytes));
}

std::string finished_line(const Style& style, std::string_view name, std::string_view detail,
                          base::ActivityStatus outcome, std::string_view note, double seconds,
                          std::size_t columns) {
  const auto mark = outcome_mark(style, outcome) + " ";
  const auto whole = end_line(style, name, outcome, note, seconds);
  if (outcome == base::ActivityStatus::kFailed) return mark + whole;
  const std::size_t room = columns > 2 ? columns - 2 : 0;
  const auto label = printable(name);
  const auto about = printable(detail);
  // A step that was cached says so, and where from, in what it is about.
  if (outcome == base::ActivityStatus::kSkipped && !note.empty() && about.find(note) != std::string::npos &&
      base::display_width(label) + 2 + kMinDetailColumns + note.size() <= room)
    return mark +
           start_line(style, name, cut_detail(about, room - base::display_width(label) - 2, style.ellipsis));
  auto bare = end_line(Style(), name, outcome, note, seconds);
  bare.pop_back();
  const std::size_t width = base::display_width(bare);
  if (width > room) {
    const auto words = short_outcome(outcome, note, seconds);
    const std::size_t left = room > words.size() + 2 ? room - words.size() - 2 : 1;
    return mark + start_line(style, cut_name(label, left, style.ellipsis), words);
  }
  if (about.empty() || width + 2 + kMinDetailColumns > room) return mark + whole;
  return mark + whole.substr(0, whole.size() - 1) + "  " +
         style.paint(style.dim, cut_to(about, room - width - 2, style.ellipsis)) + "\n";
}

}  // namespace ixian::ui
