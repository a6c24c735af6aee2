#include "task/tree_walk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"

namespace ixian::task {
namespace {

// Digests are the first bytes of the file.
class PrefixReader : public FileReader {
 public:
  explicit PrefixReader(std::atomic<int>& reads) : reads_(reads) {}

  bool recall(const struct stat&, base::Sha256Bytes&) override { return false; }
  int read(int fd, const struct stat&, base::Sha256Bytes& digest) override {
    ++reads_;
    digest = {};
    return ::read(fd, digest.data(), digest.size()) < 0 ? errno : 0;
  }

 private:
  std::atomic<int>& reads_;
};

class BrokenReader : public FileReader {
 public:
  bool recall(const struct stat&, base::Sha256Bytes&) override { return false; }
  int read(int, const struct stat&, base::Sha256Bytes&) override { return EIO; }
};

class TreeWalkTest : public ::testing::Test {
 protected:
  TreeWalkTest() {
    std::string name = ::testing::TempDir() + "tree_walk_test.XXXXXX";
    root_ = ::mkdtemp(name.data());
    fd_ = open_folder(AT_FDCWD, root_, 0);
    options_.make_reader = [this] { return std::make_unique<PrefixReader>(reads_); };
  }
  ~TreeWalkTest() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& content = "x") {
    const std::filesystem::path file = root_ + "/" + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << content;
  }

  Tree walk_paths(const std::vector<std::string>& paths) { return walk(fd_.get(), paths, options_); }

  // "path content" of every file below the first path asked for.
  static std::vector<std::string> lines(const Tree& tree) {
    std::vector<std::string> found;
    for_each_file(*tree.top.entries[0].folder, [&](std::string_view path, const DirEntry& entry) {
      const auto* text = reinterpret_cast<const char*>(entry.digest.data());
      found.push_back(std::string(path) + " " + std::string(text, ::strnlen(text, 32)));
    });
    return found;
  }

  std::string root_;
  files::UniqueFd fd_;
  WalkOptions options_;
  std::atomic<int> reads_ = 0;
};

TEST_F(TreeWalkTest, FilesComeInTheOrderOfTheirWholePaths) {
  const std::vector<std::string> paths = {"a!b", "a/z", "a/z.b/c", "a/z/c", "a-b", "a0", "b", "a.b/c"};
  std::vector<std::string> expected;
  for (const std::string& path : paths) {
    if (path == "a/z") continue;
    write("top/" + path, "=" + path);
    expected.push_back(path + " =" + path);
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(lines(walk_paths({"top"})), expected);
}

TEST_F(TreeWalkTest, EveryPathAskedForHasItsEntry) {
  write("file");
  write("folder/inner");
  ::chmod((root_ + "/file").c_str(), 0700);
  ::symlink("nowhere", (root_ + "/broken").c_str());
  ::symlink("file", (root_ + "/link").c_str());
  ::symlink("circle", (root_ + "/circle").c_str());
  ::mkfifo((root_ + "/fifo").c_str(), 0600);
  const Tree tree = walk_paths({"file", "folder", "broken", "link", "circle", "fifo", "missing", "file/below",
                                root_ + "/folder", "."});
  const std::vector<FileKind> expected = {
      FileKind::kExecutable, FileKind::kFolder, FileKind::kLink,   FileKind::kExecutable, FileKind::kLink,
      FileKind::kAbsent,     FileKind::kAbsent, FileKind::kAbsent, FileKind::kFolder,     FileKind::kFolder};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(tree.top.entries[i].kind, expected[i]) << tree.top.name(tree.top.entries[i]);
  }
}

TEST_F(TreeWalkTest, WhatHasNoContentIsPassedOver) {
  write("top/file");
  write("top/.git/HEAD");
  write("top/sub/.git");
  write("top/.gitignore");
  std::filesystem::create_directories(root_ + "/top/empty/emptier");
  ::mkfifo((root_ + "/top/fifo").c_str(), 0600);
  EXPECT_EQ(lines(walk_paths({"top"})), std::vector<std::string>({".gitignore x", "file x"}));
}

TEST_F(TreeWalkTest, LinksBelowAreNotFollowed) {
  write("top/sub/file");
  ::symlink("..", (root_ + "/top/sub/loop").c_str());
  ::symlink("sub", (root_ + "/top/folder").c_str());
  ::symlink("sub/file", (root_ + "/top/link").c_str());
  const Tree tree = walk_paths({"top"});
  EXPECT_EQ(lines(tree).size(), 4u);
  EXPECT_EQ(find_entry(*tree.top.entries[0].folder, "folder")->kind, FileKind::kLink);
  EXPECT_EQ(find_entry(*tree.top.entries[0].folder, "folder/file"), nullptr);
}

TEST_F(TreeWalkTest, EntriesAreFoundByPath) {
  for (const char* path : {"t/a.b", "t/a/x", "t/a0/y", "t/a-"}) write(path);
  const Tree tree = walk_paths({"t"});
  const DirNode& top = *tree.top.entries[0].folder;
  for (const char* path : {"a.b", "a/x", "a0/y", "a-"}) {
    ASSERT_NE(find_entry(top, path), nullptr) << path;
    EXPECT_EQ(find_entry(top, path)->kind, FileKind::kFile) << path;
  }
  EXPECT_EQ(find_entry(top, "a")->kind, FileKind::kFolder);
  for (const char* path : {"b", "a/y", "a.b/x", "a/x/z", ""}) {
    EXPECT_EQ(find_entry(top, path), nullptr) << path;
  }
}

TEST_F(TreeWalkTest, SkippedFoldersAreAbsentByWhateverName) {
  write("top/out/file");
  write("top/src/file");
  ::symlink("top/out", (root_ + "/alias").c_str());
  struct stat status;
  ASSERT_EQ(::stat((root_ + "/top/out").c_str(), &status), 0);
  options_.skip = {folder_id(status)};
  const Tree tree = walk_paths({"top", "alias"});
  EXPECT_EQ(lines(tree), std::vector<std::string>({"src/file x"}));
  EXPECT_TRUE(tree.top.entries[1].folder->absent);
}

TEST_F(TreeWalkTest, ManyThreadsReadEachFileOnce) {
  std::set<std::string> expected;
  for (int i = 0; i < 1200; ++i) {  // one wide folder and many small ones
    const std::string path =
        i % 2 == 0 ? "wide/f" + std::to_string(i)
                   : "d" + std::to_string(i % 97) + "/e" + std::to_string(i % 7) + "/f" + std::to_string(i);
    write("top/" + path, std::to_string(i));
    expected.insert(path + " " + std::to_string(i));
  }
  for (unsigned threads : {1u, 2u, 8u}) {
    options_.threads = threads;
    reads_ = 0;
    const std::vector<std::string> found = lines(walk_paths({"top"}));
    EXPECT_EQ(std::set<std::string>(found.begin(), found.end()), expected);
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end(), [](const auto& a, const auto& b) {
      return a.substr(0, a.find(' ')) < b.substr(0, b.find(' '));
    }));
    EXPECT_EQ(reads_, 1200);
  }
}

// Builds a chain of folders that no path can name, and removes it.
class DeepChain {
 public:
  DeepChain(int root, int depth, bool forked) : root_(::dup(root)) {
    int at = ::dup(root);
    for (int i = 0; i < depth; ++i) {
      ::mkdirat(at, "d", 0777);
      if (forked) ::mkdirat(at, "e", 0777);
      const int next = ::openat(at, "d", O_RDONLY | O_DIRECTORY);
      ::close(at);
      at = next;
    }
    ::close(::openat(at, "bottom", O_CREAT | O_WRONLY, 0666));
    ::close(at);
  }
  ~DeepChain() {  // each folder's child is moved up before the folder goes
    ::renameat(root_, "d", root_, "chain");
    while (true) {
      ::unlinkat(root_, "chain/e", AT_REMOVEDIR);
      ::unlinkat(root_, "chain/bottom", 0);
      const bool deeper = ::renameat(root_, "chain/d", root_, "rest") == 0;
      if (::unlinkat(root_, "chain", AT_REMOVEDIR) != 0 || !deeper) break;
      ::renameat(root_, "rest", root_, "chain");
    }
    ::close(root_);
  }
  DeepChain(const DeepChain&) = delete;
  DeepChain& operator=(const DeepChain&) = delete;

 private:
  int root_;
};

TEST_F(TreeWalkTest, AChainOfFoldersMayBeLongerThanAnyPath) {
  const DeepChain chain(fd_.get(), 5000, false);
  const std::vector<std::string> found = lines(walk_paths({"."}));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].size(), 2 * 5000 + std::string("bottom ").size());
}

TEST_F(TreeWalkTest, DeepFoldersDoNotExhaustDescriptors) {
  const DeepChain chain(fd_.get(), 400, true);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit low = before;
  low.rlim_cur = 128;
  ::setrlimit(RLIMIT_NOFILE, &low);
  options_.threads = 4;
  EXPECT_EQ(lines(walk_paths({"."})).size(), 1u);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(TreeWalkTest, APathMayBeLongerThanTheSystemTakes) {
  const DeepChain chain(fd_.get(), 2500, false);
  std::string path;
  for (int i = 0; i < 2500; ++i) path += "d/";
  const Tree tree = walk_paths({path + "bottom", path + "missing", path.substr(0, 4501)});
  EXPECT_EQ(tree.top.entries[0].kind, FileKind::kFile);
  EXPECT_EQ(tree.top.entries[1].kind, FileKind::kAbsent);
  EXPECT_EQ(tree.top.entries[2].kind, FileKind::kFolder);
}

TEST_F(TreeWalkTest, AFailureNamesThePath) {
  write("top/sub/a\nb");
  options_.make_reader = [] { return std::make_unique<BrokenReader>(); };
  for (const char* path : {"top", "top/sub/a\nb"}) {
    try {
      walk_paths({path});
      FAIL();
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kTaskFailed);
      EXPECT_STREQ(error.what(), "cannot read top/sub/a\\x0ab: input/output error");
    }
  }
}

TEST_F(TreeWalkTest, AFailureEndsAllThreads) {
  for (int i = 0; i < 600; ++i) write("top/d" + std::to_string(i % 50) + "/" + std::to_string(i));
  options_.threads = 8;
  options_.make_reader = [] { return std::make_unique<BrokenReader>(); };
  EXPECT_THROW(walk_paths({"top"}), base::Error);
}

TEST_F(TreeWalkTest, FilesThatComeAndGoAreNoFailure) {
  write("top/stays");
  std::atomic<bool> stop = false;
  std::thread restless([&] {
    while (!stop) {
      write("top/goes/file");
      std::filesystem::remove_all(root_ + "/top/goes");
    }
  });
  for (int i = 0; i < 300; ++i) EXPECT_GE(lines(walk_paths({"top", "top/goes/file"})).size(), 1u);
  stop = true;
  restless.join();
}

}  // namespace
}  // namespace ixian::task
