// The limit of 1 byte is a value of its own to Linux: a limit of 0 only keeps the kernel from writing a file,
// whereas a process limited to 1 is not piped to a crash handler either (core(5), fs/coredump.c).
// PR_SET_DUMPABLE would do as well, but it takes /proc/self away from users who are not root, user namespaces
// with it.
#include "process/core_dumps.h"

#include <sys/resource.h>

#include <atomic>
#include <mutex>

namespace ixian::process {
namespace {

std::atomic<bool> forbidden{false};
static_assert(std::atomic<bool>::is_always_lock_free);
rlimit original = {};

}  // namespace

void forbid_core_dumps() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (::getrlimit(RLIMIT_CORE, &original) != 0) return;
    rlimit limit = {1, original.rlim_max};
    if (limit.rlim_max < 1) limit.rlim_max = 1;  // which root may; others stay with 0, which keeps files away
    if (::setrlimit(RLIMIT_CORE, &limit) == 0) forbidden = true;
  });
}

void allow_core_dumps_again() noexcept {
  if (forbidden) ::setrlimit(RLIMIT_CORE, &original);
}

}  // namespace ixian::process
