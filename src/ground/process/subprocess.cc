// A command gets a process group of its own, so that stopping it reaches its children too. While it owns the
// terminal, its group is the terminal's foreground group, as a shell would have it: Ctrl-C and Ctrl-Z go to
// it and not to us, and a shell or a debugger works as if it had been started by hand.
//
// Everything that the child needs is laid out before fork(): between fork and exec it only makes system
// calls.
#include "process/subprocess.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "base/text.h"
#include "files/fs.h"
#include "process/launch.h"
#include "process/lines.h"

namespace ixian::process {
namespace {

// What the child does, with nothing but system calls.
struct Failure {
  int error;
  bool in_directory;  // it was the folder that could not be entered
};

struct ChildPlan {
  const char* program;
  char* const* argv;
  char* const* env;
  const char* directory;  // nullptr: stay
  int output_fd;          // -1: inherit
  int null_fd;
  int error_fd;
  bool take_terminal;
};

[[noreturn]] void run_child(const ChildPlan& plan) {
  ::setpgid(0, 0);
  if (plan.take_terminal) ::tcsetpgrp(STDIN_FILENO, ::getpid());
  bool ok = true;
  if (plan.output_fd >= 0) {
    ok = ::dup2(plan.null_fd, STDIN_FILENO) >= 0 && ::dup2(plan.output_fd, STDOUT_FILENO) >= 0 &&
         ::dup2(plan.output_fd, STDERR_FILENO) >= 0;
  }
  bool in_directory = false;
  if (ok && plan.directory != nullptr) {
    ok = ::chdir(plan.directory) == 0;
    in_directory = !ok;
  }
  if (ok) {
    reset_inherited();
    ::execve(plan.program, plan.argv, plan.env);
  }
  const Failure failure{errno, in_directory};
  [[maybe_unused]] ssize_t ignored = ::write(plan.error_fd, &failure, sizeof(failure));
  ::_exit(127);
}

// SIGTTOU would stop us when we take the terminal back from a group that is in the foreground.
class BlockSigttou {
 public:
  BlockSigttou() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTTOU);
    ::pthread_sigmask(SIG_BLOCK, &set, &old_);
  }
  ~BlockSigttou() { ::pthread_sigmask(SIG_SETMASK, &old_, nullptr); }

 private:
  sigset_t old_;
};

// False at the end of the stream.
bool read_some(int fd, LineSplitter& lines, const LineSplitter::OnLine& on_line) {
  std::array<char, 16 * 1024> buffer;
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) return false;
  lines.feed(std::string_view(buffer.data(), static_cast<std::size_t>(got)), on_line);
  return true;
}

// Reads until the command itself has ended, and then what it has left in the pipe. A child that it left in
// the background may keep the pipe open, and even full; that one is not waited for.
int wait_with_output(pid_t pid, files::UniqueFd output,
                     const std::function<void(std::string_view)>& on_line) {
  files::UniqueFd ended(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  LineSplitter lines;
  bool open = true;
  while (open) {
    pollfd fds[2] = {{output.get(), POLLIN, 0}, {ended.get(), POLLIN, 0}};
    if (::poll(fds, ended.valid() ? 2 : 1, -1) < 0) continue;
    if (fds[1].revents != 0) break;
    open = read_some(output.get(), lines, on_line);
  }
  int left = 0;
  if (open && ::ioctl(output.get(), FIONREAD, &left) == 0) {
    for (int rounds = left / 4096 + 1; left > 0 && rounds > 0; --rounds) {
      int now = 0;
      if (::ioctl(output.get(), FIONREAD, &now) != 0 || now == 0) break;
      if (!read_some(output.get(), lines, on_line)) break;
    }
  }
  lines.finish(on_line);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

// Waits for a command that owns the terminal. When it is stopped (Ctrl-Z), we stop too, and continue it when
// we are continued.
int wait_in_foreground(pid_t pid, bool terminal) {
  int status = 0;
  while (true) {
    if (::waitpid(pid, &status, terminal ? WUNTRACED : 0) < 0) {
      if (errno == EINTR) continue;
      break;
    }
    if (!WIFSTOPPED(status)) break;
    BlockSigttou guard;
    ::tcsetpgrp(STDIN_FILENO, ::getpgrp());
    ::kill(::getpid(), SIGSTOP);
    ::tcsetpgrp(STDIN_FILENO, pid);
    ::kill(-pid, SIGCONT);
  }
  if (terminal) {
    BlockSigttou guard;
    ::tcsetpgrp(STDIN_FILENO, ::getpgrp());
  }
  return status;
}

[[noreturn]] void fail_launch(const Command& command, const Failure& failure) {
  if (failure.in_directory) {
    throw LaunchError(fmt::format("cannot run {} in {}: {}", base::printable_path(command.argv[0]),
                                  base::printable_path(command.directory), base::errno_text(failure.error)),
                      false);
  }
  fail_exec(command.argv[0], failure.error);
}

// Relative folders on PATH are looked up where the command will be.
std::string path_from(std::string_view path, const std::string& directory) {
  if (directory.empty()) return std::string(path);
  const std::string base = files::absolute_path(directory, files::current_directory());
  std::vector<std::string> folders;
  for (std::string_view folder : base::split(path, ':'))
    folders.push_back(files::absolute_path(folder.empty() ? "." : folder, base));
  return base::join(folders, ":");
}

}  // namespace

std::string find_program(const std::string& program, std::string_view path) {
  if (program.find('/') != std::string::npos) return program;
  for (std::string_view folder : base::split(path, ':')) {
    std::string candidate = fmt::format("{}/{}", folder.empty() ? "." : folder, program);
    struct stat info;
    if (::stat(candidate.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
        ::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return "";
}

ExitStatus run_command(const Command& command, base::Cancellation& cancellation) {
  const ChildEnvironment environment(command.env);
  const std::string program = program_of(command.argv, path_from(environment.path(), command.directory));
  std::vector<std::string> words = command.argv;
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  const bool captured = static_cast<bool>(command.on_line);
  const bool terminal = !captured && ::isatty(STDIN_FILENO) == 1 && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
  Pipe failure = make_pipe();
  Pipe output;
  files::UniqueFd null_fd;
  if (captured) {
    output = make_pipe();
    null_fd = files::UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  const ChildPlan plan{program.c_str(),     argv.data(),
                       environment.data(),  command.directory.empty() ? nullptr : command.directory.c_str(),
                       output.write.get(),  null_fd.get(),
                       failure.write.get(), terminal};

  pid_t pid = -1;
  {
    base::Cancellation::Hold hold(cancellation);
    if (!hold.may_start()) throw base::Cancelled();
    BlockSignals guard;
    pid = ::fork();
    if (pid == 0) run_child(plan);
    if (pid > 0) {
      ::setpgid(pid, pid);
      if (terminal) ::tcsetpgrp(STDIN_FILENO, pid);
      hold.started(pid);
    }
  }
  if (pid < 0) fail_fork(errno);
  failure.write.reset();
  output.write.reset();

  Failure launch = {};
  ssize_t got = 0;
  while ((got = ::read(failure.read.get(), &launch, sizeof(launch))) < 0 && errno == EINTR) {
  }
  const int status = captured ? wait_with_output(pid, std::move(output.read), command.on_line)
                              : wait_in_foreground(pid, terminal);
  // What the command left in the background has ignored SIGINT, as shells make it do.
  if (cancellation.requested()) ::kill(-pid, SIGTERM);
  cancellation.ended(pid);
  if (got == sizeof(launch)) fail_launch(command, launch);
  const ExitStatus exit = decode_status(status);
  if (terminal && exit.signal == SIGINT) cancellation.request();
  return exit;
}

}  // namespace ixian::process
