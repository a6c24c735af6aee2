#include "task/glob.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace ixian::task {
namespace {

using Paths = std::vector<std::string>;

class GlobTest : public ::testing::Test {
 protected:
  GlobTest() {
    std::string name = ::testing::TempDir() + "glob_test.XXXXXX";
    root_ = ::mkdtemp(name.data());
    fd_ = open_folder(AT_FDCWD, root_, 0);
  }
  ~GlobTest() override { std::filesystem::remove_all(root_); }

  void touch(const std::string& path) {
    const std::filesystem::path file = root_ + "/" + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << path;
  }
  void link(const std::string& path, const std::string& target) {
    std::filesystem::create_symlink(target, root_ + "/" + path);
  }

  Paths expand_sorted(const std::string& pattern, const std::vector<FolderId>& skip = {}) {
    Paths paths = expand(fd_.get(), pattern, skip);
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
    return paths;
  }

  std::string root_;
  files::UniqueFd fd_;
};

TEST_F(GlobTest, AWildcardStaysWithinItsFolder) {
  for (const char* path : {"a.py", "b.txt", "sub/c.py", "sub/deep/d.py"}) touch(path);
  EXPECT_EQ(expand_sorted("*.py"), Paths({"a.py"}));
  EXPECT_EQ(expand_sorted("*/*.py"), Paths({"sub/c.py"}));
  EXPECT_EQ(expand_sorted("sub/*"), Paths({"sub/c.py", "sub/deep"}));
  EXPECT_EQ(expand_sorted("*.rs"), Paths());
  EXPECT_EQ(expand_sorted("nowhere/*"), Paths());
  EXPECT_EQ(expand_sorted("a.py/*"), Paths());
}

TEST_F(GlobTest, TwoStarsAreAnyNumberOfFolders) {
  for (const char* path : {"a.py", "sub/c.py", "sub/deep/d.py", "sub/deep/e.txt"}) touch(path);
  EXPECT_EQ(expand_sorted("**/*.py"), Paths({"a.py", "sub/c.py", "sub/deep/d.py"}));
  EXPECT_EQ(expand_sorted("**/deep/*"), Paths({"sub/deep/d.py", "sub/deep/e.txt"}));
  EXPECT_EQ(expand_sorted("sub/**/d.py"), Paths({"sub/deep/d.py"}));
  EXPECT_EQ(expand_sorted("**/**/*.txt"), Paths({"sub/deep/e.txt"}));
}

TEST_F(GlobTest, TwoStarsAtTheEndAreAllThereIs) {
  for (const char* path : {"a", "sub/b", "sub/deep/c"}) touch(path);
  EXPECT_EQ(expand_sorted("sub/**"), Paths({"sub", "sub/b", "sub/deep", "sub/deep/c"}));
  EXPECT_EQ(expand_sorted("**"), Paths({"a", "sub", "sub/b", "sub/deep", "sub/deep/c"}));
  EXPECT_EQ(expand_sorted("a/**"), Paths());
}

TEST_F(GlobTest, TwoStarsDoNotEnterHiddenFolders) {
  for (const char* path : {".venv/a.py", "sub/.cache/b.py", "sub/.c.py", "d.py"}) touch(path);
  EXPECT_EQ(expand_sorted("**/*.py"), Paths({"d.py"}));
  EXPECT_EQ(expand_sorted("sub/**"), Paths({"sub"}));
  EXPECT_EQ(expand_sorted("**/.*.py"), Paths({"sub/.c.py"}));
  EXPECT_EQ(expand_sorted("**/.cache/*"), Paths({"sub/.cache/b.py"}));
}

TEST_F(GlobTest, OneStarFollowsLinksAndTwoDoNot) {
  touch("real/a.py");
  link("linked", "real");
  link("real/loop", "..");
  EXPECT_EQ(expand_sorted("*/*.py"), Paths({"linked/a.py", "real/a.py"}));
  EXPECT_EQ(expand_sorted("**/*.py"), Paths({"real/a.py"}));
  EXPECT_EQ(expand_sorted("real/**"), Paths({"real", "real/a.py", "real/loop"}));
}

TEST_F(GlobTest, WhatFollowsAWildcardNeedNotExist) {
  touch("a/x");
  touch("b/y");
  EXPECT_EQ(expand_sorted("*/x"), Paths({"a/x", "b/x"}));
}

TEST_F(GlobTest, AFolderSpelledWithBracketsIsFoundAsItIs) {
  touch("pages/[id]/index.js");
  touch("pages/i/index.js");
  EXPECT_EQ(expand_sorted("pages/[id]/*.js"), Paths({"pages/[id]/index.js", "pages/i/index.js"}));
}

TEST_F(GlobTest, WildcardsDoNotLeadIntoSkippedFolders) {
  touch("out/a.py");
  touch("src/b.py");
  struct stat status;
  ASSERT_EQ(::stat((root_ + "/out").c_str(), &status), 0);
  const std::vector<FolderId> skip = {folder_id(status)};
  EXPECT_EQ(expand_sorted("**/*.py", skip), Paths({"src/b.py"}));
  EXPECT_EQ(expand_sorted("*/*.py", skip), Paths({"src/b.py"}));
  EXPECT_EQ(expand_sorted("out/*.py", skip), Paths({"out/a.py"}));
}

TEST_F(GlobTest, AbsolutePatternsGiveAbsolutePaths) {
  touch("a.py");
  EXPECT_EQ(expand_sorted(root_ + "/*.py"), Paths({root_ + "/a.py"}));
}

}  // namespace
}  // namespace ixian::task
