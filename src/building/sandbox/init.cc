// Pid 1 of a RUN's namespace is this program's own code after clone(2), not another program: nothing to find,
// to install or to load. The price: the parent had threads, of which one might hold
// any lock (malloc's, stdio's) for ever in the copy. So from here on there are only async-signal-safe calls
// on memory that was laid out before, and children are made by vfork(2) and replaced at once.
//
// It goes on in this order: die with the parent, close what is not its own, join the cgroups, mount /proc of
// the new namespace, start the helper and wait until the network is there, start the runtime, and then watch.
// As pid 1 it adopts the command when the runtime ends, and sees the true wait status.
#include "sandbox/init.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "process/launch.h"

namespace ixian::sandbox {
namespace {

// With 0, whatever happened: the report says what, and a missing report says that nobody was left to write
// it.
[[noreturn]] void end(const ContainerInit& plan, InitReport::Kind kind, int value) {
  const InitReport report{kind, value};
  [[maybe_unused]] const ssize_t ignored = ::write(plan.report_fd, &report, sizeof(report));
  ::_exit(0);
}

void close_between(unsigned first, unsigned last) {
  if (first > last || ::syscall(SYS_close_range, first, last, 0) == 0) return;
  for (unsigned fd = first; fd <= last && fd < 65536; ++fd)
    ::close(static_cast<int>(fd));  // Linux before 5.9
}

void close_all_but(const int* keep, std::size_t count) {
  unsigned first = STDERR_FILENO + 1;
  for (std::size_t i = 0; i < count; ++i) {
    const auto fd = static_cast<unsigned>(keep[i]);
    if (fd > first) close_between(first, fd - 1);
    first = std::max(first, fd + 1);
  }
  close_between(first, ~0u);
}

void close_at_exec(unsigned first) {
  if (::syscall(SYS_close_range, first, ~0u, CLOSE_RANGE_CLOEXEC) == 0) return;
  for (unsigned fd = first; fd < 65536; ++fd)
    ::fcntl(static_cast<int>(fd), F_SETFD, FD_CLOEXEC);  // before 5.11
}

// In a child of the first process, made by vfork(2): the memory is the parent's, which waits. fork(2) would
// copy the tables of all that the program has in memory.
[[noreturn]] void become(const ContainerInit& plan, char* const* argv, int program, int output, int extra,
                         InitReport::Kind failed) {
  // A session of its own: no terminal, so that no command can type into the user's.
  ::setsid();
  ::umask(022);
  // Out of the way of 0 to 3, which are about to be replaced.
  const int report_fd = ::fcntl(plan.report_fd, F_DUPFD_CLOEXEC, 10);
  if (program >= 0) program = ::fcntl(program, F_DUPFD_CLOEXEC, 10);
  if (extra >= 0) extra = ::fcntl(extra, F_DUPFD, 11);
  if (::dup2(plan.null_fd, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0) ::_exit(127);
  if (extra >= 0 && ::dup2(extra, 3) < 0) ::_exit(127);
  close_at_exec(extra >= 0 ? 4 : 3);
  process::reset_inherited();
  if (program >= 0) ::syscall(SYS_execveat, program, "", argv, plan.env, AT_EMPTY_PATH);
  ::execve(argv[0], argv, plan.env);
  const InitReport report{failed, errno};
  [[maybe_unused]] const ssize_t ignored = ::write(report_fd, &report, sizeof(report));
  ::_exit(127);
}

// The wait(2) status of a child that no signal and nothing else may keep us from.
int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

void start_helper(const ContainerInit& plan) {
  const pid_t pid = ::vfork();
  if (pid < 0) end(plan, InitReport::Kind::kHelper, errno);
  if (pid == 0) {
    become(plan, plan.helper, -1, plan.helper_output_fd, plan.helper_tells_ready ? plan.ready_write_fd : -1,
           InitReport::Kind::kExecHelper);
  }
  if (plan.helper_tells_ready) {
    ::close(plan.ready_write_fd);
    char byte = 0;
    ssize_t got = 0;
    while ((got = ::read(plan.ready_read_fd, &byte, 1)) < 0 && errno == EINTR) {
    }
    if (got != 1) end(plan, InitReport::Kind::kHelper, 0);
    return;
  }
  if (wait_for(pid) != 0) end(plan, InitReport::Kind::kHelper, 0);
}

timespec now() {
  timespec time;
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time;
}

timespec minus(timespec left, const timespec& right) {
  left.tv_sec -= right.tv_sec;
  left.tv_nsec -= right.tv_nsec;
  if (left.tv_nsec < 0) {
    left.tv_sec -= 1;
    left.tv_nsec += 1'000'000'000;
  }
  return left.tv_sec < 0 ? timespec{0, 0} : left;
}

// 0 where there is none.
pid_t read_pid(const char* file) {
  char text[16] = {};
  const int fd = ::open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || ::read(fd, text, sizeof(text) - 1) <= 0) return 0;
  ::close(fd);
  pid_t pid = 0;
  for (const char* digit = text; *digit >= '0' && *digit <= '9'; ++digit) pid = pid * 10 + (*digit - '0');
  return pid;
}

// In the container's mount namespace, while its first process waits for the word to go on.
void shut_devices(const ContainerInit& plan, pid_t container) {
  const pid_t pid = ::vfork();
  if (pid == 0) {
    const int process = static_cast<int>(::syscall(SYS_pidfd_open, container, 0));
    mount_attr flags = {};
    flags.attr_set = MOUNT_ATTR_NODEV;
    const bool done = process >= 0 && ::setns(process, CLONE_NEWNS) == 0 &&
                      ::mount_setattr(AT_FDCWD, "/", 0, &flags, sizeof(flags)) == 0;
    ::_exit(done ? 0 : errno);
  }
  if (pid < 0) end(plan, InitReport::Kind::kDevices, errno);
  const int status = wait_for(pid);
  if (status != 0) end(plan, InitReport::Kind::kDevices, WIFEXITED(status) ? WEXITSTATUS(status) : EINTR);
}

// Whether the container's first process was there to read it.
bool write_into_pipe(const char* path) {
  struct stat info;
  const int fd = ::open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return false;
  const bool done = ::fstat(fd, &info) == 0 && S_ISFIFO(info.st_mode) && ::write(fd, "", 1) == 1;
  ::close(fd);
  return done;
}

void let_go_on(const ContainerInit& plan, pid_t container) {
  shut_devices(plan, container);
  if (write_into_pipe(plan.go_on_pipe)) return;
  const pid_t runtime = ::vfork();
  if (runtime < 0) end(plan, InitReport::Kind::kExec, errno);
  if (runtime == 0) become(plan, plan.go_on, plan.program_fd, plan.output_fd, -1, InitReport::Kind::kExec);
  const int status = wait_for(runtime);
  if (status != 0) end(plan, InitReport::Kind::kNotStarted, status);
}

// Until the command has ended, whose parent we become when the runtime ends; also if it ended before that.
// All signals are blocked, and waited for here.
[[noreturn]] void watch(const ContainerInit& plan, pid_t runtime) {
  sigset_t signals;
  sigemptyset(&signals);
  for (int number : {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&signals, number);
  pid_t command = 0;
  bool stopping = false;
  bool told = false;
  timespec deadline = {};
  while (true) {
    // The command's end must be left to be waited for until it is known which process it is.
    int status = 0;
    for (pid_t ended = 0; (ended = ::waitpid(command == 0 ? runtime : -1, &status, WNOHANG)) > 0;) {
      if (command != 0 && ended == command) end(plan, InitReport::Kind::kEnded, status);
      if (command != 0 || ended != runtime) continue;
      if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) end(plan, InitReport::Kind::kNotStarted, status);
      // Written by the runtime before it ended.
      command = read_pid(plan.pid_file);
      if (command == 0) end(plan, InitReport::Kind::kNotStarted, 0);
      if (plan.go_on != nullptr) let_go_on(plan, command);
    }
    // A runtime that is about to start the container does so first: what has begun may end in its own way.
    if (stopping && !told && command != 0) {
      told = true;
      ::kill(-1, SIGTERM);
    }
    const timespec left = minus(deadline, now());
    // The end of pid 1 is the SIGKILL for all others.
    if (stopping && left.tv_sec == 0 && left.tv_nsec == 0) ::_exit(128 + SIGKILL);
    const int number = stopping ? ::sigtimedwait(&signals, nullptr, &left) : ::sigwaitinfo(&signals, nullptr);
    if (number < 0 || number == SIGCHLD || stopping) continue;
    stopping = true;
    deadline = now();
    deadline.tv_sec += plan.grace.tv_sec;
    deadline.tv_nsec += plan.grace.tv_nsec;
    if (deadline.tv_nsec >= 1'000'000'000) {
      deadline.tv_sec += 1;
      deadline.tv_nsec -= 1'000'000'000;
    }
  }
}

}  // namespace

void be_first_process(const ContainerInit& plan) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  close_all_but(plan.keep, plan.keep_count);
  // Our parent may have been killed before that call: then nobody holds the other end.
  char byte = 0;
  if (::read(plan.alive_fd, &byte, 1) == 0) ::_exit(127);
  for (std::size_t i = 0; i < plan.join_count; ++i) {
    if (::write(plan.joins[i], "0", 1) != 1) end(plan, InitReport::Kind::kCgroup, errno);
  }
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
    end(plan, InitReport::Kind::kProc, errno);
  if (plan.helper != nullptr) start_helper(plan);
  const pid_t runtime = ::vfork();
  if (runtime < 0) end(plan, InitReport::Kind::kExec, errno);
  if (runtime == 0) become(plan, plan.argv, plan.program_fd, plan.output_fd, -1, InitReport::Kind::kExec);
  watch(plan, runtime);
}

}  // namespace ixian::sandbox
