// Running another program and waiting for it.
//
// The front door of this room: programs are run with their output line by line (here), or asked for one
// answer (capture.h); both end when a Cancellation says so. What this process itself is, its namespaces and
// ids, is in namespaces.h and id_maps.h.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/error.h"

namespace ixian::process {

struct Command {
  std::vector<std::string> argv;           // argv[0] is looked up on PATH, as the command will see it
  std::map<std::string, std::string> env;  // set on top of this program's environment
  std::string directory;                   // "" is the current one

  // Set: standard input is empty, and each line of both outputs comes here (without its newline, any bytes,
  // from the calling thread). Not set: the command has our standard input and outputs, and the terminal with
  // its keys while it runs.
  std::function<void(std::string_view line)> on_line;
};

struct ExitStatus {
  int code = 0;    // what it returned; 128 + signal where a signal ended it, as shells count
  int signal = 0;  // 0: it ended by itself

  bool ok() const { return code == 0; }
};

// The command could not be started. `not_found` where there is no such program.
class LaunchError : public base::Error {
 public:
  LaunchError(std::string message, bool not_found_)
      : base::Error(base::ErrorCode::kTaskFailed, std::move(message)), not_found(not_found_) {}
  bool not_found;
};

// Runs the command in a process group of its own, and returns when it has ended. When stopping is requested
// the group gets SIGINT, this returns when the command obeys, and what then is left of the group gets
// SIGTERM; a command that had the terminal and was ended by Ctrl-C requests stopping for the whole program.
// Throws LaunchError; Cancelled if stopping was requested before the start.
ExitStatus run_command(const Command& command, base::Cancellation& cancellation);

// The file that `program` names: itself if it has a slash, else the first executable of that name in `path`
// (colon-separated). "" where there is none.
std::string find_program(const std::string& program, std::string_view path);

}  // namespace ixian::process
