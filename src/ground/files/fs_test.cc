#include "files/fs.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <random>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "testing/temp_folder.h"

namespace ixian::files {
namespace {

using ixian::testing::TempFolder;

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kTaskFailed);
    return error.message();
  }
  return "no error";
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

TEST(UniqueFd, ClosesOnceAndMoves) {
  UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int number = fd.get();
  UniqueFd moved(std::move(fd));
  EXPECT_TRUE(is_open(number));
  moved = UniqueFd();
  EXPECT_FALSE(is_open(number));
}

TEST(UniqueFd, ReleaseGivesItAway) {
  UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int number = fd.release();
  EXPECT_FALSE(fd.valid());
  EXPECT_TRUE(is_open(number));
  ::close(number);
}

TEST(ReadFile, GivesAllBytesOrNothing) {
  const TempFolder folder;
  const std::string bytes(200'000, '\0');
  folder.write("big", bytes);
  EXPECT_EQ(read_file(folder / "big"), bytes);
  EXPECT_EQ(read_file(folder / "none"), std::nullopt);
  EXPECT_EQ(read_file(folder / "big/below"), std::nullopt);
  EXPECT_EQ(message_of([&] { read_file(folder.path()); }),
            "cannot read " + folder.path() + ": is a directory");
}

TEST(WriteFile, MakesFoldersAndReplaces) {
  const TempFolder folder;
  const std::string path = folder / "a/b/file";
  write_file_atomically(path, "one");
  write_file_atomically(path, std::string("tw\0o", 4));
  EXPECT_EQ(read_file(path), std::string("tw\0o", 4));
}

TEST(WriteFile, KeepsTheOldAndLeavesNothingBehindWhenItFails) {
  const TempFolder folder;
  write_file_atomically(folder / "taken/file", "old");
  EXPECT_EQ(message_of([&] { write_file_atomically(folder / "taken", "new"); }),
            "cannot write " + folder / "taken" + ": is a directory");
  EXPECT_EQ(folder.read("taken/file"), "old");
  EXPECT_EQ(folder.count(), 1u);
}

TEST(WriteFile, AFileWhereAFolderMustBeIsAnError) {
  const TempFolder folder;
  folder.write("file", "old");
  EXPECT_THAT(message_of([&] { write_file_atomically(folder / "file/below", "new"); }),
              ::testing::StartsWith("cannot create the directory "));
  EXPECT_EQ(folder.read("file"), "old");
}

TEST(WriteFile, AReaderNeverSeesAPart) {
  const TempFolder folder;
  const std::string path = folder / "file";
  const std::string one(300'000, '1');
  const std::string two(100'000, '2');
  write_file_atomically(path, one);
  std::atomic<bool> stop{false};
  std::atomic<int> parts{0};
  std::thread reader([&] {
    while (!stop) {
      const auto content = read_file(path);
      if (content != one && content != two) ++parts;
    }
  });
  for (int i = 0; i < 50; ++i) write_file_atomically(path, i % 2 == 0 ? two : one);
  stop = true;
  reader.join();
  EXPECT_EQ(parts, 0);
}

TEST(MakeDirectories, MakesAllOfThemAndMayBeRepeated) {
  const TempFolder folder;
  make_directories(folder / "a/b/c");
  make_directories(folder / "a/b/c");
  EXPECT_TRUE(std::filesystem::is_directory(folder / "a/b/c"));
}

TEST(AbsolutePath, IsResolvedBySpelling) {
  EXPECT_EQ(absolute_path("a", "/x/y"), "/x/y/a");
  EXPECT_EQ(absolute_path("", "/x/y"), "/x/y");
  EXPECT_EQ(absolute_path("./a//b/../c/", "/x"), "/x/a/c");
  EXPECT_EQ(absolute_path("../../..", "/x/y"), "/");
  EXPECT_EQ(absolute_path("/a/../..", "/x"), "/");
  EXPECT_EQ(absolute_path("...", "/"), "/...");
}

TEST(RelativePath, LeadsFromOneToTheOther) {
  EXPECT_EQ(relative_path("/x/y/a", "/x/y"), "a");
  EXPECT_EQ(relative_path("/x/y", "/x/y"), ".");
  EXPECT_EQ(relative_path("/x", "/x/y/z"), "../..");
  EXPECT_EQ(relative_path("/x/yy", "/x/y"), "../yy");
  EXPECT_EQ(relative_path("/", "/a"), "..");
  EXPECT_EQ(relative_path("/a", "/"), "a");
}

TEST(RelativePath, IsUndoneByAbsolutePath) {
  std::mt19937 random(2);
  auto some_path = [&] {
    std::string path;
    for (auto steps = random() % 5; steps > 0; --steps) path += std::string("/") + "abc"[random() % 3];
    return path.empty() ? "/" : path;
  };
  for (int i = 0; i < 2000; ++i) {
    const std::string path = some_path();
    const std::string base = some_path();
    EXPECT_EQ(absolute_path(relative_path(path, base), base), path) << "from " << base;
  }
}

}  // namespace
}  // namespace ixian::files
