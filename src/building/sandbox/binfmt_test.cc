#include "sandbox/binfmt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ixian::sandbox {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// As Debian's qemu-user-static registers it.
std::string arm_rule(const std::string& state, const std::string& flags) {
  return state + "\ninterpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P\nflags: " + flags +
         "\noffset 0\nmagic 7f454c460201010000000000000000000200b700\n"
         "mask ffffffffffffff00fffffffffffffffffeffffff\n";
}

TEST(WhyNotRunnable, NothingForWhatTheProcessorRuns) {
  EXPECT_THAT(why_not_runnable("amd64", "x86_64", {}), IsEmpty());
  EXPECT_THAT(why_not_runnable("386", "x86_64", {}), IsEmpty());
  EXPECT_THAT(why_not_runnable("arm", "aarch64", {}), IsEmpty());
}

TEST(WhyNotRunnable, SaysWhatToInstall) {
  const std::string reason = why_not_runnable("arm64", "x86_64", {});
  EXPECT_THAT(reason, HasSubstr("this machine is x86_64"));
  EXPECT_THAT(reason, HasSubstr("qemu-user-static"));
  EXPECT_THAT(reason, HasSubstr("qemu-aarch64-static"));
}

TEST(WhyNotRunnable, NothingWhereTheKernelHasAnEmulatorForIt) {
  EXPECT_THAT(why_not_runnable("arm64", "x86_64", {arm_rule("enabled", "POCF")}), IsEmpty());
  EXPECT_THAT(why_not_runnable("riscv64", "x86_64", {arm_rule("enabled", "POCF")}), HasSubstr("x86_64"));
  EXPECT_THAT(why_not_runnable("arm", "x86_64", {arm_rule("enabled", "POCF")}), HasSubstr("x86_64"));
}

TEST(WhyNotRunnable, ARuleThatIsOffOrNeedsAFileOfTheImageDoesNotCount) {
  EXPECT_THAT(why_not_runnable("arm64", "x86_64", {arm_rule("disabled", "POCF")}), HasSubstr("no emulator"));
  EXPECT_THAT(why_not_runnable("arm64", "x86_64", {arm_rule("enabled", "POC")}), HasSubstr("flag F"));
}

TEST(WhyNotRunnable, OfAnUnknownMachineTheKernelShallSayIt) {
  EXPECT_THAT(why_not_runnable("pdp11", "x86_64", {}), IsEmpty());
}

}  // namespace
}  // namespace ixian::sandbox
