// What a RUN mounts: that it is there as asked for, and that nothing of it remains in the image.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>

#include "sandbox/bind_source.h"
#include "testing/sandbox_fixture.h"

namespace ixian::sandbox {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Lines = std::vector<std::string>;

class RunMounts : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    IXIAN_SKIP_WITHOUT_SANDBOX();
    if (!testing::on_path("crun") && !testing::on_path("runc"))
      GTEST_SKIP() << "neither crun nor runc is installed";
    kind_ = std::make_unique<testing::WithVariable>("IXIAN_ROOTFS", GetParam());
    try {
      rootfs::RootFs::choose(box_.folder.path());
    } catch (const base::Error& error) {
      GTEST_SKIP() << error.message();
    }
    fs::create_directories(context("sub"));
    box_.folder.write("context/file", "content");
    box_.folder.write("context/sub/below", "below");
  }
  std::string context(const std::string& path) { return box_.folder / ("context/" + path); }
  void add(const std::string& target, decltype(RunMount::what) what) {
    box_.spec.mounts.push_back({target, std::move(what)});
  }

  std::unique_ptr<testing::WithVariable> kind_;
  testing::RunInBusybox box_;
};

INSTANTIATE_TEST_SUITE_P(Kinds, RunMounts, ::testing::Values("overlay", "userns", "copy"),
                         [](const auto& param_info) { return param_info.param; });

TEST_P(RunMounts, ADeviceCanBeUsed) {
  add("/dev/own", DeviceMount{"/dev/null"});
  EXPECT_EQ(box_.sh("test -c /dev/own && echo x >/dev/own && wc -c </dev/own"), 0) << box_.output();
  add("/dev/other", DeviceMount{"/etc/passwd"});
  EXPECT_THROW(box_.sh("true"), base::Error);
}

TEST_P(RunMounts, EveryKindIsThereAndLeavesNothing) {
  IXIAN_SKIP_WITH_ONE_ID();
  const std::string path = box_.folder / "socket";
  const files::UniqueFd server(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(server.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);

  add("/new/deep/context", open_bind(box_.folder / "context", "/", true));
  add("/etc/file", open_bind(box_.folder / "context", "file", true));
  add("/home/user/cache", TmpfsMount{1 << 20, 0700});
  add("/run/secrets/token", SecretMount{base::Secret("hush"), 0440, 7, 8});
  add("/run/agent.sock", SocketMount{path});
  ASSERT_EQ(
      box_.sh(
          "cat /new/deep/context/sub/below /etc/file /run/secrets/token; echo; test -S /run/agent.sock && "
          "echo socket; stat -c '%a %u %g' /run/secrets/token; stat -c %a /home/user/cache; "
          "echo x > /home/user/cache/x && echo written"),
      0)
      << box_.output();
  EXPECT_EQ(box_.lines, (Lines{"belowcontenthush", "socket", "440 7 8", "700", "written"}));
  EXPECT_EQ(box_.changes(), Lines{});
}

TEST_P(RunMounts, WhatTheCommandItselfChangesRemains) {
  add("/etc/file", open_bind(box_.folder / "context", "file", true));
  add("/run/secrets/token", SecretMount{base::Secret("hush"), 0400, 0, 0});
  ASSERT_EQ(box_.sh("echo x > /etc/made; echo x > /run/made; rm /home/user/nothing; mkdir /srv; true"), 0);
  EXPECT_EQ(box_.changes(), (Lines{"/etc", "/etc/made", "/run", "/run/made", "/srv"}));
}

TEST_P(RunMounts, ADirectoryThatOnlyHeldMountPointsKeepsItsTime) {
  fs::last_write_time(box_.lower() + "/etc", fs::file_time_type::clock::now() - std::chrono::hours(1000));
  struct stat before;
  ASSERT_EQ(::stat((box_.lower() + "/etc").c_str(), &before), 0);
  add("/etc/file", open_bind(box_.folder / "context", "file", true));
  ASSERT_EQ(box_.sh("true"), 0);
  struct stat after;
  ASSERT_EQ(::stat((box_.mount().path() + "/etc").c_str(), &after), 0);
  EXPECT_EQ(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
  EXPECT_EQ(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
  EXPECT_EQ(box_.changes(), Lines{});
}

TEST_P(RunMounts, ReadOnlyIsReadOnlyAndWritableIsWritable) {
  add("/ro", open_bind(box_.folder / "context", "/", true));
  add("/rw", open_bind(box_.folder / "context", "sub", false));
  EXPECT_NE(box_.sh("echo x > /ro/new"), 0);
  EXPECT_NE(box_.sh("echo x > /ro/sub/new"), 0);
  EXPECT_EQ(box_.sh("echo x > /rw/new"), 0);
  EXPECT_TRUE(fs::exists(context("sub/new")));
}

TEST_P(RunMounts, ASecretCannotBeChangedOrRun) {
  add("/secret", SecretMount{base::Secret("#!/bin/sh\necho ran\n"), 0777, 0, 0});
  EXPECT_NE(box_.sh("echo x > /secret"), 0);
  EXPECT_NE(box_.sh("/secret"), 0);
  ASSERT_EQ(box_.sh("grep ' /secret ' /proc/self/mounts"), 0);
  for (const char* word : {"tmpfs", "ro,", "nosuid", "nodev", "noexec"})
    EXPECT_THAT(box_.output(), HasSubstr(word));
}

TEST_P(RunMounts, ASecretIsNowhereOnTheDisk) {
  const std::string canary = "canary-" + std::to_string(::getpid());
  add("/secret", SecretMount{base::Secret(canary), 0400, 0, 0});
  ASSERT_EQ(box_.sh("cat /secret"), 0);
  EXPECT_EQ(box_.lines, Lines{canary});
  for (const auto& entry : fs::recursive_directory_iterator(box_.folder.path())) {
    if (!entry.is_regular_file() || entry.file_size() > 100'000) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(text.find(canary), std::string::npos) << entry.path();
  }
}

TEST_P(RunMounts, SourcesStayInTheirRoot) {
  fs::create_symlink("/etc/passwd", context("escape"));
  fs::create_directory_symlink("../..", context("sub/up"));
  EXPECT_THROW(open_bind(box_.folder / "context", "escape", true), base::Error);
  add("/mnt", open_bind(box_.folder / "context", "sub/up/../file", true));
  ASSERT_EQ(box_.sh("cat /mnt"), 0);
  EXPECT_EQ(box_.lines, Lines{"content"});
}

// Whoever may write to the context can put a link, or another folder, where a source was found.
TEST_P(RunMounts, WhatTakesASourcesNameAfterwardsIsNotMounted) {
  fs::create_directory(box_.folder / "outside");
  box_.folder.write("outside/below", "OUTSIDE");
  for (const bool read_only : {true, false}) {
    add("/mnt", open_bind(box_.folder / "context", "sub", read_only));
    add("/mnt/deep/secret", SecretMount{base::Secret("hush"), 0400, 0, 0});
    if (read_only) box_.spec.mounts.pop_back();
    fs::rename(context("sub"), context("away"));
    fs::create_directory_symlink(box_.folder / "outside", context("sub"));
    ASSERT_EQ(box_.sh("cat /mnt/below"), 0);
    EXPECT_EQ(box_.lines, Lines{"below"});
    EXPECT_FALSE(fs::exists(box_.folder / "outside/deep"));
    fs::remove(context("sub"));
    fs::rename(context("away"), context("sub"));
    box_.spec.mounts.clear();
  }
}

TEST_P(RunMounts, TargetsStayInTheImage) {
  fs::create_directory_symlink("/../../../../home/user", box_.lower() + "/link");
  add("/link/mnt", open_bind(box_.folder / "context", "file", true));
  ASSERT_EQ(box_.sh("cat /home/user/mnt"), 0);
  EXPECT_EQ(box_.lines, Lines{"content"});
  EXPECT_EQ(box_.changes(), Lines{});
}

TEST_P(RunMounts, AMountPointInACacheIsTakenOutOfIt) {
  fs::create_directory(box_.folder / "cache");
  add("/cache", open_bind(box_.folder / "cache", "/", false));
  add("/cache/deep/secret", SecretMount{base::Secret("hush"), 0400, 0, 0});
  ASSERT_EQ(box_.sh("cat /cache/deep/secret; echo x > /cache/kept"), 0);
  EXPECT_EQ(box_.lines, Lines{"hush"});
  EXPECT_TRUE(fs::exists(box_.folder / "cache/kept"));
  EXPECT_FALSE(fs::exists(box_.folder / "cache/deep"));
  EXPECT_EQ(box_.changes(), Lines{});
}

TEST_P(RunMounts, AMountPointOnATmpfsIsFine) {
  add("/scratch", TmpfsMount{});
  add("/scratch/deep/secret", SecretMount{base::Secret("hush"), 0400, 0, 0});
  add("/dev/secret", SecretMount{base::Secret("sh"), 0400, 0, 0});
  ASSERT_EQ(box_.sh("cat /scratch/deep/secret /dev/secret"), 0);
  EXPECT_EQ(box_.lines, Lines{"hushsh"});
  EXPECT_EQ(box_.changes(), Lines{});
}

TEST_P(RunMounts, ALinkForResolvConfIsFollowedInside) {
  fs::create_symlink("../run/systemd/resolve/stub-resolv.conf", box_.lower() + "/etc/resolv.conf");
  ASSERT_EQ(box_.sh("test -f /etc/resolv.conf && ls /run/systemd/resolve"), 0);
  EXPECT_EQ(box_.lines, Lines{"stub-resolv.conf"});
  EXPECT_EQ(box_.changes(), Lines{});
}

TEST_P(RunMounts, ATmpfsHoldsNoMoreThanItsSize) {
  add("/scratch", TmpfsMount{1 << 20, 01777});
  EXPECT_NE(box_.sh("dd if=/dev/zero of=/scratch/file bs=1M count=2"), 0);
  EXPECT_EQ(
      box_.sh(
          "dd if=/dev/zero of=/scratch/file bs=4k count=2; test ! -e /scratch/other; stat -c %a /scratch"),
      0);
  EXPECT_EQ(box_.lines.back(), "1777");
}

TEST_P(RunMounts, WhatMakesNoSenseIsRefused) {
  for (const char* target : {"/", "relative", "/proc/self/x", "/sys/x"}) {
    box_.spec.mounts.clear();
    add(target, TmpfsMount{});
    EXPECT_THROW(box_.sh("true"), base::Error) << target;
  }
}

}  // namespace
}  // namespace ixian::sandbox
