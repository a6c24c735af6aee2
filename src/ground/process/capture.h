// Asking another program: its standard input, its answer, a limit on both time and length.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/secret.h"
#include "process/subprocess.h"

namespace ixian::process {

struct CaptureOptions {
  std::vector<std::string> argv;           // argv[0] is looked up on PATH
  std::map<std::string, std::string> env;  // set on top of this program's environment
  base::Secret input;                      // its standard input
  std::size_t limit = 1 << 20;             // more output than this is an error
  std::chrono::milliseconds time_limit{60'000};
  std::chrono::milliseconds silence_limit{0};  // without a byte on either output; 0 is none
  std::uint64_t memory_limit = 0;              // RLIMIT_DATA of the program and of what it starts; 0 is ours

  std::vector<std::string> without_env{};  // variables of this program's environment that are left out

  // Called every 50 ms or so while the program runs, by the caller's thread. What it throws stops the
  // program.
  std::function<void()> watch{};
};

// The program was stopped at the time limit, or, where it is `silent`, at the silence limit. The context is
// its standard error.
class TimeoutError : public base::Error {
 public:
  TimeoutError(std::string message, std::string context, bool silent_)
      : base::Error(base::ErrorCode::kTaskFailed, std::move(message), std::move(context)), silent(silent_) {}
  bool silent;
};

struct CaptureResult {
  ExitStatus status;
  base::Secret output;  // its standard output: what was asked for is mostly a secret
  std::string error;    // its standard error, the last 64 KiB of it
};

// Runs the program in a session of its own (there is no terminal it could ask), with both outputs captured,
// and returns when it has ended and its outputs are closed; outputs that a daemon of it keeps open are waited
// for no longer than a second. What of it still runs at the time limit, or when stopping is requested, is
// killed. Throws LaunchError; TimeoutError; Error{kTaskFailed} for too long an output; Cancelled; what
// `watch` throws. Thread-safe.
CaptureResult capture_output(const CaptureOptions& question, base::Cancellation& cancellation);

}  // namespace ixian::process
