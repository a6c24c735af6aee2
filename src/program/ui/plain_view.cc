// Lines for a log: each complete when it is written, with the name of what it is about. Output comes as it is
// printed, unless only errors are to be seen: then the end of it is kept, and told if its program fails.
#include "ui/plain_view.h"

#include "ui/lines.h"

namespace ixian::ui {

PlainView::~PlainView() {
  const std::string end = groups_.close();
  if (!end.empty()) write_all(options_.fd, end);
}

base::ActivityId PlainView::begin(const base::ActivityInfo& activity) noexcept {
  const base::ActivityId id = ++last_id_;
  try {
    const std::lock_guard lock(mutex_);
    running_[id] = {activity.name, activity.quiet_on_success, options_.clock.steady(), 0, {}};
    if (activity.detail.empty() || options_.threshold > Verbosity::kInfo) return id;
    write(activity.name, start_line(options_.style, activity.name, activity.detail));
  } catch (...) {  // a line less
  }
  return id;
}

void PlainView::progress(base::ActivityId id, const base::Progress& progress) noexcept {
  if (progress.unit != "B") return;
  const std::lock_guard lock(mutex_);
  if (const auto found = running_.find(id); found != running_.end()) found->second.bytes = progress.done;
}

void PlainView::log(base::ActivityId id, base::LogLevel level, std::string_view text) noexcept try {
  if (!shows(options_.threshold, level)) return;
  const std::lock_guard lock(mutex_);
  write(name_of(id), message_lines(options_.style, name_of(id), level, text));
} catch (...) {
}

void PlainView::output(base::ActivityId id, std::string_view line) noexcept try {
  const std::lock_guard lock(mutex_);
  if (options_.threshold <= Verbosity::kWarning) {
    write(name_of(id), output_line(options_.style, name_of(id), line));
  } else if (auto found = running_.find(id); found != running_.end()) {
    found->second.tail.add(line);
  }
} catch (...) {
}

void PlainView::end(base::ActivityId id, base::ActivityStatus outcome, std::string_view note) noexcept try {
  const std::lock_guard lock(mutex_);
  const auto node = running_.extract(id);
  if (node.empty() || !shows(options_.threshold, outcome)) return;
  const Running& activity = node.mapped();
  if (activity.quiet_on_success && outcome == base::ActivityStatus::kDone) return;
  const double seconds = options_.clock.steady() - activity.started;
  std::string lines;
  // What was held back so far explains the failure.
  if (outcome == base::ActivityStatus::kFailed && options_.threshold == Verbosity::kError) {
    lines = output_lines(options_.style, activity.name, activity.tail);
  }
  lines += end_line(options_.style, activity.name, outcome, note_with_bytes(outcome, note, activity.bytes),
                    seconds);
  write(activity.name, lines);
} catch (...) {
}

void PlainView::write(std::string_view activity, const std::string& lines) {
  write_all(options_.fd, groups_.before(activity) + lines);
}

std::string PlainView::name_of(base::ActivityId id) const {
  const auto found = running_.find(id);
  return found == running_.end() ? "" : found->second.name;
}

}  // namespace ixian::ui
