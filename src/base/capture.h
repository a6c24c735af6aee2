// Asking another program: its standard input, its answer, a limit on both time and length.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/secret.h"
#include "base/subprocess.h"

namespace ixian::base {

struct Question {
  std::vector<std::string> argv;           // argv[0] is looked up on PATH
  std::map<std::string, std::string> env;  // set on top of this program's environment
  Secret input;                            // its standard input
  std::size_t limit = 1 << 20;             // more output than this is an error
  std::chrono::milliseconds time_limit{60'000};
};

struct Answer {
  ExitStatus status;
  Secret output;      // its standard output: what was asked for is mostly a secret
  std::string error;  // its standard error, cut to 64 KiB
};

// Runs the program in a session of its own (there is no terminal it could ask), with both outputs captured,
// and returns when it has ended and its outputs are closed; outputs that a daemon of it keeps open are waited
// for no longer than a second. What of it still runs at the time limit, or when stopping is requested, is
// killed. Throws LaunchError; Error{kTaskFailed} for the limits; Cancelled. Thread-safe.
Answer ask_program(const Question& question, Cancellation& cancellation);

}  // namespace ixian::base
