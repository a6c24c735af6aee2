// The code of the first process of a RUN's pid namespace.
#pragma once

#include <time.h>

#include <cstddef>

namespace ixian::sandbox {

// What the first process has to tell, written into a pipe, once.
struct InitReport {
  enum class Kind : int { kProc, kCgroup, kHelper, kExecHelper, kExec, kDevices, kNotStarted, kEnded };
  Kind kind;
  int value;  // an errno, or of kEnded a status as wait(2) gives it
};

// All that it needs, laid out before it is cloned. Descriptors and pointers are the parent's.
struct ContainerInit {
  char* const* argv;
  int program_fd;  // what is executed as argv; -1: the file argv[0]
  char* const* env;
  const char* pid_file;
  const char* go_on_pipe;
  char* const* go_on;   // nullptr: the command runs already
  char* const* helper;  // nullptr: none
  bool helper_tells_ready;
  const int* joins;
  std::size_t join_count;
  const int* keep;  // descriptors that stay open, in rising order
  std::size_t keep_count;
  int null_fd;
  int output_fd;
  int helper_output_fd;
  int ready_read_fd;
  int ready_write_fd;
  int alive_fd;
  int report_fd;
  timespec grace;
};

// Call in a process just cloned with CLONE_NEWPID and CLONE_NEWNS, all signals blocked. Makes nothing but
// system calls. Starts the helper, then the runtime, then waits for the command, and reports its end.
[[noreturn]] void be_first_process(const ContainerInit& plan);

}  // namespace ixian::sandbox
