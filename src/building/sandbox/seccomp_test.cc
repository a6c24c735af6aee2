#include "sandbox/seccomp.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/error.h"

namespace ixian::sandbox {
namespace {

std::set<std::string> allowed_without_conditions(const base::Json& profile) {
  std::set<std::string> names;
  for (const auto& rule : profile["syscalls"]) {
    if (rule["action"] != "SCMP_ACT_ALLOW" || rule.contains("args")) continue;
    for (const auto& name : rule["names"]) names.insert(name);
  }
  return names;
}

TEST(Seccomp, DeniesWhatIsNotListed) {
  const base::Json profile = seccomp_profile("x86_64");
  EXPECT_EQ(profile["defaultAction"], "SCMP_ACT_ERRNO");
  const auto allowed = allowed_without_conditions(profile);
  for (const char* name :
       {"mount",           "umount2",           "unshare",        "setns",       "pivot_root",  "bpf",
        "keyctl",          "add_key",           "request_key",    "ptrace_",     "init_module", "kexec_load",
        "perf_event_open", "open_by_handle_at", "io_uring_setup", "userfaultfd", "reboot",      "swapon",
        "clock_settime",   "move_mount",        "open_tree",      "fsopen",      "socket",      "clone",
        "clone3",          "personality",       "syslog",         "quotactl",    "acct",        "iopl",
        "ioperm"}) {
    EXPECT_FALSE(allowed.contains(name)) << name;
  }
  for (const char* name :
       {"openat", "execve", "chroot", "wait4", "futex", "setuid", "mknod", "statx", "arch_prctl"}) {
    EXPECT_TRUE(allowed.contains(name)) << name;
  }
}

TEST(Seccomp, KnowsTheMachineAndItsSmallerSibling) {
  EXPECT_EQ(seccomp_profile("x86_64")["architectures"],
            base::Json({"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"}));
  EXPECT_EQ(seccomp_profile("aarch64")["architectures"], base::Json({"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"}));
  EXPECT_FALSE(allowed_without_conditions(seccomp_profile("aarch64")).contains("modify_ldt"));
}

TEST(Seccomp, AMachineWithoutAProfileIsAnError) {
  EXPECT_THROW(seccomp_profile("pdp11"), base::Error);
}

}  // namespace
}  // namespace ixian::sandbox
