// The first process of the namespace in which a runtime and all its children live.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "process/subprocess.h"
#include "sandbox/network.h"

namespace ixian::sandbox {

struct InitSpec {
  std::vector<std::string> argv;  // starts the command in the background and ends; argv[0] is a file
  int program = -1;               // a descriptor of that file, or of what is to run in its place; -1: none
  std::string pid_file;           // where it has written the command's process id by then
  // Where the runtime halts the container before its command: what lets it go on. Its root directory has been
  // mounted such by then that device files in it lead nowhere. The pipe is tried first: where somebody reads
  // from it, a byte does. Empty: `argv` does all.
  std::string go_on_pipe;
  std::vector<std::string> go_on;
  NetworkHelper helper;    // started first
  std::vector<int> joins;  // each is written "0" by the first process
  std::chrono::milliseconds grace{2'000};
};

struct InitResult {
  enum class Kind {
    kEnded,         // the command, with `status`
    kNotStarted,    // `argv` failed
    kHelperFailed,  // which said `helper_output`; `argv` was not run
  };
  Kind kind = Kind::kEnded;
  process::ExitStatus status;
  std::string helper_output;
};

// Runs `argv` as a child of the first process of a new pid namespace, with a mount namespace of its own and
// an environment of nothing but PATH and HOME, in which descriptors 0 (empty), 1 and 2 are all there are;
// then waits for the command. When that ends, or this process does, by whatever cause, the kernel ends all
// that has been started in there. A request to stop sends SIGTERM to all, and ends them after `grace`.
// Returns when nothing of it is left. Lines of both outputs go to `on_line`. Call from the thread whose mount
// namespace it is to begin with. Throws LaunchError, and Cancelled where stopping was requested.
InitResult run_supervised(const InitSpec& what, const std::function<void(std::string_view)>& on_line,
                          base::Cancellation& cancellation);

}  // namespace ixian::sandbox
