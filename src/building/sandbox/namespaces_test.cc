// An ordinary user, as whom a child of the test goes on, builds in a user namespace.
#include "process/namespaces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/sysmacros.h>

#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include "sandbox/bind_source.h"
#include "testing/child_process.h"
#include "testing/sandbox_fixture.h"

namespace ixian::sandbox {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr uid_t kUser = 54321;

// Files of /etc as a child of the test is to see them, in a mount namespace of its own.
void replace_file(const std::string& path, const std::string& source) {
  if (::mount(source.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0) std::_Exit(98);
}

class OrdinaryUser : public ::testing::Test {
 protected:
  void SetUp() override {
    IXIAN_SKIP_WITHOUT_SANDBOX();
    if (process::namespaces().privileges != process::UserMode::kRoot)
      GTEST_SKIP() << "only root can become another user";
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0777), 0);
    // The file systems above a test's own folder must let the user in.
    for (const char* name : {"passwd", "subuid", "subgid"}) {
      fs::copy_file(fs::exists(std::string("/etc/") + name) ? std::string("/etc/") + name : "/dev/null",
                    folder_ / name, fs::copy_options::overwrite_existing);
    }
  }

  // Runs `body` as a user whom the machine knows, with or without subordinate ids. What it says through `say`
  // is returned. Its exit code must be 0.
  std::string as_user(bool ranges, const std::function<void(std::ostream& say)>& body) {
    const std::string said = folder_ / "said";
    std::ofstream(folder_ / "passwd", std::ios::app) << "ixiantest:x:54321:54321::/:/bin/sh\n";
    if (ranges) {
      for (const char* name : {"subuid", "subgid"}) {
        std::ofstream(folder_ / name, std::ios::app) << "ixiantest:400000:65536\n";
      }
    }
    testing::ChildProcess child([&](testing::ChildProcess&) {
      if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return 97;
      for (const char* name : {"passwd", "subuid", "subgid"}) {
        if (fs::exists(std::string("/etc/") + name))
          replace_file(std::string("/etc/") + name, folder_ / name);
      }
      // udev lets everyone use it; not every machine has udev.
      if (::mknod((folder_ / "tun").c_str(), S_IFCHR | 0666, ::makedev(10, 200)) == 0 &&
          ::chmod((folder_ / "tun").c_str(), 0666) == 0 && fs::exists("/dev/net/tun")) {
        replace_file("/dev/net/tun", folder_ / "tun");
      }
      if (::setgroups(0, nullptr) != 0 || ::setresgid(kUser, kUser, kUser) != 0 ||
          ::setresuid(kUser, kUser, kUser) != 0) {
        return 96;
      }
      std::ofstream say(said);
      try {
        body(say);
      } catch (const base::Error& error) {
        say << "error: " << error.message() << "\n" << error.context() << "\n";
        return 1;
      }
      return 0;
    });
    const int code = child.wait();
    std::ifstream file(said);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(code, 0) << text;
    return text;
  }

  testing::TempFolder folder_;
};

bool can_map() {
  return testing::on_path("newuidmap") && fs::exists("/etc/subuid") && fs::exists("/etc/subgid");
}

TEST_F(OrdinaryUser, IsRootWithManyIds) {
  if (!can_map()) GTEST_SKIP() << "the package uidmap is not installed";
  const std::string said = as_user(true, [](std::ostream& say) {
    const process::Namespaces entered = process::enter_namespaces();
    say << static_cast<int>(entered.privileges) << entered.missing << " " << ::geteuid() << ::getegid()
        << "\n";
    std::ifstream map("/proc/self/uid_map");
    for (std::uint64_t a = 0, b = 0, c = 0; map >> a >> b >> c;) say << a << " " << b << " " << c << "\n";
  });
  EXPECT_EQ(said, "1 00\n0 54321 1\n1 400000 65536\n");
}

TEST_F(OrdinaryUser, WithoutRangesHasOneIdAndIsToldWhatIsMissing) {
  const std::string said = as_user(false, [](std::ostream& say) {
    const process::Namespaces entered = process::enter_namespaces();
    say << static_cast<int>(entered.privileges) << entered.missing << " " << ::geteuid() << "\n";
  });
  EXPECT_EQ(said.substr(0, 1), "2");
  EXPECT_THAT(said, HasSubstr("usermod"));
}

void run_as_user(std::ostream& say, const char* runtime, Network network) {
  process::enter_namespaces();
  const std::string program = std::string("/usr/sbin/") + runtime;
  ::setenv("IXIAN_RUNTIME", fs::exists(program) ? program.c_str() : runtime, 1);
  testing::RunInBusybox box;
  box.spec.network = network;
  box.spec.mounts = {{"/run/secret", SecretMount{base::Secret("hush"), 0400, 0, 0}},
                     {"/ctx", open_bind(box.lower(), "/etc", true)}};
  const int code = box.sh(
      "id -u; grep -E 'Seccomp:|NoNewPrivs|CapBnd' /proc/self/status | tr '\\t' ' '; cat /run/secret; echo; "
      "touch /made; echo x > /dev/null; ls /sys >/dev/null && echo sys; readlink /proc/self/fd/0; exit 5");
  say << box.output() << "code " << code << "\n";
  for (const auto& path : box.changes()) say << path << "\n";
}

constexpr const char* kSaid =
    "0\nCapBnd: 00000000800405fb\nNoNewPrivs: 1\nSeccomp: 2\nhush\nsys\n/dev/null\ncode 5\n/made\n";

class OrdinaryUserRun : public OrdinaryUser, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    OrdinaryUser::SetUp();
    if (!testing::on_path(GetParam())) GTEST_SKIP() << GetParam() << " is not installed";
  }
};

INSTANTIATE_TEST_SUITE_P(Runtimes, OrdinaryUserRun, ::testing::Values("crun", "runc"),
                         [](const auto& param_info) { return param_info.param; });

TEST_P(OrdinaryUserRun, WorksWithManyIds) {
  if (!can_map()) GTEST_SKIP() << "the package uidmap is not installed";
  EXPECT_EQ(as_user(true, [](std::ostream& say) { run_as_user(say, GetParam(), Network::kNone); }), kSaid);
}

TEST_P(OrdinaryUserRun, WorksWithOneId) {
  EXPECT_EQ(as_user(false, [](std::ostream& say) { run_as_user(say, GetParam(), Network::kNone); }), kSaid);
}

TEST_P(OrdinaryUserRun, WorksWithTheMachinesNetwork) {
  EXPECT_EQ(as_user(false, [](std::ostream& say) { run_as_user(say, GetParam(), Network::kHost); }), kSaid);
}

TEST_P(OrdinaryUserRun, WorksWithAnIsolatedNetwork) {
  IXIAN_SKIP_WITHOUT_ISOLATED_NETWORK();
  EXPECT_EQ(as_user(false, [](std::ostream& say) { run_as_user(say, GetParam(), Network::kIsolated); }),
            kSaid);
}

TEST_P(OrdinaryUserRun, CanBeAnotherUserInside) {
  if (!can_map()) GTEST_SKIP() << "the package uidmap is not installed";
  const std::string said = as_user(true, [](std::ostream& say) {
    process::enter_namespaces();
    const std::string program = std::string("/usr/sbin/") + GetParam();
    ::setenv("IXIAN_RUNTIME", fs::exists(program) ? program.c_str() : GetParam(), 1);
    testing::RunInBusybox box;
    box.spec.user = {1000, 1001, {29}};
    box.sh("id -u; id -G");
    say << box.output();
  });
  EXPECT_EQ(said, "1000\n1001 29\n");
}

TEST_P(OrdinaryUserRun, WithOneIdIsToldWhyItCannotBeAnother) {
  const std::string said = as_user(false, [](std::ostream& say) {
    process::enter_namespaces();
    testing::RunInBusybox box;
    box.spec.user = {1000, 1000, {}};
    try {
      box.sh("true");
    } catch (const base::Error& error) {
      say << error.advised();
    }
  });
  EXPECT_THAT(said, HasSubstr("usermod"));
}

TEST(Namespaces, AreOnlyEnteredBeforeThereAreThreads) {
  std::mutex held;
  held.lock();
  std::thread other([&] { const std::lock_guard wait(held); });
  EXPECT_THROW(process::enter_namespaces(), base::Error);
  held.unlock();
  other.join();
}

}  // namespace
}  // namespace ixian::sandbox
