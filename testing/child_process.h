// Work in another process, made by fork().
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace ixian::testing {

// Runs a body in a child, which ends with the body's result as its exit code. Fork before the test starts any
// thread.
class ChildProcess {
 public:
  template <typename Body>
  explicit ChildProcess(Body body) {
    if (::pipe(ready_) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ != 0) {
      ::close(ready_[1]);
      return;
    }
    int code = 99;
    try {
      code = body(*this);
    } catch (...) {
    }
    ::_exit(code);
  }
  ~ChildProcess() {
    if (pid_ > 0) {
      kill();
      wait();
    }
    ::close(ready_[0]);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // In the child: tells the parent how far it is.
  void say_ready() { [[maybe_unused]] auto written = ::write(ready_[1], "x", 1); }

  // In the parent: false where the child ended without being ready.
  bool wait_until_ready() {
    char byte = 0;
    ssize_t got = 0;
    while ((got = ::read(ready_[0], &byte, 1)) < 0 && errno == EINTR) {
    }
    return got == 1;
  }

  void kill() { ::kill(pid_, SIGKILL); }
  pid_t pid() const { return pid_; }

  // The exit code, or -1 where a signal ended it.
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  int ready_[2] = {-1, -1};
  pid_t pid_ = -1;
};

}  // namespace ixian::testing
