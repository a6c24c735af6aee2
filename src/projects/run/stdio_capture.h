// Keeps what tasks write past us from the terminal.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <thread>

#include "base/event.h"
#include "files/fs.h"

namespace ixian::run {

// A task that does not own the terminal may start programs of its own, which write to our standard output and
// error as they are. While the guard is engaged these two lead into a pipe, and what comes out of it is told
// to the sink line by line: as output of the one task that runs, or of none where several do. The sink must
// not write to descriptors 1 and 2 itself. Thread-safe.
class StdioCapture {
 public:
  explicit StdioCapture(base::EventSink& sink) : sink_(sink) {}
  ~StdioCapture() { disengage(); }

  // Between these an activity runs that does not own the terminal; the first one engages the guard. When
  // end() returns, all that it has written has been told.
  void begin(base::ActivityId activity);
  void end(base::ActivityId activity);

  // Gives the terminal back. All that was written has been told when this returns, unless a program in the
  // background still holds the pipe.
  void disengage();

 private:
  void engage();
  void wake();
  void read_lines(int fd);
  base::ActivityId author();

  base::EventSink& sink_;
  // Guards all below but the descriptors, which change only while no reader runs.
  std::mutex mutex_;
  std::set<base::ActivityId> running_;
  files::UniqueFd saved_output_;
  files::UniqueFd saved_error_;
  files::UniqueFd wake_;  // an eventfd: there is something to be done besides reading
  std::thread reader_;
  bool stopping_ = false;
  std::uint64_t drains_wanted_ = 0;
  std::uint64_t drains_done_ = 0;
  std::condition_variable drained_;
};

}  // namespace ixian::run
