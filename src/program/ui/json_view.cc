// Events as JSON, a line each, for programs. The members are a promise, so they are few: "event", "id" and
// "time", and what json_view.h says of each event. Progress comes a few times a second at most, and always
// when it is complete; a view never throws, so where a line cannot be made there is one less.
#include "ui/json_view.h"

#include <cmath>

#include "ui/printable.h"

namespace ixian::ui {
namespace {

double to_milliseconds(double seconds) {
  return std::round(seconds * 1000) / 1000;
}

std::string_view name_of(base::LogLevel level) {
  switch (level) {
    case base::LogLevel::kDebug:
      return "debug";
    case base::LogLevel::kInfo:
      return "info";
    case base::LogLevel::kWarning:
      return "warning";
    case base::LogLevel::kError:
      break;
  }
  return "error";
}

std::string_view name_of(base::ActivityStatus outcome) {
  switch (outcome) {
    case base::ActivityStatus::kDone:
      return "done";
    case base::ActivityStatus::kSkipped:
      return "skipped";
    case base::ActivityStatus::kFailed:
      return "failed";
    case base::ActivityStatus::kCancelled:
      break;
  }
  return "cancelled";
}

}  // namespace

base::ActivityId JsonView::begin(const base::ActivityInfo& activity) noexcept {
  const base::ActivityId id = ++last_id_;
  try {
    const std::lock_guard lock(mutex_);
    running_[id].started = options_.clock.steady();
    write("begin", id, {{"name", activity.name}, {"detail", activity.detail}});
  } catch (...) {  // a line less
  }
  return id;
}

void JsonView::progress(base::ActivityId id, const base::Progress& progress) noexcept try {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  const double now = options_.clock.steady();
  const bool complete = progress.total != 0 && progress.done == progress.total;
  if (now < found->second.next_progress && !complete) return;
  found->second.next_progress = now + 1 / kProgressPerSecond;
  const base::Json total = progress.total == 0 ? base::Json() : base::Json(progress.total);
  write("progress", id, {{"done", progress.done}, {"total", total}, {"unit", progress.unit}});
} catch (...) {
}

void JsonView::log(base::ActivityId id, base::LogLevel level, std::string_view text) noexcept try {
  if (!shows(options_.threshold, level)) return;
  const std::lock_guard lock(mutex_);
  write("log", id, {{"level", name_of(level)}, {"text", text}});
} catch (...) {
}

void JsonView::output(base::ActivityId id, std::string_view line) noexcept try {
  const std::lock_guard lock(mutex_);
  write("output", id, {{"line", line}});
} catch (...) {
}

void JsonView::end(base::ActivityId id, base::ActivityStatus outcome, std::string_view note) noexcept try {
  const std::lock_guard lock(mutex_);
  const auto node = running_.extract(id);
  const double now = options_.clock.steady();
  const double seconds = node.empty() ? 0 : now - node.mapped().started;
  write("end", id, {{"outcome", name_of(outcome)}, {"note", note}, {"seconds", to_milliseconds(seconds)}});
} catch (...) {
}

void JsonView::result(const base::Json& document) noexcept try {
  const std::lock_guard lock(mutex_);
  write("result", base::kNoActivity, {{"result", document}});
} catch (...) {
}

void JsonView::exit(int code) noexcept try {
  const std::lock_guard lock(mutex_);
  write("exit", base::kNoActivity, {{"code", code}});
} catch (...) {
}

void JsonView::write(std::string_view event, base::ActivityId id, base::Json object) {
  object["event"] = event;
  object["id"] = id;
  object["time"] = to_milliseconds(options_.clock.wall());
  // One write for each line: readers of a pipe get whole lines, whoever else writes there.
  write_all(options_.fd, printable_json(base::canonical_json(object)) + "\n");
}

}  // namespace ixian::ui
