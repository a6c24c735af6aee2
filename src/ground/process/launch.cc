// What is the same for all programs that are started. Between fork() and exec() only system calls are made,
// since another thread may have held any lock at the fork; what they need is made before. All signals are
// blocked meanwhile, so that no handler of ours runs in the child.
#include "process/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "process/core_dumps.h"

extern char** environ;

namespace ixian::process {
namespace {

files::UniqueFd above_standard(int fd) {
  files::UniqueFd owned(fd);
  // Where standard descriptors were closed, a pipe would get their numbers, and dup2() would overwrite it.
  if (fd > STDERR_FILENO) return owned;
  files::UniqueFd moved(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!moved.valid()) throw LaunchError("cannot create a pipe: " + base::errno_text(errno), false);
  return moved;
}

}  // namespace

Pipe make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) {
    throw LaunchError("cannot create a pipe: " + base::errno_text(errno), false);
  }
  files::UniqueFd write(fds[1]);
  files::UniqueFd read = above_standard(fds[0]);
  return {std::move(read), above_standard(write.release())};
}

std::string program_of(const std::vector<std::string>& argv, std::string_view path) {
  if (argv.empty() || argv[0].empty()) throw LaunchError("no command to run: it is empty", false);
  std::string program = find_program(argv[0], path);
  if (program.empty()) {
    throw LaunchError(fmt::format("cannot run {}: not found on PATH\nhint: install it, or check PATH",
                                  base::printable_path(argv[0])),
                      true);
  }
  return program;
}

void fail_fork(int error) {
  throw LaunchError("cannot start a process: " + base::errno_text(error), false);
}

void fail_exec(const std::string& program, int error) {
  throw LaunchError(fmt::format("cannot run {}: {}", base::printable_path(program), base::errno_text(error)),
                    error == ENOENT);
}

ChildEnvironment::ChildEnvironment(const std::map<std::string, std::string>& changes,
                                   const std::vector<std::string>& without) {
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string name(text.substr(0, text.find('=')));
    const bool gone = std::find(without.begin(), without.end(), name) != without.end();
    if (!gone && !changes.contains(name)) entries_.emplace_back(text);
  }
  for (const auto& [name, value] : changes) entries_.push_back(name + "=" + value);
  for (auto& entry : entries_) pointers_.push_back(entry.data());
  pointers_.push_back(nullptr);
}

std::string_view ChildEnvironment::path() const {
  for (std::string_view entry : entries_) {
    if (entry.starts_with("PATH=")) return entry.substr(5);
  }
  return "/usr/local/bin:/usr/bin:/bin";
}

void reset_inherited() {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  for (int number : {SIGINT, SIGTERM, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGCHLD, SIGHUP}) {
    ::sigaction(number, &action, nullptr);
  }
  allow_core_dumps_again();
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

BlockSignals::BlockSignals() {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &old_);
}

BlockSignals::~BlockSignals() {
  ::pthread_sigmask(SIG_SETMASK, &old_, nullptr);
}

ExitStatus decode_status(int status) {
  if (WIFSIGNALED(status)) return {128 + WTERMSIG(status), WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

}  // namespace ixian::process
