// The runtime only starts the container, in the background; the container's own first process then is a child
// of ours, and its end is seen here as it was. So both its outputs are our one pipe (runc, waiting for a
// container, would copy them through two), and a runtime that fails is not taken for a command that does.
//
// The kernel kills every process of a pid namespace when its first process ends, and that one when its parent
// does (PR_SET_PDEATHSIG). So a container, its runtime and the helper of its network need no cleaning up
// after, and no record of what would have to be cleaned up.
//
// This program has threads, so all that the first process does after being cloned is make system calls on
// what was laid out before; it is never another program.
//
// Who is whose parent, and which end takes whom along:
//
//   ix ──clone──▶ first process (pid 1 of a pid namespace)       ix dies: SIGKILL by PR_SET_PDEATHSIG
//                   ├─ helper: pasta, slirp4netns                 first process ends: the kernel kills all
//                   ├─ runtime: crun, runc (ends when started)    fails: reported as "not started"
//                   └─ command, adopted when the runtime ends     ends: first process reports and ends
//
// ix learns of the end by the closing of the output pipe, and of the reason by one Report in a second pipe;
// no report means that the first process itself was killed.
#include "sandbox/supervisor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"
#include "process/launch.h"
#include "process/lines.h"
#include "sandbox/init.h"

namespace ixian::sandbox {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  for (const auto& word : words) result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    // Read on to the end all the same: a helper that nobody reads from would hang.
    if (text.size() < 64 * 1024) text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

void read_lines(int fd, const std::function<void(std::string_view)>& on_line) {
  process::LineSplitter lines;
  std::array<char, 16 * 1024> buffer;
  while (true) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    lines.feed(std::string_view(buffer.data(), static_cast<std::size_t>(got)), on_line);
  }
  lines.finish(on_line);
}

[[noreturn]] void fail_launch(const InitReport& report, const InitSpec& what) {
  const std::string reason = base::errno_text(report.value);
  switch (report.kind) {
    case InitReport::Kind::kCgroup:
      throw process::LaunchError("RUN cannot join its cgroup: " + reason, false);
    case InitReport::Kind::kDevices:
      throw process::LaunchError("cannot mount the root directory of RUN without devices: " + reason, false);
    case InitReport::Kind::kProc:
      throw process::LaunchError("RUN cannot mount /proc: " + reason +
                                     "\nhint: in a container, unmask /proc (Docker: --security-opt "
                                     "systempaths=unconfined; Kubernetes: procMount: Unmasked)",
                                 false);
    default: {
      const auto& argv = report.kind == InitReport::Kind::kExecHelper ? what.helper.argv : what.argv;
      throw process::LaunchError(fmt::format("cannot run {}: {}", base::printable_path(argv[0]), reason),
                                 report.value == ENOENT);
    }
  }
}

}  // namespace

InitResult run_supervised(const InitSpec& what, const std::function<void(std::string_view)>& on_line,
                          base::Cancellation& cancellation) {
  process::Pipe output = process::make_pipe();
  process::Pipe helper_output = process::make_pipe();
  process::Pipe ready = process::make_pipe();
  process::Pipe alive = process::make_pipe();
  process::Pipe report_pipe = process::make_pipe();
  const files::UniqueFd null_fd(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ::fcntl(alive.read.get(), F_SETFL, O_NONBLOCK);

  const auto argv = pointers(what.argv);
  const auto go_on = pointers(what.go_on);
  const auto helper = pointers(what.helper.argv);
  const char* path = ::getenv("PATH");
  const std::vector<std::string> variables = {
      std::string("PATH=") + (path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin"), "HOME=/"};
  const auto env = pointers(variables);
  std::vector<int> keep = {output.write.get(), helper_output.write.get(), ready.read.get(), ready.write.get(),
                           alive.read.get(),   report_pipe.write.get(),   null_fd.get()};
  if (what.program >= 0) keep.push_back(what.program);
  keep.insert(keep.end(), what.joins.begin(), what.joins.end());
  std::sort(keep.begin(), keep.end());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(what.grace);
  const std::chrono::nanoseconds rest = what.grace - seconds;
  const ContainerInit plan{argv.data(),
                           what.program,
                           env.data(),
                           what.pid_file.c_str(),
                           what.go_on_pipe.c_str(),
                           what.go_on.empty() ? nullptr : go_on.data(),
                           what.helper.argv.empty() ? nullptr : helper.data(),
                           what.helper.tells_ready,
                           what.joins.data(),
                           what.joins.size(),
                           keep.data(),
                           keep.size(),
                           null_fd.get(),
                           output.write.get(),
                           helper_output.write.get(),
                           ready.read.get(),
                           ready.write.get(),
                           alive.read.get(),
                           report_pipe.write.get(),
                           {seconds.count(), rest.count()}};

  pid_t pid = -1;
  {
    base::Cancellation::Hold hold(cancellation);
    if (!hold.may_start()) throw base::Cancelled();
    // Signals stay blocked in the child, which waits for them; blocked before, so that none is lost in
    // between.
    process::BlockSignals guard;
    pid = static_cast<pid_t>(::syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0));
    if (pid == 0) be_first_process(plan);
    if (pid > 0) {
      // In both processes, since nobody knows which one is first.
      ::setpgid(pid, pid);
      hold.started(pid);
    }
  }
  if (pid < 0) {
    throw process::LaunchError("RUN cannot create a pid namespace: " + base::errno_text(errno), false);
  }
  output.write.reset();
  helper_output.write.reset();
  ready.write.reset();
  report_pipe.write.reset();

  // Until every process that holds the pipe has ended: then all output is here, that of background processes
  // too.
  read_lines(output.read.get(), on_line);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  cancellation.ended(pid);

  if (cancellation.requested()) throw base::Cancelled();
  InitResult result;
  InitReport report = {};
  if (::read(report_pipe.read.get(), &report, sizeof(report)) != sizeof(report)) {
    result.status = process::decode_status(status);  // the first process itself was killed
    return result;
  }
  switch (report.kind) {
    case InitReport::Kind::kEnded:
      result.status = process::decode_status(report.value);
      break;
    case InitReport::Kind::kNotStarted:
      result.kind = InitResult::Kind::kNotStarted;
      break;
    case InitReport::Kind::kHelper:
      result.kind = InitResult::Kind::kHelperFailed;
      result.helper_output = read_all(helper_output.read.get());
      break;
    default:
      fail_launch(report, what);
  }
  return result;
}

}  // namespace ixian::sandbox
