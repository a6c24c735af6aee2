// The promises of the sandbox, seen from inside, with each runtime.
#include "sandbox/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <filesystem>

#include "testing/sandbox_fixture.h"

namespace ixian::sandbox {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Lines = std::vector<std::string>;

class RunTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    IXIAN_SKIP_WITHOUT_SANDBOX();
    if (!testing::on_path(GetParam())) GTEST_SKIP() << GetParam() << " is not installed";
    const std::string program = std::string("/usr/sbin/") + GetParam();
    runtime_ =
        std::make_unique<testing::WithVariable>("IXIAN_RUNTIME", fs::exists(program) ? program : GetParam());
  }

  std::unique_ptr<testing::WithVariable> runtime_;
  testing::RunInBusybox box_;
};

INSTANTIATE_TEST_SUITE_P(Runtimes, RunTest, ::testing::Values("crun", "runc"),
                         [](const auto& param_info) { return param_info.param; });

TEST_P(RunTest, ElevenCapabilitiesAndNoneThatIsInherited) {
  ASSERT_EQ(box_.sh("grep Cap /proc/self/status | tr '\\t' ' '"), 0);
  EXPECT_EQ(box_.lines,
            (Lines{"CapInh: 0000000000000000", "CapPrm: 00000000800405fb", "CapEff: 00000000800405fb",
                   "CapBnd: 00000000800405fb", "CapAmb: 0000000000000000"}));
}

TEST_P(RunTest, AnOrdinaryUserInsideHasNoCapabilities) {
  IXIAN_SKIP_WITH_ONE_ID();
  box_.spec.user = {1000, 1001, {29, 50}};
  ASSERT_EQ(box_.sh("grep -E 'CapPrm|CapEff' /proc/self/status | tr '\\t' ' '; id -u; id -g; id -G"), 0);
  EXPECT_EQ(box_.lines,
            (Lines{"CapPrm: 0000000000000000", "CapEff: 0000000000000000", "1000", "1001", "1001 29 50"}));
}

TEST_P(RunTest, SystemCallsAreFilteredAndNoPrivilegesAreGained) {
  ASSERT_EQ(box_.sh("grep -E 'Seccomp:|NoNewPrivs' /proc/self/status | tr '\\t' ' '"), 0);
  EXPECT_EQ(box_.lines, (Lines{"NoNewPrivs: 1", "Seccomp: 2"}));
  EXPECT_NE(box_.sh("unshare -U true"), 0);
  EXPECT_THAT(box_.output(), HasSubstr("not permitted"));
  EXPECT_NE(box_.sh("mkdir -p /m && mount -t tmpfs none /m"), 0);
  EXPECT_NE(box_.sh("umount /proc"), 0);
}

TEST_P(RunTest, NewPrivilegesCanBeAllowed) {
  box_.spec.no_new_privileges = false;
  ASSERT_EQ(box_.sh("grep -E 'Seccomp:|NoNewPrivs' /proc/self/status | tr '\\t' ' '"), 0);
  EXPECT_EQ(box_.lines, (Lines{"NoNewPrivs: 0", "Seccomp: 2"}));
}

TEST_P(RunTest, AnInsecureOneMayMountAndIsNotFiltered) {
  box_.spec.insecure = true;
  ASSERT_EQ(
      box_.sh("grep -E 'Seccomp:|NoNewPrivs' /proc/self/status | tr '\\t' ' '; mkdir /m && mount -t tmpfs "
              "none /m && echo x >/m/x && cat /m/x; grep -c ' /sys sysfs rw' /proc/mounts"),
      0)
      << box_.output();
  EXPECT_EQ(box_.lines, (Lines{"NoNewPrivs: 0", "Seccomp: 0", "x", "1"}));
}

TEST_P(RunTest, WhatSpeaksOfTheMachineIsMasked) {
  ASSERT_EQ(
      box_.sh("for f in interrupts kcore keys latency_stats sched_debug timer_list timer_stats; do "
              "cat /proc/$f 2>/dev/null; done | wc -c; for d in /proc/acpi /proc/asound /proc/scsi "
              "/sys/firmware /sys/fs/selinux /sys/devices/virtual/powercap; do ls -A $d 2>/dev/null; done | "
              "wc -l"),
      0);
  EXPECT_EQ(box_.lines, (Lines{"0", "0"}));
}

TEST_P(RunTest, WhatChangesTheMachineIsReadOnly) {
  EXPECT_NE(box_.sh("echo x > /proc/sys/kernel/domainname"), 0);
  EXPECT_NE(box_.sh("echo h > /proc/sysrq-trigger"), 0);
  ASSERT_EQ(box_.sh("grep -E ' /(sys|proc/(bus|fs|irq|sys|sysrq-trigger)) ' /proc/self/mounts | grep -vE "
                    "'^[^ ]+ [^ ]+ [^ ]+ ro[, ]' | wc -l"),
            0);
  EXPECT_EQ(box_.lines, (Lines{"0"}));
}

TEST_P(RunTest, ItsProcessesAreAlone) {
  ASSERT_EQ(box_.sh("echo $$; ls -d /proc/[0-9]* | wc -l"), 0);
  EXPECT_EQ(box_.lines[0], "1");
  EXPECT_LE(std::stoi(box_.lines[1]), 4);
  const auto own = [](const char* name) {
    return fs::read_symlink(std::string("/proc/self/ns/") + name).string();
  };
  ASSERT_EQ(box_.sh("for n in pid ipc uts mnt net; do readlink /proc/self/ns/$n; done"), 0);
  ASSERT_EQ(box_.lines.size(), 5u);
  EXPECT_NE(box_.lines[0], own("pid"));
  EXPECT_NE(box_.lines[1], own("ipc"));
  EXPECT_NE(box_.lines[2], own("uts"));
  EXPECT_NE(box_.lines[3], own("mnt"));
  EXPECT_NE(box_.lines[4], own("net"));
}

TEST_P(RunTest, WithoutANetworkThereIsLoopbackAlone) {
  ASSERT_EQ(box_.sh("ip -o link | wc -l; ip -o addr show lo | grep -c 127.0.0.1"), 0);
  EXPECT_EQ(box_.lines, (Lines{"1", "1"}));
}

TEST_P(RunTest, TheMachinesNetworkIsThereWhenAskedFor) {
  box_.spec.network = Network::kHost;
  ASSERT_EQ(box_.sh("readlink /proc/self/ns/net; ls /sys/class >/dev/null && echo sys"), 0);
  EXPECT_EQ(box_.lines, (Lines{fs::read_symlink("/proc/self/ns/net").string(), "sys"}));
}

TEST_P(RunTest, AnIsolatedNetworkIsNotTheMachines) {
  IXIAN_SKIP_WITHOUT_ISOLATED_NETWORK();
  box_.spec.network = Network::kIsolated;
  ASSERT_EQ(box_.sh("readlink /proc/self/ns/net; ip route | grep -c default"), 0) << box_.output();
  EXPECT_NE(box_.lines[0], fs::read_symlink("/proc/self/ns/net").string());
}

TEST_P(RunTest, TheEnvironmentIsWhatWasGiven) {
  const testing::WithVariable canary("IXIAN_CANARY", "a-canary-that-nobody-should-see");
  box_.spec.env = {{"PATH", "/bin"}, {"HOME", "/home"}, {"A", "with = and \"quotes\""}};
  ASSERT_EQ(box_.run({"env"}), 0);
  std::sort(box_.lines.begin(), box_.lines.end());
  EXPECT_EQ(box_.lines, (Lines{"A=with = and \"quotes\"", "HOME=/home", "PATH=/bin"}));
  ASSERT_EQ(box_.sh("cat /proc/*/environ | tr '\\0' '\\n'"), 0);
  EXPECT_THAT(box_.output(), ::testing::Not(HasSubstr("canary")));
}

TEST_P(RunTest, NoDescriptorIsInherited) {
  const files::UniqueFd leak(::open("/etc/passwd", O_RDONLY));  // on purpose without O_CLOEXEC
  // The fourth is that of the folder which ls lists.
  ASSERT_EQ(box_.sh("cd /proc/self/fd; exec ls; "), 0);
  EXPECT_EQ(box_.lines.size(), 4u) << box_.output();
  ASSERT_EQ(box_.sh("readlink /proc/self/fd/0; cat | wc -c"), 0);
  EXPECT_EQ(box_.lines, (Lines{"/dev/null", "0"}));
}

TEST_P(RunTest, LinesOfBothOutputsComeInOrder) {
  ASSERT_EQ(box_.sh("for i in 1 2 3; do echo out$i; echo err$i >&2; done; echo -n end"), 0);
  EXPECT_EQ(box_.lines, (Lines{"out1", "err1", "out2", "err2", "out3", "err3", "end"}));
}

TEST_P(RunTest, ExitCodesAreTheCommands) {
  EXPECT_EQ(box_.sh("exit 7"), 7);
  EXPECT_EQ(box_.run({"true"}), 0);
  EXPECT_EQ(box_.run({"false"}), 1);
  EXPECT_EQ(box_.sh("sh -c 'kill -9 $$'; exit $?"), 137);
}

TEST_P(RunTest, WhatCannotBeStartedIsAnErrorThatNamesIt) {
  try {
    box_.run({"no-such-program"});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("no-such-program"));
    EXPECT_THAT(error.context(), HasSubstr(GetParam()));
  }
}

TEST_P(RunTest, TheUsualDevicesWork) {
  ASSERT_EQ(
      box_.sh("echo x > /dev/null && head -c 4 /dev/zero | wc -c && head -c 4 /dev/urandom | wc -c && "
              "head -c 4 /dev/random | wc -c && echo x > /dev/shm/file && ls -d /dev/pts/ptmx /dev/mqueue "
              "/dev/full /dev/tty && echo fd > /dev/stdout"),
      0)
      << box_.output();
  EXPECT_EQ(box_.lines,
            (Lines{"4", "4", "4", "/dev/full", "/dev/mqueue", "/dev/pts/ptmx", "/dev/tty", "fd"}));
}

TEST_P(RunTest, DevicesOfAnImageLeadNowhere) {
  if (::mknod((box_.lower() + "/zero").c_str(), S_IFCHR | 0666, ::makedev(1, 5)) != 0) {
    GTEST_SKIP() << "device files take root";
  }
  EXPECT_NE(box_.sh("head -c 4 /zero"), 0);
  EXPECT_NE(box_.sh("mknod /mine c 1 5"), 0);
}

TEST_P(RunTest, TheWorkingDirectoryIsOneOfTheImage) {
  fs::create_directory_symlink("/home/user", box_.lower() + "/link");
  box_.spec.cwd = "/link";
  ASSERT_EQ(box_.run({"/bin/sh", "-c", "echo $PWD"}), 0);
  EXPECT_EQ(box_.lines, (Lines{"/home/user"}));
  box_.spec.cwd = "/missing";
  EXPECT_THROW(box_.sh("true"), base::Error);
}

TEST_P(RunTest, TheWorkingDirectoryCannotBeADescriptorOfTheRuntime) {
  fs::create_directories(box_.lower() + "/proc/self/fd/7");
  fs::create_directory_symlink("/proc/self/fd/7", box_.lower() + "/link");
  for (const char* cwd : {"/proc/self/fd/7", "/link", "/proc/self/cwd", "/home/../proc/1/root"}) {
    box_.spec.cwd = cwd;
    EXPECT_THROW(box_.sh("true"), base::Error) << cwd;
  }
}

TEST_P(RunTest, TheHostnameAndItsFilesAreThereForTheRunAlone) {
  box_.spec.hostname = "workshop";
  box_.spec.extra_hosts = {{"mirror.example", "192.0.2.7"}};
  ASSERT_EQ(
      box_.sh(
          "hostname; cat /etc/hostname; grep mirror /etc/hosts | tr '\\t' ' '; test -f /etc/resolv.conf && "
          "echo resolv; ls -A / | tr '\\n' ' '"),
      0);
  EXPECT_EQ(box_.lines, (Lines{"workshop", "workshop", "192.0.2.7 mirror.example", "resolv",
                               "bin dev etc home proc sys "}));
  EXPECT_EQ(box_.changes(), Lines{});
}

TEST_P(RunTest, FilesAreMadeWithTheUsualMask) {
  const mode_t old = ::umask(077);
  EXPECT_EQ(box_.sh("umask"), 0);
  ::umask(old);
  EXPECT_EQ(box_.lines, (Lines{"0022"}));
}

TEST_P(RunTest, LimitsOfTheProcessAreSet) {
  box_.spec.limits = {{"RLIMIT_NOFILE", 123, 456}};
  ASSERT_EQ(box_.sh("ulimit -n; ulimit -Hn; ulimit -c"), 0);
  EXPECT_EQ(box_.lines, (Lines{"123", "456", "0"}));
  box_.spec.limits = {{"RLIMIT_NONSENSE", 1, 1}};
  EXPECT_THROW(box_.sh("true"), base::Error);
}

TEST_P(RunTest, ThereAreNoMoreProcessesThanTheLimit) {
  if (!why_no_limits().empty()) GTEST_SKIP() << why_no_limits();
  box_.spec.pids_limit = 40;
  box_.sh("i=0; while [ $i -lt 60 ]; do sleep 60 & i=$((i+1)); done; echo all");
  EXPECT_THAT(box_.output(), HasSubstr("can't fork"));
}

TEST_P(RunTest, ThereIsNoMoreMemoryThanTheLimit) {
  if (!why_no_limits().empty()) GTEST_SKIP() << why_no_limits();
  box_.spec.memory_limit = 64u << 20;
  EXPECT_EQ(box_.run({"dd", "if=/dev/zero", "of=/dev/null", "bs=256M", "count=1"}), 137) << box_.output();
  const std::string mine = "ixian-" + std::to_string(::getpid()) + "-";
  for (fs::recursive_directory_iterator entry("/sys/fs/cgroup",
                                              fs::directory_options::skip_permission_denied);
       entry != fs::recursive_directory_iterator(); ++entry) {
    EXPECT_THAT(entry->path().string(), ::testing::Not(HasSubstr(mine)));
  }
}

TEST(RunChoice, ARuntimeThatIsNotThereIsAnError) {
  IXIAN_SKIP_WITHOUT_SANDBOX();
  testing::RunInBusybox box;
  const testing::WithVariable runtime("IXIAN_RUNTIME", "no-such-runtime");
  try {
    box.sh("true");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kUsage);
    EXPECT_THAT(error.message(), HasSubstr("no-such-runtime"));
  }
}

TEST(RunChoice, WhereOneRuntimeFailsTheOtherRuns) {
  IXIAN_SKIP_WITHOUT_SANDBOX();
  if (!testing::on_path("runc")) GTEST_SKIP() << "runc is not installed";
  testing::RunInBusybox box;
  const testing::TempFolder bin;
  bin.write("crun", "#!/bin/sh\nexit 1\n", true);
  const testing::WithVariable path("PATH", bin.path() + ":" + ::getenv("PATH"));
  const testing::WithVariable runtime("IXIAN_RUNTIME", "");
  EXPECT_EQ(box.sh("echo ran; exit 4"), 4);
  EXPECT_EQ(box.lines, Lines{"ran"});
}

TEST(RunChoice, WhatIsNoUtf8IsRefused) {
  IXIAN_SKIP_WITHOUT_SANDBOX();
  if (!testing::on_path("crun") && !testing::on_path("runc"))
    GTEST_SKIP() << "neither crun nor runc is installed";
  testing::RunInBusybox box;
  EXPECT_THROW(box.sh("echo \xff"), base::Error);
}

}  // namespace
}  // namespace ixian::sandbox
