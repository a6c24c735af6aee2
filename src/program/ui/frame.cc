// A frame is made of columns, not of bytes: names and details come from strangers, so they are made printable
// first and then cut by width. What has no room goes in this order: the rows for output, details, the bar,
// the rate, activities beyond the eighth; of the line that counts, what tells least. A line that would wrap
// would break the counting of rows, which redrawing rests on.
#include "ui/frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/utf8.h"
#include "ui/printable.h"
#include "ui/quantity.h"

namespace ixian::ui {
namespace {

constexpr std::size_t kElapsedColumns = 6;  // "59m59s"
constexpr std::size_t kBarColumns = 10;
constexpr std::size_t kMinTextColumns = 8;  // less of a program's output tells nothing
constexpr std::size_t kWidestName = 24;     // on a terminal of common width

// Appends text until the columns are used up.
class LineBuilder {
 public:
  LineBuilder(const Style& style, std::size_t columns) : style_(style), columns_(columns) {}

  std::size_t left() const { return columns_ - line_.columns; }

  void add(std::string_view text, std::string_view colour = "") {
    const auto fitting = cut_to(text, left(), style_.ellipsis);
    line_.bytes += fitting.empty() ? fitting : style_.paint(colour, fitting);
    line_.columns += base::display_width(fitting);
  }

  // Cuts or fills up to exactly `width` columns, if there are as many.
  void add_cell(std::string_view text, std::size_t width, std::string_view colour = "") {
    const std::size_t end = line_.columns + std::min(width, left());
    add(cut_to(text, end - line_.columns, style_.ellipsis), colour);
    add(std::string(end - line_.columns, ' '));
  }

  FrameLine take() { return std::move(line_); }

 private:
  const Style& style_;
  const std::size_t columns_;
  FrameLine line_;
};

std::string progress_bar(const Style& style, std::uint64_t done, std::uint64_t total) {
  const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto full = static_cast<std::size_t>(share * kBarColumns);
  std::string bar;
  for (std::size_t i = 0; i < kBarColumns; ++i) bar += i < full ? style.bar_full : style.bar_empty;
  return bar;
}

// The fullest description of the progress that fits.
std::string describe_progress(const Style& style, const ProgressSoFar& progress, double now,
                              std::size_t columns) {
  const double elapsed = now - progress.first_time;
  const bool moves = elapsed >= 1 && progress.done > progress.first_done;
  const double gained = static_cast<double>(progress.done - progress.first_done);
  auto amount = format_progress({progress.done, progress.total, progress.unit});
  auto rate = moves ? format_rate(gained / elapsed, progress.unit) : "";
  if (!rate.empty()) rate.insert(0, ", ");
  const auto bar = progress.total > 0 ? progress_bar(style, progress.done, progress.total) + " " : "";
  for (const auto& text : {bar + amount + rate, amount + rate, amount}) {
    if (base::display_width(printable(text)) <= columns) return printable(text);
  }
  return "";
}

// `with_output`: what the program said last is to be on this line, too.
FrameLine activity_line(const RunningActivity& activity, const Style& style, std::size_t columns,
                        std::size_t name_columns, double now, bool with_output) {
  LineBuilder line(style, columns);
  const auto turn = static_cast<std::size_t>(std::max(0.0, now) * kSpinnerTurnsPerSecond);
  line.add(style.spinner[turn % style.spinner.size()], style.green);
  line.add(" ");
  line.add_cell(cut_name(printable(activity.name), name_columns, style.ellipsis), name_columns, style.bold);
  line.add(fmt::format(" {:>{}}", format_elapsed(now - activity.started), kElapsedColumns));
  if (activity.progress.has_value() && line.left() > 2) {
    const auto text = describe_progress(style, *activity.progress, now, line.left() - 2);
    if (!text.empty()) line.add("  " + text);
  }
  const auto detail = printable(activity.detail);
  const auto output = with_output ? printable(activity.tail.last()) : "";
  if (!detail.empty() && line.left() >= 2 + kMinTextColumns) {
    line.add("  ");
    // Half of the room is for what it is, the rest for what it says.
    const bool share = !output.empty() && line.left() >= 2 * kMinTextColumns + 2;
    line.add(cut_to(detail, share ? line.left() / 2 : line.left(), style.ellipsis));
  }
  if (!output.empty() && line.left() >= 2 + kMinTextColumns) {
    line.add("  ");
    line.add(output, style.dim);
  }
  return line.take();
}

FrameLine last_output_line(const RunningActivity& activity, const Style& style, std::size_t columns) {
  LineBuilder line(style, columns);
  line.add("  | ", style.gray);
  line.add(printable(activity.tail.last()), style.dim);
  return line.take();
}

struct SummaryPart {
  std::string text;
  std::string_view colour;
  int weight;  // the lightest goes first where there is no room
};

FrameLine summary_line(const ProgressState& board, const Style& style, std::size_t columns, double now) {
  std::vector<SummaryPart> parts;
  parts.push_back({fmt::format("{} running", board.running.size()), style.gray, 3});
  const auto add_count = [&](std::size_t count, std::string_view what, std::string_view colour, int weight) {
    if (count > 0) parts.push_back({fmt::format(", {} {}", count, what), colour, weight});
  };
  const auto add_progress = [&](std::string_view what, const ProgressSoFar& progress, int weight) {
    const auto amount = format_progress({progress.done, progress.total, progress.unit});
    parts.push_back({fmt::format(", {}{}", what, printable(amount)), style.gray, weight});
  };
  if (board.steps.total > 0) {
    add_progress("", board.steps, 5);
  } else {
    add_count(board.done, "done", style.gray, 1);
    add_count(board.skipped, "up to date", style.gray, 0);
  }
  if (board.uploads.done < board.uploads.total) add_progress("uploading ", board.uploads, 4);
  add_count(board.failed, "failed", style.red, 6);
  parts.push_back(
      {fmt::format(" {} {}", style.dot, format_clock(now - board.started.value_or(now))), style.gray, 2});

  const auto width = [&] {
    std::size_t all = 0;
    for (const auto& part : parts) all += base::display_width(part.text);
    return all;
  };
  while (parts.size() > 1 && width() > columns) {
    parts.erase(std::min_element(parts.begin(), parts.end(),
                                 [](const auto& a, const auto& b) { return a.weight < b.weight; }));
    if (parts[0].text.starts_with(", ")) parts[0].text.erase(0, 2);
  }
  LineBuilder line(style, columns);
  for (const auto& part : parts) line.add(part.text, part.colour);
  return line.take();
}

}  // namespace

std::vector<FrameLine> render(const ProgressState& board, const Style& style, TerminalSize size, double now) {
  std::vector<FrameLine> lines;
  if (board.running.empty()) return lines;
  // The last column stays free: terminals differ in when they wrap a full line.
  const std::size_t columns = std::max<std::size_t>(size.columns, 2) - 1;
  const std::size_t rows = size.rows > 3 ? size.rows - 3 : 0;  // two are free, one counts
  const std::size_t room = std::min(rows, kMaxActivityLines);
  const std::size_t running = board.running.size();
  const std::size_t shown = running <= room ? running : std::max<std::size_t>(room, 1) - 1;
  const auto end_shown = std::next(board.running.begin(), static_cast<std::ptrdiff_t>(shown));

  std::size_t name_columns = 0;
  for (auto it = board.running.begin(); it != end_shown; ++it) {
    name_columns = std::max(name_columns, base::display_width(printable(it->second.name)));
  }
  const std::size_t beside_name = kElapsedColumns + 3;
  const std::size_t most = columns > beside_name ? columns - beside_name : 1;
  name_columns = std::min({name_columns, std::max(kWidestName, columns / 4), most});

  const auto says = [](const auto& each) { return !each.second.tail.last().empty(); };
  const auto outputs = static_cast<std::size_t>(std::count_if(board.running.begin(), end_shown, says));
  const bool rows_for_output = running + outputs <= room;
  for (auto it = board.running.begin(); it != end_shown; ++it) {
    lines.push_back(activity_line(it->second, style, columns, name_columns, now, !rows_for_output));
    if (rows_for_output && says(*it)) lines.push_back(last_output_line(it->second, style, columns));
  }
  if (shown < running && room > 0) {
    LineBuilder line(style, columns);
    line.add(fmt::format("  {} and {} more", style.ellipsis, running - shown), style.gray);
    lines.push_back(line.take());
  }
  lines.push_back(summary_line(board, style, columns, now));
  return lines;
}

}  // namespace ixian::ui
