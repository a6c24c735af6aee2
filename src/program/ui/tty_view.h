// For a person at a terminal: what has ended scrolls up, what runs is drawn below it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/event.h"
#include "ui/live_region.h"
#include "ui/progress_state.h"
#include "ui/style.h"
#include "ui/terminal.h"
#include "ui/verbosity.h"

namespace ixian::ui {

// Nobody else writes to the terminal while the view lives, but an activity that owns the terminal: once its
// begin() has returned, nothing is drawn until it ends, and lines wait until then, but for its own messages.
// A program's output is kept, bounded, and shown where the program fails; at Verbosity::kDebug it is shown as
// it comes. The progress of kNoActivity counts the steps of builds, or, in bytes, what is uploaded beside
// them.
//
// Events take effect at the next frame, at most kFramesPerSecond. They block only where lines come
// faster than the terminal takes them. The destructor prints the lines that wait, leaves nothing
// of what runs on the screen and shows the cursor. Errors of writing are ignored.
class TtyView : public base::EventSink {
 public:
  static constexpr double kFramesPerSecond = 12;
  static constexpr std::size_t kMaxPendingBytes = 128u << 10;

  struct Options {
    int fd = 2;  // not owned
    Verbosity threshold = Verbosity::kInfo;
    Style style = Style::make(true, true);
    Clock clock = Clock::real();
    std::function<TerminalSize()> size;  // empty: terminal_size(fd)
    bool rewraps = false;                // see LiveRegion
    bool animate = true;                 // in a thread of its own; false: only draw() draws
  };

  explicit TtyView(Options options);
  ~TtyView() override;
  TtyView(const TtyView&) = delete;
  TtyView& operator=(const TtyView&) = delete;

  base::ActivityId begin(const base::ActivityInfo& activity) noexcept override;
  void progress(base::ActivityId id, const base::Progress& progress) noexcept override;
  void log(base::ActivityId id, base::LogLevel level, std::string_view text) noexcept override;
  void output(base::ActivityId id, std::string_view line) noexcept override;
  void end(base::ActivityId id, base::ActivityStatus outcome, std::string_view note) noexcept override;

  // Takes what runs off the screen and prints the lines that wait; until resume() nothing is drawn. For
  // TerminalTurn.
  void pause() noexcept;
  void resume() noexcept { screen_mutex_.unlock(); }

  // Takes what runs off the screen for good, unless it is just being drawn. Nothing but the end of the
  // process may follow.
  void abandon() noexcept;

  // Draws a frame with one write(), or nothing where nothing changed or the terminal is lent.
  void draw() noexcept;

 private:
  bool verbose() const { return options_.threshold == Verbosity::kDebug; }

  // With mutex_ held:
  std::string name_of(base::ActivityId id) const;
  bool owns_terminal(base::ActivityId id) const;
  void print(std::string_view lines);
  void print_output(std::string_view line);
  void finish(const RunningActivity& activity, base::ActivityStatus outcome, std::string_view note);
  std::string take_pending();
  void wake();

  void lend_terminal();
  void draw_if_full() noexcept;
  void animate();
  void stop_animation();

  const Options options_;
  std::atomic<base::ActivityId> last_id_{base::kNoActivity};

  std::mutex screen_mutex_;  // locked before mutex_; guards writing and:
  LiveRegion region_;
  bool abandoned_ = false;

  std::mutex mutex_;
  // Guarded by `mutex_`, as is all below.
  ProgressState board_;
  std::string pending_;       // lines for above the region
  std::size_t left_out_ = 0;  // output lines for which there was no room in pending_
  std::size_t owners_ = 0;    // running activities that own the terminal
  bool drawn_ = false;        // the region is not empty
  bool lent_ = false;         // an owner may have left the cursor anywhere
  bool idle_ = false;         // the animation waits for something to draw
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread animation_;
};

}  // namespace ixian::ui
