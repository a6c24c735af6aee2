// Events come from many threads, a terminal is slow, and a picture is worth drawing a dozen times a second at
// most. So an event only changes the board, under `mutex_`, and a thread draws; whoever prints faster than
// the terminal takes it draws itself, and so is slowed down to its speed. Two mutexes keep drawing from
// holding up events: `screen_mutex_` is held while bytes go out, `mutex_` only while they are made.
//
// While an activity owns the terminal nothing is drawn, and what others print waits, bounded: beyond that,
// their output is counted and left out, but never messages.
#include "ui/tty_view.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/threads.h"
#include "ui/lines.h"
#include "ui/terminal_turn.h"

namespace ixian::ui {
namespace {

// While it lives, threads that start do not receive signals: those are the main thread's.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

TtyView::Options with_defaults(TtyView::Options options) {
  if (!options.size) options.size = [fd = options.fd] { return terminal_size(fd); };
  return options;
}

}  // namespace

TtyView::TtyView(Options options) : options_(with_defaults(std::move(options))), region_(options_.rewraps) {
  TerminalTurn::enter(*this);
  if (!options_.animate) return;
  const SignalsBlocked blocked;
  animation_ = base::try_thread([this] { animate(); });
}

TtyView::~TtyView() {
  TerminalTurn::leave(*this);
  stop_animation();
  {
    const std::lock_guard lock(mutex_);
    board_.running.clear();
    owners_ = 0;
  }
  draw();
}

base::ActivityId TtyView::begin(const base::ActivityInfo& activity) noexcept {
  const base::ActivityId id = ++last_id_;
  try {
    {
      const std::lock_guard lock(mutex_);
      const double now = options_.clock.steady();
      if (!board_.started.has_value()) board_.started = now;
      RunningActivity& running = board_.running[id];
      running.name = activity.name;
      running.detail = activity.detail;
      running.started = now;
      running.owns_terminal = activity.owns_terminal;
      running.quiet_on_success = activity.quiet_on_success;
      if (activity.owns_terminal) ++owners_;
      wake();
      if (verbose() && !activity.detail.empty()) {
        print(start_line(options_.style, activity.name, activity.detail));
      }
    }
    if (activity.owns_terminal) lend_terminal();
  } catch (...) {  // it is not shown
  }
  return id;
}

void TtyView::progress(base::ActivityId id, const base::Progress& progress) noexcept try {
  const std::lock_guard lock(mutex_);
  if (id == base::kNoActivity) return (progress.unit == "B" ? board_.uploads : board_.steps).update(progress);
  const auto found = board_.running.find(id);
  if (found == board_.running.end()) return;
  auto& so_far = found->second.progress;
  // Less than before: something else has begun, and the rate with it.
  if (!so_far.has_value() || progress.done < so_far->done) {
    so_far.emplace();
    so_far->first_done = progress.done;
    so_far->first_time = options_.clock.steady();
  }
  so_far->update(progress);
} catch (...) {
}

void TtyView::log(base::ActivityId id, base::LogLevel level, std::string_view text) noexcept try {
  if (!shows(options_.threshold, level)) return;
  {
    const std::lock_guard lock(mutex_);
    const auto lines = message_lines(options_.style, name_of(id), level, text);
    if (owns_terminal(id)) {
      write_all(options_.fd, lines);
      return;
    }
    print(lines);
  }
  draw_if_full();
} catch (...) {
}

void TtyView::output(base::ActivityId id, std::string_view line) noexcept try {
  {
    const std::lock_guard lock(mutex_);
    const auto found = board_.running.find(id);
    if (found != board_.running.end()) {
      found->second.tail.add(line);
      if (!verbose()) return;
    }
    print_output(output_line(options_.style, name_of(id), line));
  }
  draw_if_full();
} catch (...) {
}

void TtyView::end(base::ActivityId id, base::ActivityStatus outcome, std::string_view note) noexcept try {
  {
    const std::lock_guard lock(mutex_);
    const auto node = board_.running.extract(id);
    if (node.empty()) return;
    board_.count(outcome);
    if (node.mapped().owns_terminal) --owners_;
    wake();
    finish(node.mapped(), outcome, note);
  }
  draw_if_full();
} catch (...) {
}

std::string TtyView::name_of(base::ActivityId id) const {
  const auto found = board_.running.find(id);
  return found == board_.running.end() ? "" : found->second.name;
}

bool TtyView::owns_terminal(base::ActivityId id) const {
  const auto found = board_.running.find(id);
  return found != board_.running.end() && found->second.owns_terminal;
}

void TtyView::print(std::string_view lines) {
  pending_ += lines;
  wake();
}

void TtyView::print_output(std::string_view line) {
  if (owners_ > 0 && pending_.size() + line.size() > kMaxPendingBytes) {
    ++left_out_;
  } else {
    print(line);
  }
}

void TtyView::finish(const RunningActivity& activity, base::ActivityStatus outcome, std::string_view note) {
  // A step that was cached is worth its line, a task that is up to date is only counted.
  const bool cached_step = outcome == base::ActivityStatus::kSkipped && !activity.detail.empty() &&
                           options_.threshold <= Verbosity::kInfo;
  if (!shows(options_.threshold, outcome) && !cached_step) return;
  if (activity.quiet_on_success && outcome == base::ActivityStatus::kDone) return;
  if (outcome == base::ActivityStatus::kFailed && !verbose() && options_.threshold != Verbosity::kNone)
    print(output_lines(options_.style, activity.name, activity.tail));
  const bool moved_bytes = activity.progress.has_value() && activity.progress->unit == "B";
  const auto full_note = note_with_bytes(outcome, note, moved_bytes ? activity.progress->done : 0);
  const std::size_t columns = std::max<std::size_t>(options_.size().columns, 2) - 1;
  print(finished_line(options_.style, activity.name, verbose() ? "" : activity.detail, outcome, full_note,
                      options_.clock.steady() - activity.started, columns));
}

std::string TtyView::take_pending() {
  auto lines = std::exchange(pending_, {});
  if (const auto count = std::exchange(left_out_, 0); count > 0) {
    lines += output_line(options_.style, "", fmt::format("({} lines of output omitted)", count));
  }
  return lines;
}

void TtyView::wake() {
  if (idle_) wake_.notify_all();
}

void TtyView::draw() noexcept try {
  const std::lock_guard screen_lock(screen_mutex_);
  if (abandoned_) return;
  std::string lines;
  std::vector<FrameLine> frame;
  bool was_lent = false;
  const TerminalSize size = options_.size();
  {
    const std::lock_guard lock(mutex_);
    if (owners_ > 0) return;
    lines = take_pending();
    frame = render(board_, options_.style, size, options_.clock.steady());
    drawn_ = !frame.empty();
    if (drawn_ || !lines.empty()) was_lent = std::exchange(lent_, false);
  }
  // The owner may have left the cursor in the middle of a line.
  if (was_lent) lines.insert(0, LiveRegion::fresh_line(size.columns));
  write_all(options_.fd, region_.replace(lines, std::move(frame), size.columns));
} catch (...) {
}

void TtyView::lend_terminal() {
  const std::lock_guard screen_lock(screen_mutex_);
  std::string lines;
  {
    const std::lock_guard lock(mutex_);
    if (owners_ == 1) lines = take_pending();
    drawn_ = false;
    lent_ = true;
  }
  write_all(options_.fd, region_.replace(lines, {}, options_.size().columns));
}

void TtyView::pause() noexcept {
  screen_mutex_.lock();
  try {
    std::string lines;
    {
      const std::lock_guard lock(mutex_);
      if (owners_ > 0) return;
      lines = take_pending();
      drawn_ = false;
    }
    write_all(options_.fd, region_.replace(lines, {}, options_.size().columns));
  } catch (...) {
  }
}

void TtyView::abandon() noexcept try {
  const std::unique_lock screen_lock(screen_mutex_, std::try_to_lock);
  if (!screen_lock.owns_lock()) return;
  abandoned_ = true;
  write_all(options_.fd, region_.replace("", {}, options_.size().columns));
} catch (...) {
}

void TtyView::draw_if_full() noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (pending_.size() < kMaxPendingBytes) return;
  }
  draw();
}

void TtyView::animate() {
  const std::chrono::duration<double> frame_time(1 / kFramesPerSecond);
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    // Without activities the thread sleeps, and no frame is made.
    idle_ = true;
    wake_.wait(lock, [&] {
      const bool changes = drawn_ || !pending_.empty() || !board_.running.empty();
      return stopping_ || (owners_ == 0 && changes);
    });
    idle_ = false;
    wake_.wait_for(lock, frame_time, [&] { return stopping_; });
    lock.unlock();
    draw();
    lock.lock();
  }
}

void TtyView::stop_animation() {
  if (!animation_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  animation_.join();
}

}  // namespace ixian::ui
