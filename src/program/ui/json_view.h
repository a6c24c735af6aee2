// Events as JSON, one object a line, for programs.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/event.h"
#include "base/json.h"
#include "ui/result_listener.h"
#include "ui/terminal.h"
#include "ui/verbosity.h"

namespace ixian::ui {

// Writes to a file descriptor that it does not own, one write() an event:
//
//   {"event":"begin","id":1,"name":"build","detail":"main.c changed","time":1700000000.123}
//   {"event":"progress","id":1,"done":5,"total":10,"unit":"B","time":...}   total: null, unknown
//   {"event":"log","id":0,"level":"warning","text":"...","time":...}        id 0: ix itself
//   {"event":"output","id":1,"line":"...","time":...}
//   {"event":"end","id":1,"outcome":"failed","note":"exit code 1","seconds":1.234,"time":...}
//   {"event":"result","id":0,"result":{...},"time":...}   what a build came to, as its --json has it
//   {"event":"exit","id":0,"code":1,"time":...}           the last of all
//
// `level` is debug, info, warning or error; `outcome` done, skipped, failed or cancelled; `time`
// seconds since 1970. Keys come in any order. Bytes that are not UTF-8 become U+FFFD. The threshold
// holds for logs only. Of the progress of an activity at most kProgressPerSecond are written, and
// always the one that says that all is done.
class JsonView : public base::EventSink, public ResultListener {
 public:
  static constexpr double kProgressPerSecond = 4;

  struct Options {
    int fd = 1;
    Verbosity threshold = Verbosity::kInfo;
    Clock clock = Clock::real();
  };

  explicit JsonView(Options options) : options_(std::move(options)) {}

  base::ActivityId begin(const base::ActivityInfo& activity) noexcept override;
  void progress(base::ActivityId id, const base::Progress& progress) noexcept override;
  void log(base::ActivityId id, base::LogLevel level, std::string_view text) noexcept override;
  void output(base::ActivityId id, std::string_view line) noexcept override;
  void end(base::ActivityId id, base::ActivityStatus outcome, std::string_view note) noexcept override;
  void result(const base::Json& document) noexcept override;
  void exit(int code) noexcept override;

 private:
  struct Running {
    double started = 0;
    double next_progress = 0;
  };

  // With mutex_ held.
  void write(std::string_view event, base::ActivityId id, base::Json object);

  const Options options_;
  std::atomic<base::ActivityId> last_id_{base::kNoActivity};
  std::mutex mutex_;  // guards what follows, and writing
  std::map<base::ActivityId, Running> running_;
};

}  // namespace ixian::ui
