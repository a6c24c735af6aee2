#include "sandbox/seccomp_program.h"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/utsname.h>

#include <cerrno>
#include <stdexcept>

#include "sandbox/seccomp.h"
#include "testing/bpf.h"

namespace ixian::sandbox {
namespace {

constexpr std::uint32_t kAllowed = SECCOMP_RET_ALLOW;
constexpr std::uint32_t kDenied = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t kUnknown = SECCOMP_RET_ERRNO | ENOSYS;

class Calls {
 public:
  explicit Calls(const char* machine) : program_(seccomp_program(seccomp_profile(machine))) {}
  std::uint32_t operator()(std::uint32_t architecture, std::uint32_t number,
                           std::uint64_t argument = 0) const {
    seccomp_data call = {};
    call.arch = architecture;
    call.nr = static_cast<int>(number);
    call.args[0] = argument;
    return testing::seccomp_verdict(program_, call);
  }

 private:
  const std::vector<sock_filter> program_;
};

TEST(SeccompProgram, AllowsWhatTheProfileNamesAndNothingElse) {
  const Calls calls("x86_64");
  const auto call = [&](std::uint32_t number) { return calls(AUDIT_ARCH_X86_64, number); };
  EXPECT_EQ(call(0), kAllowed);    // read
  EXPECT_EQ(call(59), kAllowed);   // execve
  EXPECT_EQ(call(158), kAllowed);  // arch_prctl
  EXPECT_EQ(call(452), kAllowed);  // fchmodat2
  EXPECT_EQ(call(101), kAllowed);  // ptrace
  for (std::uint32_t number :
       {165u, 166u, 175u, 246u, 248u, 272u, 298u, 304u, 308u, 321u, 425u, 428u, 430u}) {
    EXPECT_EQ(call(number), kDenied) << number;  // mount, umount2, init_module … io_uring_setup, open_tree
  }
}

TEST(SeccompProgram, CallsThatAreNewerThanItselfAreNotThere) {
  const Calls calls("x86_64");
  EXPECT_EQ(calls(AUDIT_ARCH_X86_64, 1000), kUnknown);
  EXPECT_EQ(calls(AUDIT_ARCH_X86_64, 0xffffffff), kUnknown);
  EXPECT_EQ(calls(AUDIT_ARCH_I386, 1000), kUnknown);
  EXPECT_EQ(calls(AUDIT_ARCH_X86_64, 435), kUnknown);  // clone3, whose flags no filter can read
}

TEST(SeccompProgram, ComparesArguments) {
  const Calls calls("x86_64");
  const auto socket = [&](std::uint64_t family) { return calls(AUDIT_ARCH_X86_64, 41, family); };
  EXPECT_EQ(socket(1), kAllowed);
  EXPECT_EQ(socket(10), kAllowed);
  EXPECT_EQ(socket(16), kAllowed);
  EXPECT_EQ(socket(45), kAllowed);
  EXPECT_EQ(socket(12), kDenied);
  EXPECT_EQ(socket(38), kDenied);
  EXPECT_EQ(socket(40), kDenied);
  EXPECT_EQ(socket(46), kDenied);
  EXPECT_EQ(socket(0x100000001), kDenied);
  const auto personality = [&](std::uint64_t value) { return calls(AUDIT_ARCH_X86_64, 135, value); };
  EXPECT_EQ(personality(0xffffffff), kAllowed);
  EXPECT_EQ(personality(0x20008), kAllowed);
  EXPECT_EQ(personality(0x40000), kDenied);
  const auto clone = [&](std::uint64_t flags) { return calls(AUDIT_ARCH_X86_64, 56, flags); };
  EXPECT_EQ(clone(0x3d0f00), kAllowed);
  EXPECT_EQ(clone(0x10000000), kDenied);
  EXPECT_EQ(clone(0x10000011), kDenied);
}

TEST(SeccompProgram, HasEachOfAMachinesInterfaces) {
  const Calls calls("x86_64");
  EXPECT_EQ(calls(AUDIT_ARCH_I386, 102), kAllowed);           // socketcall
  EXPECT_EQ(calls(AUDIT_ARCH_I386, 21), kDenied);             // mount
  EXPECT_EQ(calls(AUDIT_ARCH_X86_64, 0x40000000), kAllowed);  // read of x32
  EXPECT_EQ(calls(AUDIT_ARCH_X86_64, 0x40000200), kAllowed);  // its rt_sigaction
  EXPECT_EQ(calls(AUDIT_ARCH_X86_64, 0x400000a5), kDenied);   // its mount
  EXPECT_EQ(calls(AUDIT_ARCH_AARCH64, 63), SECCOMP_RET_KILL_PROCESS);
  const Calls arm("aarch64");
  EXPECT_EQ(arm(AUDIT_ARCH_AARCH64, 63), kAllowed);  // read
  EXPECT_EQ(arm(AUDIT_ARCH_AARCH64, 40), kDenied);   // mount
  EXPECT_EQ(arm(AUDIT_ARCH_AARCH64, 1000), kUnknown);
  EXPECT_EQ(arm(AUDIT_ARCH_ARM, 0xf0002), kAllowed);  // cacheflush
  EXPECT_EQ(arm(AUDIT_ARCH_ARM, 1000), kUnknown);
}

TEST(SeccompProgram, RefusesAProfileThatItWouldNotCarryOut) {
  base::Json profile = seccomp_profile("x86_64");
  profile["syscalls"].push_back(
      {{"names", {"read"}},
       {"action", "SCMP_ACT_ALLOW"},
       {"args", {{{"index", 0}, {"value", 1}, {"valueTwo", 0}, {"op", "SCMP_CMP_GT"}}}}});
  EXPECT_THROW(seccomp_program(profile), std::logic_error);
}

}  // namespace
}  // namespace ixian::sandbox
