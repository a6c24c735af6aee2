// What happens while ix works, as data. Whoever does the work tells an EventSink; `ui/` decides how it looks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ixian::base {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// An activity is one piece of work that a user knows by name: a task, a stage, a layer. 0 is the program
// itself.
using ActivityId = std::uint64_t;
inline constexpr ActivityId kNoActivity = 0;

struct ActivityInfo {
  std::string name;               // shown before each of its lines: "build_image"
  std::string detail;             // one line on why it runs, may be empty
  bool owns_terminal = false;     // it reads and writes the terminal itself: keep quiet until it ends
  bool quiet_on_success = false;  // a command such as a shell: that it began and ended well needs no words
};

enum class ActivityStatus { kDone, kSkipped, kFailed, kCancelled };

struct Progress {
  std::uint64_t done = 0;
  std::uint64_t total = 0;  // 0: unknown
  std::string_view unit;    // "B", "files", "tasks"
};

// Thread-safe; calls never throw and never block for long. A sink outlives all that report to it. `end` is
// called once for each `begin`, and nothing is reported for an activity after its end.
class EventSink {
 public:
  virtual ~EventSink() = default;

  virtual ActivityId begin(const ActivityInfo& info) noexcept = 0;
  virtual void progress(ActivityId id, const Progress& progress) noexcept = 0;

  // A message of ours about the activity: one or more lines, without a trailing newline.
  virtual void log(ActivityId id, LogLevel level, std::string_view text) noexcept = 0;

  // One line that the activity's program wrote, without its newline, any bytes.
  virtual void output(ActivityId id, std::string_view line) noexcept = 0;

  // `note` is one line: why it was skipped, how it failed. May be empty.
  virtual void end(ActivityId id, ActivityStatus outcome, std::string_view note) noexcept = 0;
};

// Passes everything on.
class ForwardingSink : public EventSink {
 public:
  ActivityId begin(const ActivityInfo& info) noexcept override { return target().begin(info); }
  void progress(ActivityId id, const Progress& progress) noexcept override {
    target().progress(id, progress);
  }
  void log(ActivityId id, LogLevel level, std::string_view text) noexcept override {
    target().log(id, level, text);
  }
  void output(ActivityId id, std::string_view line) noexcept override { target().output(id, line); }
  void end(ActivityId id, ActivityStatus outcome, std::string_view note) noexcept override {
    target().end(id, outcome, note);
  }

 protected:
  virtual EventSink& target() const noexcept = 0;
};

// Forgets everything. For tests and for commands that only print.
class NullSink : public EventSink {
 public:
  ActivityId begin(const ActivityInfo&) noexcept override { return kNoActivity; }
  void progress(ActivityId, const Progress&) noexcept override {}
  void log(ActivityId, LogLevel, std::string_view) noexcept override {}
  void output(ActivityId, std::string_view) noexcept override {}
  void end(ActivityId, ActivityStatus, std::string_view) noexcept override {}
};

}  // namespace ixian::base
