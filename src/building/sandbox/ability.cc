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

std::string with_reason(const std::string& message) {
  const std::string& missing = process::namespaces().missing;
  return missing.empty() ? message : message + ": " + missing;
}

// "" where all is there; `alone`: without the machine's network.
std::string try_namespaces(bool alone) {
  if (::geteuid() != 0) return with_reason("RUN needs root or a user namespace");
  pid_t pid = -1;
  {
    const process::BlockSignals guard;
    pid = static_cast<pid_t>(::syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0));
    if (pid == 0) try_all();
  }
  if (pid < 0) {
    return with_reason(
        fmt::format("RUN cannot create namespaces for mounts and processes ({})", base::errno_text(errno)));
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  const int missing = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  std::vector<std::string> refused;
  std::vector<std::string> hints;
  if ((missing & kUts) != 0) refused.emplace_back("create a UTS namespace");
  if ((missing & kIpc) != 0) refused.emplace_back("create an IPC namespace");
  if (alone && (missing & kNet) != 0) refused.emplace_back("create a network namespace");
  if ((missing & kProc) != 0) {
    refused.emplace_back("mount /proc");
    hints.emplace_back(
        "in a container, unmask /proc (Docker: --security-opt systempaths=unconfined; Kubernetes: procMount: "
        "Unmasked)");
  }
  if (alone && (missing & kSys) != 0) {
    refused.emplace_back("mount /sys");
    hints.emplace_back("in a container with its own /sys, use `-v /sys:/sys`");
  }
  if (alone && (missing & (kNet | kSys)) != 0) hints.emplace_back("use `--network=host`");
  if (refused.empty()) return "";
  return "RUN is not allowed to " + base::join(refused, ", ") +
         (hints.empty() ? "" : "\nhint: " + base::join(hints, "; or "));
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
