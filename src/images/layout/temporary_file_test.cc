#include "layout/temporary_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "base/error.h"
#include "layout/file_io.h"
#include "testing/child_process.h"
#include "testing/temp_folder.h"

namespace ixian::layout {
namespace {

using ixian::testing::ChildProcess;
using ixian::testing::TempFolder;

void age(const std::string& path) {
  std::filesystem::last_write_time(path,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours{2});
}

TEST(TemporaryFile, IsGoneUnlessItIsMoved) {
  const TempFolder folder;
  { const TemporaryFile file(folder.path(), "t-"); }
  EXPECT_EQ(folder.count(), 0u);
  {
    TemporaryFile file(folder.path(), "t-");
    write_at(file.fd(), "content", 0, file.path());
    file.move_to(folder / "final");
  }
  EXPECT_EQ(folder.count(), 1u);
  EXPECT_EQ(folder.read("final"), "content");
}

TEST(TemporaryFile, MakesItsFolder) {
  const TempFolder folder;
  const TemporaryFile file(folder / "a/b/c", "t-");
  EXPECT_TRUE(std::filesystem::exists(file.path()));
}

TEST(TemporaryFile, IsNotReclaimedWhileItIsWritten) {
  const TempFolder folder;
  const TemporaryFile file(folder.path(), "t-");
  age(file.path());
  reclaim_temporary_files(folder.path(), "t-");
  EXPECT_TRUE(std::filesystem::exists(file.path()));
}

TEST(TemporaryFile, OfAKilledProcessIsReclaimedAtOnce) {
  const TempFolder folder;
  folder.write("t", "not of this prefix");
  ChildProcess child([&](ChildProcess& self) {
    const TemporaryFile file(folder.path(), "t-");
    self.say_ready();
    ::pause();
    return 0;
  });
  ASSERT_TRUE(child.wait_until_ready());
  reclaim_temporary_files(folder.path(), "t-");
  EXPECT_EQ(folder.count(), 2u) << "its writer lives";
  child.kill();
  child.wait();
  reclaim_temporary_files(folder.path(), "t-");
  EXPECT_EQ(folder.count(), 1u);
}

TEST(TemporaryFile, OfAnotherMachineIsReclaimedAfterAnHour) {
  const TempFolder folder;
  const std::string file = folder.write("t-0badb007-1-0-1", "half a bl");
  reclaim_temporary_files(folder.path(), "t-");
  EXPECT_EQ(folder.count(), 1u);
  age(file);
  reclaim_temporary_files(folder.path(), "t-");
  EXPECT_EQ(folder.count(), 0u);
}

TEST(TemporaryFile, ReclaimingLeavesFoldersAndLinksAlone) {
  const TempFolder folder;
  folder.write("precious", "content");
  std::filesystem::create_symlink(folder / "precious", folder / "t-link");
  std::filesystem::create_directory(folder / "t-folder");
  age(folder / "precious");
  reclaim_temporary_files(folder.path(), "t-");
  reclaim_temporary_files(folder / "absent", "t-");
  EXPECT_EQ(folder.count(), 3u);
}

TEST(FileIo, SaysWhatToDo) {
  try {
    file_error("write", "/a\nb", ENOSPC);
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(), "cannot write /a\\x0ab: no space left on device");
    EXPECT_EQ(error.context(), "hint: free some space there, or choose another place");
    EXPECT_EQ(error.code(), base::ErrorCode::kTaskFailed);
  }
}

TEST(FileIo, KnowsTheFolderOfAPath) {
  EXPECT_EQ(folder_of("/a/b"), "/a");
  EXPECT_EQ(folder_of("/a/b/"), "/a");
  EXPECT_EQ(folder_of("/a"), "/");
  EXPECT_EQ(folder_of("/"), "/");
  EXPECT_EQ(folder_of("a"), ".");
  EXPECT_EQ(folder_of("a//b"), "a");
  EXPECT_EQ(folder_of(""), ".");
}

TEST(FileIo, MakesFoldersWithParents) {
  const TempFolder folder;
  make_folders(folder / "a/b//c/");
  make_folders(folder / "a/b/c");
  EXPECT_TRUE(std::filesystem::is_directory(folder / "a/b/c"));
  folder.write("file", "");
  EXPECT_THROW(make_folders(folder / "file"), base::Error);
  EXPECT_THROW(make_folders(folder / "file/below"), base::Error);
}

TEST(FileIo, ReadsNoMoreThanAllowed) {
  const TempFolder folder;
  const std::string file = folder.write("f", "12345");
  EXPECT_EQ(read_whole(file, 5), "12345");
  EXPECT_THROW(read_whole(file, 4), base::Error);
  EXPECT_EQ(read_whole(folder / "none", 5), std::nullopt);
  EXPECT_THROW(read_whole(folder.path(), 5), base::Error);
}

}  // namespace
}  // namespace ixian::layout
