// A child tries, since most of it cannot be undone. This program has threads, so the child makes system calls
// and nothing else, and answers with its exit code.
#include "sandbox/ability.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "process/launch.h"
#include "process/namespaces.h"
#include "sandbox/network.h"
#include "sandbox/runtime.h"

namespace ixian::sandbox {
namespace {

enum Missing : int {
  kUts = 1,
  kIpc = 2,
  kNet = 4,
  kProc = 8,
  kSys = 16,
};

// In the first process of a new pid namespace, with mounts of its own.
[[noreturn]] void try_all() {
  int missing = 0;
  if (::unshare(CLONE_NEWUTS) != 0) missing |= kUts;
  if (::unshare(CLONE_NEWIPC) != 0) missing |= kIpc;
  const bool alone = ::unshare(CLONE_NEWNET) == 0;
  if (!alone) missing |= kNet;
  ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) missing |= kProc;
  // With the machine's own network its /sys is bound.
  if (alone && ::mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, nullptr) != 0)
    missing |= kSys;
  ::_exit(missing);
}

std::string with_advice(const std::string& sentence) {
  const std::string& advice = process::namespaces().missing;
  return advice.empty() ? sentence : sentence + " " + advice;
}

// "" where all is there; `alone`: without the machine's network.
std::string try_namespaces(bool alone) {
  if (::geteuid() != 0) return with_advice("RUN needs to be root, or a user namespace.");
  pid_t pid = -1;
  {
    const process::BlockSignals guard;
    pid = static_cast<pid_t>(::syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0));
    if (pid == 0) try_all();
  }
  if (pid < 0) {
    return with_advice(
        fmt::format("RUN needs namespaces for mounts and processes, which are not allowed here: {}.",
                    base::errno_text(errno)));
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  const int missing = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  std::vector<std::string> lines;
  if ((missing & kUts) != 0)
    lines.emplace_back("RUN needs a namespace for its host name, which is not allowed here.");
  if ((missing & kIpc) != 0)
    lines.emplace_back("RUN needs a namespace for shared memory, which is not allowed here.");
  if (alone && (missing & kNet) != 0) {
    lines.emplace_back(
        "RUN needs a network namespace, which is not allowed here; `--network=host` does without it.");
  }
  if ((missing & kProc) != 0) {
    lines.emplace_back(
        "RUN needs to mount /proc anew, which is not allowed here. In a container, /proc must not be masked "
        "(Docker: --security-opt systempaths=unconfined; Kubernetes: procMount: Unmasked).");
  }
  if (alone && (missing & kSys) != 0) {
    lines.emplace_back(
        "RUN needs to mount /sys anew, which is not allowed here; `--network=host` does without it. In a "
        "container "
        "that has a /sys of its own, `-v /sys:/sys` helps.");
  }
  return base::join(lines, " ");
}

}  // namespace

void require_run(Network network, const std::string& other_networks) {
  static std::mutex mutex;
  static std::array<std::optional<std::string>, 2> answers;
  const bool alone = network != Network::kHost;
  {
    const std::lock_guard lock(mutex);
    auto& answer = answers[alone ? 1 : 0];
    if (!answer) answer = try_namespaces(alone);
    if (!answer->empty()) throw base::Error(base::ErrorCode::kTaskFailed, *answer);
  }
  runtimes();
  require_network(network, other_networks);
}

}  // namespace ixian::sandbox
