// Complete lines, one after the other, for logs and pipes.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/event.h"
#include "ui/ci_groups.h"
#include "ui/output_tail.h"
#include "ui/style.h"
#include "ui/terminal.h"
#include "ui/verbosity.h"

namespace ixian::ui {

// Writes each event to a file descriptor, which it does not own, at once and with one write(), so
// that the lines of threads never mix. A call blocks for as long as that write does. Errors of
// writing are ignored. An activity without a detail has no start line; of its progress the
// end line tells the bytes.
class PlainView : public base::EventSink {
 public:
  struct Options {
    int fd = 2;
    Verbosity threshold = Verbosity::kInfo;
    Style style = Style::make(false, true);
    Clock clock = Clock::real();
    CiService ci = CiService::kNone;  // whose sections the stages are
  };

  explicit PlainView(Options options) : options_(std::move(options)), groups_(options_.ci, options_.clock) {}
  ~PlainView() override;

  base::ActivityId begin(const base::ActivityInfo& activity) noexcept override;
  void progress(base::ActivityId id, const base::Progress& progress) noexcept override;
  void log(base::ActivityId id, base::LogLevel level, std::string_view text) noexcept override;
  void output(base::ActivityId id, std::string_view line) noexcept override;
  void end(base::ActivityId id, base::ActivityStatus outcome, std::string_view note) noexcept override;

 private:
  struct Running {
    std::string name;
    bool quiet_on_success = false;
    double started = 0;
    std::uint64_t bytes = 0;  // that it has moved
    OutputTail tail;
  };

  // With mutex_ held.
  std::string name_of(base::ActivityId id) const;
  void write(std::string_view activity, const std::string& lines);

  const Options options_;
  std::atomic<base::ActivityId> last_id_{base::kNoActivity};
  std::mutex mutex_;  // guards what follows, and writing
  std::map<base::ActivityId, Running> running_;
  CiGroups groups_;
};

}  // namespace ixian::ui
