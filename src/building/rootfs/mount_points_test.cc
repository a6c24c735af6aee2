#include "rootfs/mount_points.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>

#include "base/error.h"
#include "testing/temp_folder.h"

namespace ixian::rootfs {
namespace {

namespace fs = std::filesystem;

timespec changed(const std::string& path) {
  struct stat info = {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  return info.st_mtim;
}

bool operator==(const timespec& left, const timespec& right) {
  return left.tv_sec == right.tv_sec && left.tv_nsec == right.tv_nsec;
}

class MountPointsTest : public ::testing::Test {
 protected:
  MountPointsTest() {
    fs::create_directories(root_ / "etc");
    fs::last_write_time(root_ / "etc", fs::file_time_type::clock::now() - std::chrono::hours(1000));
    points_ = std::make_unique<MountPoints>(
        root_.path(), [this](const std::string& directory) { touched_.push_back(directory); });
  }

  testing::TempFolder root_;
  std::vector<std::string> touched_;
  std::unique_ptr<MountPoints> points_;
};

TEST_F(MountPointsTest, WhatWasMadeGoesAndLeavesNoTrace) {
  const timespec before = changed(root_ / "etc");
  points_->make("/etc/a/b/file", false);
  points_->make("/etc/a/other", true);
  EXPECT_TRUE(fs::is_regular_file(root_ / "etc/a/b/file"));
  EXPECT_TRUE(fs::is_directory(root_ / "etc/a/other"));
  EXPECT_EQ(touched_, (std::vector<std::string>{"/etc", "/etc/a"}));
  points_.reset();
  EXPECT_TRUE(fs::is_empty(root_ / "etc"));
  EXPECT_TRUE(changed(root_ / "etc") == before);
}

TEST_F(MountPointsTest, WhatOthersPutThereStays) {
  points_->make("/etc/a/b", true);
  root_.write("etc/a/theirs", "x");
  root_.write("etc/also", "x");
  const timespec theirs = changed(root_ / "etc");
  points_.reset();
  EXPECT_TRUE(fs::exists(root_ / "etc/a/theirs"));
  EXPECT_FALSE(fs::exists(root_ / "etc/a/b"));
  EXPECT_TRUE(changed(root_ / "etc") == theirs);
}

TEST_F(MountPointsTest, LinksAreFollowedInside) {
  fs::create_symlink("/run/stub.conf", root_ / "etc/resolv.conf");
  const std::string target = points_->resolve("/etc/resolv.conf");
  EXPECT_EQ(target, "/run/stub.conf");
  points_->make(target, false);
  EXPECT_TRUE(fs::exists(root_ / "run/stub.conf"));
  points_.reset();
  EXPECT_FALSE(fs::exists(root_ / "run"));
}

TEST_F(MountPointsTest, AFileIsNoPlaceForADirectory) {
  root_.write("etc/file", "x");
  EXPECT_THROW(points_->make("/etc/file", true), base::Error);
  EXPECT_THROW(points_->make("/etc", false), base::Error);
}

}  // namespace
}  // namespace ixian::rootfs
