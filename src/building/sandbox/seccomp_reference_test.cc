// Our seccomp program beside the one that libseccomp makes of the same profile: the same verdict on every
// call of every interface.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <string>

#include "sandbox/seccomp.h"
#include "sandbox/seccomp_program.h"
#include "testing/bpf.h"

namespace ixian::sandbox {
namespace {

constexpr std::uint32_t kX32Bit = 0x40000000;

struct Interface {
  const char* profile_name;
  std::uint32_t libseccomp;
  std::uint32_t audit;
  std::uint32_t first_number;  // x32 shares its architecture with x86_64, and adds this to its numbers

  // libseccomp looks at the lower half of an argument only; of x32 ours looks at both.
  bool is_narrow() const {
    return audit == AUDIT_ARCH_I386 || audit == AUDIT_ARCH_ARM || first_number == kX32Bit;
  }
};

constexpr Interface kX86Interfaces[] = {{"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, 0},
                                        {"SCMP_ARCH_X86", SCMP_ARCH_X86, AUDIT_ARCH_I386, 0},
                                        {"SCMP_ARCH_X32", SCMP_ARCH_X32, AUDIT_ARCH_X86_64, kX32Bit}};
constexpr Interface kArmInterfaces[] = {{"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, 0},
                                        {"SCMP_ARCH_ARM", SCMP_ARCH_ARM, AUDIT_ARCH_ARM, 0}};

scmp_compare comparison(const std::string& name) {
  static const std::map<std::string, scmp_compare> known = {
      {"SCMP_CMP_EQ", SCMP_CMP_EQ}, {"SCMP_CMP_LT", SCMP_CMP_LT}, {"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ}};
  return known.at(name);
}

// The profile as a runtime hands it to libseccomp.
template <std::size_t count>
std::vector<sock_filter> program_of_libseccomp(const base::Json& profile,
                                               const Interface (&interfaces)[count]) {
  const auto denied = profile.at("defaultErrnoRet").get<std::uint16_t>();
  const scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ERRNO(denied));
  EXPECT_EQ(::seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), 0);
  ::seccomp_arch_remove(filter, SCMP_ARCH_NATIVE);
  for (const Interface& each : interfaces)
    EXPECT_EQ(::seccomp_arch_add(filter, each.libseccomp), 0) << each.profile_name;
  for (const base::Json& rule : profile.at("syscalls")) {
    const bool allows = rule.at("action") == "SCMP_ACT_ALLOW";
    const std::uint32_t action =
        allows ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(rule.at("errnoRet").get<std::uint16_t>());
    for (const base::Json& each : rule.at("names")) {
      const int number = ::seccomp_syscall_resolve_name(each.get_ref<const std::string&>().c_str());
      if (number == __NR_SCMP_ERROR) continue;  // newer than this libseccomp
      if (!rule.contains("args")) {
        EXPECT_EQ(::seccomp_rule_add_array(filter, action, number, 0, nullptr), 0) << each;
        continue;
      }
      for (const base::Json& test : rule.at("args")) {
        const scmp_arg_cmp compared = {
            test.at("index").get<unsigned>(), comparison(test.at("op").get<std::string>()),
            test.at("value").get<scmp_datum_t>(), test.value("valueTwo", scmp_datum_t{0})};
        EXPECT_EQ(::seccomp_rule_add_array(filter, action, number, 1, &compared), 0) << each;
      }
    }
  }
  const int file = ::memfd_create("program", MFD_CLOEXEC);
  EXPECT_EQ(::seccomp_export_bpf(filter, file), 0);
  ::seccomp_release(filter);
  std::vector<sock_filter> program(static_cast<std::size_t>(::lseek(file, 0, SEEK_END)) /
                                   sizeof(sock_filter));
  const std::size_t size = program.size() * sizeof(sock_filter);
  EXPECT_EQ(::pread(file, program.data(), size, 0), static_cast<ssize_t>(size));
  ::close(file);
  return program;
}

std::uint32_t verdict(const std::vector<sock_filter>& program, const Interface& interface,
                      std::uint32_t number, std::uint64_t argument) {
  seccomp_data call = {};
  call.arch = interface.audit;
  call.nr = static_cast<int>(number);
  call.args[0] = argument;
  return testing::seccomp_verdict(program, call);
}

constexpr std::uint32_t kNotThere = SECCOMP_RET_ERRNO | ENOSYS;
constexpr std::uint32_t kDenied = SECCOMP_RET_ERRNO | EPERM;

// How many calls libseccomp allows, so that a comparison of nothing with nothing is seen.
template <std::size_t count>
std::size_t compare(const char* machine, const Interface (&interfaces)[count]) {
  const base::Json profile = seccomp_profile(machine);
  const std::vector<sock_filter> ours = seccomp_program(profile);
  const std::vector<sock_filter> reference = program_of_libseccomp(profile, interfaces);
  std::size_t allowed = 0;
  for (const Interface& interface : interfaces) {
    for (std::uint32_t number = 0; number < 700; ++number) {
      // Calls that this libseccomp has no name for are denied by it, whatever our newer table says.
      char* name = ::seccomp_syscall_resolve_num_arch(interface.libseccomp,
                                                      static_cast<int>(interface.first_number + number));
      const bool known = name != nullptr;
      ::free(name);
      for (const std::uint64_t argument :
           {0ull,          1ull,          2ull,          8ull,           10ull,           16ull,
            37ull,         38ull,         39ull,         40ull,          41ull,           45ull,
            46ull,         0x3d0f00ull,   0x20000ull,    0x20008ull,     0x40000ull,      0x10000000ull,
            0x7e020000ull, 0x80000000ull, 0xffffffffull, 0x100000001ull, 0x10000000000ull}) {
        if (interface.is_narrow() && argument > 0xffffffff) continue;
        const std::uint32_t here = verdict(ours, interface, interface.first_number + number, argument);
        const std::uint32_t there = verdict(reference, interface, interface.first_number + number, argument);
        if (!known && there == kDenied) continue;
        EXPECT_EQ(here, there) << interface.profile_name << ' ' << number << ' ' << argument;
        allowed += there == SECCOMP_RET_ALLOW;
        if (here != there) return 0;
      }
      EXPECT_TRUE(known ||
                  verdict(ours, interface, interface.first_number + number, 0) != SECCOMP_RET_KILL_PROCESS);
    }
    EXPECT_EQ(verdict(ours, interface, interface.first_number + 100'000, 0), kNotThere)
        << interface.profile_name;
  }
  return allowed;
}

TEST(SeccompReference, LibseccompJudgesEveryCallOfX86Alike) {
  EXPECT_GT(compare("x86_64", kX86Interfaces), 20'000u);
}

TEST(SeccompReference, LibseccompJudgesEveryCallOfArmAlike) {
  EXPECT_GT(compare("aarch64", kArmInterfaces), 10'000u);
}

}  // namespace
}  // namespace ixian::sandbox
