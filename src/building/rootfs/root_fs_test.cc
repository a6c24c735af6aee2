#include "rootfs/root_fs.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "testing/sandbox_fixture.h"

namespace ixian::rootfs {
namespace {

namespace fs = std::filesystem;

bool is_whiteout_file(const std::string& path) {
  struct stat info;
  return ::lstat(path.c_str(), &info) == 0 && S_ISCHR(info.st_mode) && info.st_rdev == ::makedev(0, 0);
}

// Those of tests; others come and go on the machine meanwhile.
std::vector<std::string> mounts_in(const std::string& folder) {
  std::ifstream file("/proc/self/mountinfo");
  std::vector<std::string> found;
  for (std::string line; std::getline(file, line);) {
    if (line.find(folder) != std::string::npos) found.push_back(line);
  }
  return found;
}

// Each kind does the same.
class RootFsTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!testing::entering_failed().empty()) GTEST_SKIP() << testing::entering_failed();
    const testing::WithVariable kind("IXIAN_ROOTFS", GetParam());
    try {
      root_fs_ = RootFs::choose(folder_.path());
    } catch (const base::Error& error) {
      GTEST_SKIP() << error.message() << " " << error.context();
    }
  }

  std::string layer(const std::string& name) {
    fs::create_directories(folder_ / name);
    return folder_ / name;
  }
  void write(const std::string& path, const std::string& text = "x") {
    fs::create_directories(fs::path(folder_ / path).parent_path());
    folder_.write(path, text);
  }
  void whiteout(const std::string& path) {
    fs::create_directories(fs::path(folder_ / path).parent_path());
    ASSERT_EQ(::mknod((folder_ / path).c_str(), S_IFCHR, ::makedev(0, 0)), 0);
  }
  void opaque(const std::string& path) {
    fs::create_directories(folder_ / path);
    ASSERT_EQ(::lsetxattr((folder_ / path).c_str(), (root_fs_->marks() + "opaque").c_str(), "y", 1, 0), 0);
  }
  MountedRoot& prepare(std::vector<std::string> lowers) {
    mount_ = root_fs_->prepare(lowers, layer("work"), cancellation_);
    return *mount_;
  }
  std::string in(const std::string& path) { return mount_->path() + "/" + path; }
  std::string text(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static std::vector<std::string> tree(const std::string& root) {
    std::vector<std::string> paths;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      paths.push_back(entry.path().string().substr(root.size() + 1));
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  testing::TempFolder folder_;
  std::unique_ptr<RootFs> root_fs_;
  base::Cancellation cancellation_;
  std::unique_ptr<MountedRoot> mount_;
};

INSTANTIATE_TEST_SUITE_P(Kinds, RootFsTest, ::testing::Values("overlay", "userns", "copy"),
                         [](const auto& param_info) { return param_info.param; });

TEST_P(RootFsTest, HigherLayersHideAndReplace) {
  write("1/d/old");
  write("1/e/kept");
  write("1/gone");
  write("1/replaced", "old");
  opaque("2/d");
  write("2/d/new");
  write("2/e/added");
  whiteout("2/gone");
  write("2/replaced", "new");
  prepare({layer("1"), layer("2")});
  EXPECT_EQ(tree(mount_->path()),
            (std::vector<std::string>{"d", "d/new", "e", "e/added", "e/kept", "replaced"}));
  EXPECT_EQ(text(in("replaced")), "new");
}

TEST_P(RootFsTest, ChangesComeAsAnUpperDirectory) {
  write("1/a/b/changed", "old");
  write("1/a/b/untouched");
  write("1/a/removed");
  write("1/dir/in");
  prepare({layer("1")});
  std::ofstream(in("a/b/changed")) << "new";
  fs::remove(in("a/removed"));
  fs::remove_all(in("dir"));
  fs::create_directories(in("made/here"));
  std::ofstream(in("made/here/file")) << "x";
  const std::string upper = mount_->finish();
  EXPECT_EQ(tree(upper), (std::vector<std::string>{"a", "a/b", "a/b/changed", "a/removed", "dir", "made",
                                                   "made/here", "made/here/file"}));
  EXPECT_EQ(text(upper + "/a/b/changed"), "new");
  EXPECT_TRUE(is_whiteout_file(upper + "/a/removed"));
  EXPECT_TRUE(is_whiteout_file(upper + "/dir"));
  EXPECT_EQ(text(folder_ / "1/a/b/changed"), "old");
}

TEST_P(RootFsTest, WhatChangedOnceIsALowerDirectoryOfTheNext) {
  write("1/d/old");
  write("1/gone");
  prepare({layer("1")});
  fs::remove(in("gone"));
  fs::remove_all(in("d"));
  fs::create_directory(in("d"));
  std::ofstream(in("d/new")) << "x";
  fs::rename(mount_->finish(), folder_ / "2");
  mount_ = root_fs_->prepare({folder_ / "1", folder_ / "2"}, layer("work2"), cancellation_);
  EXPECT_EQ(tree(mount_->path()), (std::vector<std::string>{"d", "d/new"}));
}

TEST_P(RootFsTest, ChangedFactsAreChanges) {
  write("1/file");
  write("1/sub/file");
  prepare({layer("1")});
  fs::permissions(in("sub"), fs::perms(0711));
  const timespec times[2] = {{1000, 0}, {2000, 5}};
  ASSERT_EQ(::utimensat(AT_FDCWD, in("file").c_str(), times, 0), 0);
  const std::string upper = mount_->finish();
  EXPECT_EQ(tree(upper), (std::vector<std::string>{"file", "sub"}));
  struct stat info;
  ASSERT_EQ(::lstat((upper + "/sub").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0711u);
  ASSERT_EQ(::lstat((upper + "/file").c_str(), &info), 0);
  EXPECT_EQ(info.st_mtim.tv_sec, 2000);
  EXPECT_EQ(info.st_mtim.tv_nsec, 5);
}

TEST_P(RootFsTest, FactsOfFilesAreThoseOfTheLayers) {
  write("1/file");
  fs::create_hard_link(folder_ / "1/file", folder_ / "1/linked");
  fs::create_symlink("/absolute", folder_ / "1/symlink");
  fs::permissions(folder_ / "1/file", fs::perms(04750));
  ASSERT_EQ(::lsetxattr((folder_ / "1/file").c_str(), "user.note", "abc", 3, 0), 0);
  ASSERT_EQ(::mkfifo((folder_ / "1/fifo").c_str(), 0620), 0);
  fs::permissions(folder_ / "1", fs::perms(0751));
  const timespec times[2] = {{1000, 0}, {2000, 7}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (folder_ / "1").c_str(), times, 0), 0);
  prepare({layer("1")});
  struct stat info;
  ASSERT_EQ(::lstat(in("file").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 04750u);
  EXPECT_EQ(info.st_nlink, 2u);
  char value[8] = {};
  EXPECT_EQ(::lgetxattr(in("file").c_str(), "user.note", value, sizeof(value)), 3);
  EXPECT_EQ(fs::read_symlink(in("symlink")), "/absolute");
  EXPECT_TRUE(fs::is_fifo(in("fifo")));
  ASSERT_EQ(::lstat(mount_->path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0751u);
  EXPECT_EQ(info.st_mtim.tv_sec, 2000);
}

TEST_P(RootFsTest, ADirectoryThatOnlyHeldAMountPointIsNoChange) {
  write("1/etc/deep/file");
  write("1/other/file");
  prepare({layer("1")});
  for (const char* path : {"/etc/deep", "/other"}) {
    mount_->touching(path);
    struct stat before;
    ASSERT_EQ(::lstat(in(path).c_str(), &before), 0);
    fs::create_directory(in(std::string(path) + "/stub"));
    fs::remove(in(std::string(path) + "/stub"));
    const timespec times[2] = {before.st_atim, before.st_mtim};
    ASSERT_EQ(::utimensat(AT_FDCWD, in(path).c_str(), times, 0), 0);
  }
  fs::permissions(in("other"), fs::perms(0700));
  EXPECT_EQ(tree(mount_->finish()), (std::vector<std::string>{"other"}));
}

TEST_P(RootFsTest, AnImageMayHaveHundredsOfLayers) {
  std::vector<std::string> lowers;
  const int count = std::string(GetParam()) == "copy" ? 130 : 600;
  for (int i = 0; i < count; ++i) {
    const std::string name = "a-rather-long-name-of-a-layer-as-digests-are-" + std::to_string(i);
    write(name + "/file" + std::to_string(i));
    write(name + "/same", std::to_string(i));
    lowers.push_back(folder_ / name);
  }
  whiteout("a-rather-long-name-of-a-layer-as-digests-are-120/file5");
  prepare(lowers);
  EXPECT_EQ(text(in("same")), std::to_string(count - 1));
  EXPECT_TRUE(fs::exists(in("file0")));
  EXPECT_FALSE(fs::exists(in("file5")));
}

TEST_P(RootFsTest, NoLayersAreAnEmptyRoot) {
  prepare({});
  EXPECT_TRUE(fs::is_empty(mount_->path()));
  std::ofstream(in("file")) << "x";
  EXPECT_EQ(tree(mount_->finish()), (std::vector<std::string>{"file"}));
}

TEST_P(RootFsTest, ReadOnlyOnesShowOneLayerAsWell) {
  write("1/kept");
  whiteout("1/nothing-below");
  const auto mount = root_fs_->prepare_read_only({layer("1")}, layer("work"), cancellation_);
  EXPECT_EQ(tree(mount->path()), (std::vector<std::string>{"kept"}));
  EXPECT_EQ(mount->finish(), "");
  const auto empty = root_fs_->prepare_read_only({}, layer("work2"), cancellation_);
  EXPECT_TRUE(fs::is_empty(empty->path()));
}

TEST_P(RootFsTest, PathsMayHoldAnything) {
  write("a:b,c=d\\e/file");
  prepare({layer("a:b,c=d\\e")});
  EXPECT_TRUE(fs::exists(in("file")));
}

TEST_P(RootFsTest, NothingStaysMounted) {
  write("1/file");
  prepare({layer("1")});
  mount_.reset();
  EXPECT_EQ(mounts_in(folder_.path()), std::vector<std::string>{});
  mount_ = root_fs_->prepare({layer("1")}, layer("work2"), cancellation_);
  mount_->finish();
  EXPECT_EQ(mounts_in(folder_.path()), std::vector<std::string>{});
  EXPECT_THROW(prepare({folder_ / "missing"}), base::Error);
  EXPECT_EQ(mounts_in(folder_.path()), std::vector<std::string>{});
}

TEST(RootFsChoice, AnUnknownNameIsAnError) {
  const testing::TempFolder folder;
  const testing::WithVariable kind("IXIAN_ROOTFS", "zfs");
  EXPECT_THROW(RootFs::choose(folder.path()), base::Error);
  EXPECT_EQ(folder.count(), 0u);
}

}  // namespace
}  // namespace ixian::rootfs
