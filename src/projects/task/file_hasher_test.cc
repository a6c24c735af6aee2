#include "task/file_hasher.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "files/fs.h"

namespace ixian::task {
namespace {

using base::Json;
using base::sha256_hex;
using Patterns = std::vector<std::string>;

// A clock by which every file was last touched long ago.
constexpr files::CacheClock kLater{[] { return files::CacheClock::system_now_ns() + 3'600'000'000'000; }};

std::string file_digest(const std::string& mode, const std::string& content) {
  return "sha256:" + sha256_hex(mode + " " + sha256_hex(content) + "\n");
}

std::string line(const std::string& mode, const std::string& content, const std::string& path) {
  return mode + " " + sha256_hex(content) + " " + path + '\0';
}

std::string folder_digest(const std::string& lines) {
  return "sha256:" + sha256_hex(lines);
}

class FileHasherTest : public ::testing::Test {
 protected:
  FileHasherTest() {
    std::string name = ::testing::TempDir() + "file_hasher_test.XXXXXX";
    base_ = ::mkdtemp(name.data());
    ::chmod(base_.c_str(), 0755);
    root_ = base_ + "/project";
    std::filesystem::create_directories(root_);
  }
  ~FileHasherTest() override { std::filesystem::remove_all(base_); }

  std::string at(const std::string& path) const { return root_ + "/" + path; }
  void write(const std::string& path, const std::string& content) {
    std::filesystem::create_directories(std::filesystem::path(at(path)).parent_path());
    std::ofstream(at(path), std::ios::trunc) << content;
  }
  void link(const std::string& path, const std::string& target) {
    std::filesystem::remove(at(path));
    std::filesystem::create_symlink(target, at(path));
  }

  FileHashes hashes(const Patterns& patterns, files::CacheClock clock = files::kSystemClock) {
    FileHasher hasher(root_, {at("builder")}, base_ + "/cache", 2, clock);
    return hasher.hash(patterns, true);
  }
  Json state(const Patterns& patterns) { return hashes(patterns).state; }
  Json details(const Patterns& patterns) { return hashes(patterns).details; }

  std::string error_for(const Patterns& patterns) {
    try {
      state(patterns);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kTaskFailed);
      return error.message();
    }
    return "no error";
  }

  std::string base_;
  std::string root_;
};

TEST_F(FileHasherTest, AFileIsItsModeAndItsContent) {
  write("a.py", "hello");
  EXPECT_EQ(state({"a.py"}), Json({{"a.py", file_digest("100644", "hello")}}));
  EXPECT_EQ(details({"a.py"}), Json({{"a.py", "100644 " + sha256_hex("hello")}}));
}

TEST_F(FileHasherTest, AFolderIsTheListOfItsFiles) {
  write("src/b/x", "1");
  write("src/b.c", "2");
  write("src/a", "3");
  link("src/l", "a");
  ::chmod(at("src/a").c_str(), 0755);
  const std::string lines = line("100755", "3", "a") + line("100644", "2", "b.c") +
                            line("100644", "1", "b/x") + line("120000", "a", "l");
  EXPECT_EQ(state({"src/"}), Json({{"src", folder_digest(lines)}}));
  EXPECT_EQ(details({"src"}), Json({{"src/a", "100755 " + sha256_hex("3")},
                                    {"src/b.c", "100644 " + sha256_hex("2")},
                                    {"src/b/x", "100644 " + sha256_hex("1")},
                                    {"src/l", "120000 " + sha256_hex("a")}}));
}

TEST_F(FileHasherTest, DetailsAreMadeOnDemandOnly) {
  write("a", "1");
  FileHasher hasher(root_, {}, base_ + "/cache", 1);
  EXPECT_EQ(hasher.hash({"a"}, false).details, Json::object());
}

TEST_F(FileHasherTest, FolderDigestIgnoresWhereTheFolderLies) {
  write("src/a/f", "1");
  write("src/g", "2");
  const Json before = state({"src"})["src"];
  std::filesystem::rename(at("src"), at("moved"));
  EXPECT_EQ(state({"moved"})["moved"], before);
}

TEST_F(FileHasherTest, StateIgnoresTheProjectsPlaceModesAndTimes) {
  write("src/f", "1");
  write("src/g", "2");
  ::chmod(at("src/g").c_str(), 0700);
  const Patterns patterns = {"src", "*/f", "."};
  const FileHashes before = hashes(patterns);
  std::filesystem::rename(root_, base_ + "/elsewhere");
  root_ = base_ + "/elsewhere";
  ::chmod(at("src/f").c_str(), 0600);
  ::chmod(at("src/g").c_str(), 0777);
  ::chmod(at("src").c_str(), 0700);
  const timespec long_ago[2] = {{1000, 0}, {1000, 0}};
  ::utimensat(AT_FDCWD, at("src/f").c_str(), long_ago, 0);
  const FileHashes after = hashes(patterns);
  EXPECT_EQ(after.state, before.state);
  EXPECT_EQ(after.details, before.details);
}

TEST_F(FileHasherTest, EveryChangeOfContentShows) {
  write("src/f", "1");
  write("src/g", "1");
  std::vector<Json> seen = {state({"src"})};
  auto expect_new = [&](const char* what) {
    const Json now = state({"src"});
    for (const Json& before : seen) EXPECT_NE(now, before) << what;
    seen.push_back(now);
  };
  write("src/f", "2");
  expect_new("content");
  ::chmod(at("src/f").c_str(), 0744);
  expect_new("executable bit");
  std::filesystem::rename(at("src/f"), at("src/h"));
  expect_new("name");
  write("src/sub/h", "2");
  expect_new("new file");
  link("src/l", "f");
  expect_new("new link");
  link("src/l", "g");
  expect_new("link's target");
  std::filesystem::remove(at("src/l"));
  write("src/l", "g");
  expect_new("file in place of a link");
  std::filesystem::remove(at("src/g"));
  expect_new("removed file");
}

TEST_F(FileHasherTest, GroupAndOthersExecutableBitsDoNotCount) {
  write("a", "1");
  const Json before = state({"a"});
  ::chmod(at("a").c_str(), 0655);
  EXPECT_EQ(state({"a"}), before);
}

TEST_F(FileHasherTest, MissingPathsAreNullAndMissingMatchesNothing) {
  write("a.py", "1");
  EXPECT_EQ(state({"gone", "a.py/below", "*.rs", "*/x", std::string("a\0b", 3)}),
            Json({{"gone", nullptr}, {"a.py/below", nullptr}, {"a\\x00b", nullptr}}));
  EXPECT_EQ(state({"[x].js"}), Json::object());
}

TEST_F(FileHasherTest, KeysAreNormalisedPathsOfTheProject) {
  write("src/f", "1");
  write("../outside", "2");
  const Json all = state({"./src/", "src//f", "src/../src/f", root_ + "/src", ".", "../outside"});
  std::vector<std::string> keys;
  for (const auto& [key, value] : all.items()) keys.push_back(key);
  EXPECT_EQ(keys, std::vector<std::string>({".", base_ + "/outside", "src", "src/f"}));
  EXPECT_EQ(state({""}), state({"."}));
}

TEST_F(FileHasherTest, EmptyFoldersCountOnlyWhereNamed) {
  write("src/f", "1");
  const Json before = state({"src"});
  std::filesystem::create_directories(at("src/empty/emptier"));
  EXPECT_EQ(state({"src"}), before);
  EXPECT_EQ(state({"src/empty"}), Json({{"src/empty", folder_digest("")}}));
  EXPECT_EQ(state({"src/*"}), Json({{"src/f", file_digest("100644", "1")}}));
}

TEST_F(FileHasherTest, LinksThatAreNamedAreFollowed) {
  write("src/f", "1");
  link("to_file", "src/f");
  link("to_folder", "src");
  link("broken", "nowhere");
  link("loop", "loop");
  const Json all = state({"to_file", "to_folder", "broken", "loop", "loop/x", "to_folder/f"});
  EXPECT_EQ(all["to_file"], file_digest("100644", "1"));
  EXPECT_EQ(all["to_folder"], state({"src"})["src"]);
  EXPECT_EQ(all["broken"], file_digest("120000", "nowhere"));
  EXPECT_EQ(all["loop"], file_digest("120000", "loop"));
  EXPECT_EQ(all["loop/x"], nullptr);
  EXPECT_EQ(all["to_folder/f"], file_digest("100644", "1"));
  EXPECT_EQ(state({"to_*"})["to_folder"], all["to_folder"]);
}

TEST_F(FileHasherTest, ALinkIsFollowedWhereItIsNamedEvenIfItsFolderIsNamedToo) {
  write("src/f", "1");
  link("src/l", "f");
  const Json all = state({"src", "src/l", "src/f", "src/gone"});
  EXPECT_EQ(all["src"], folder_digest(line("100644", "1", "f") + line("120000", "f", "l")));
  EXPECT_EQ(all["src/l"], file_digest("100644", "1"));
  EXPECT_EQ(all["src/f"], file_digest("100644", "1"));
  EXPECT_EQ(all["src/gone"], nullptr);
}

TEST_F(FileHasherTest, WhatCannotBeHashedIsPassedOver) {
  write("src/f", "1");
  const Json before = state({"src"});
  ASSERT_EQ(::mkfifo(at("src/fifo").c_str(), 0600), 0);
  EXPECT_EQ(state({"src"}), before);
  EXPECT_EQ(state({"src/fifo"}), Json({{"src/fifo", nullptr}}));
  EXPECT_EQ(state({"src/fif*"}), Json::object());
}

TEST_F(FileHasherTest, GitAndSkippedFoldersDoNotExist) {
  write("src/f", "1");
  const Patterns patterns = {".", "*", ".*", "**/*", "**", "builder"};
  const FileHashes before = hashes(patterns);
  write(".git/HEAD", "x");
  write("src/.git", "gitdir: elsewhere");
  write("builder/state.db", "x");
  write("builder/sub/f", "x");
  const FileHashes after = hashes(patterns);
  EXPECT_EQ(after.state, before.state);
  EXPECT_EQ(after.details, before.details);
  EXPECT_EQ(state({".git/HEAD", "builder/sub/f"}),
            Json({{".git/HEAD", file_digest("100644", "x")}, {"builder/sub/f", file_digest("100644", "x")}}));
}

TEST_F(FileHasherTest, NamesThatAreNotTextStayDifferent) {
  write("src/\xff", "1");
  const FileHashes first = hashes({"src", "src/*"});
  EXPECT_EQ(first.state["src"], folder_digest(line("100644", "1", "\xff")));
  EXPECT_TRUE(first.state.contains("src/\\xff"));
  EXPECT_TRUE(first.details.contains("src/\\xff"));
  std::filesystem::rename(at("src/\xff"), at("src/\xfe"));
  EXPECT_NE(state({"src"})["src"], first.state["src"]);
  EXPECT_NO_THROW(first.state.dump());
}

TEST_F(FileHasherTest, BracketsMayBePartOfAName) {
  write("[id].js", "1");
  write("i.js", "2");
  EXPECT_EQ(state({"[id].js"}),
            Json({{"[id].js", file_digest("100644", "1")}, {"i.js", file_digest("100644", "2")}}));
}

TEST_F(FileHasherTest, WhatIsNamedTwiceIsTheSameAsOnce) {
  for (int i = 0; i < 40; ++i) write("src/d" + std::to_string(i % 4) + "/f" + std::to_string(i), "x");
  const Json all = state({"**", "src/**/*", "src", "src/d0/f0"});
  EXPECT_EQ(all.size(), 1u + 4u + 40u);
  for (const auto& [key, value] : all.items()) EXPECT_EQ(value, state({key})[key]) << key;
}

TEST_F(FileHasherTest, UnreadableThingsAreToldByName) {
  write("src/x", "1");
  write("closed/y", "1");
  ::chmod(at("src/x").c_str(), 0);
  ::chmod(at("closed").c_str(), 0);
  const bool root = ::geteuid() == 0;
  ASSERT_EQ(::seteuid(root ? 65534 : ::geteuid()), 0);
  const std::string file = error_for({"src"});
  const std::string folder = error_for({"closed"});
  const std::string below = error_for({"closed/y"});
  const std::string matched = error_for({"closed/*"});
  ASSERT_EQ(::seteuid(root ? 0 : ::geteuid()), 0);
  ::chmod(at("closed").c_str(), 0755);
  EXPECT_EQ(file, "cannot read src/x: permission denied");
  EXPECT_EQ(folder, "cannot read closed: permission denied");
  EXPECT_EQ(below, "cannot read closed/y: permission denied");
  EXPECT_EQ(matched, "cannot read closed: permission denied");
}

TEST_F(FileHasherTest, AProjectThatIsGoneIsAnError) {
  std::filesystem::remove_all(root_);
  EXPECT_EQ(error_for({"a"}), "cannot read " + root_ + ": no such file or directory");
}

TEST_F(FileHasherTest, UnchangedFilesAreReadOnce) {
  for (int i = 0; i < 100; ++i) write("src/" + std::to_string(i), std::to_string(i));
  Json before;
  {
    FileHasher hasher(root_, {}, base_ + "/cache", 2, kLater);
    before = hasher.hash({"src"}, true).state;
    EXPECT_EQ(hasher.counts().read, 100u);
    EXPECT_EQ(hasher.counts().bytes_read, 190u);
    EXPECT_EQ(hasher.hash({"src/*"}, true).state.size(), 100u);
    EXPECT_EQ(hasher.counts().read, 100u);
  }
  FileHasher hasher(root_, {}, base_ + "/cache", 2, kLater);
  EXPECT_EQ(hasher.hash({"src"}, true).state, before);
  EXPECT_EQ(hasher.counts().looked_at, 100u);
  EXPECT_EQ(hasher.counts().read, 0u);
}

TEST_F(FileHasherTest, ADamagedCacheCostsTimeOnly) {
  write("f", "1");
  const Json before = hashes({"f"}, kLater).state;
  std::filesystem::resize_file(base_ + "/cache", std::filesystem::file_size(base_ + "/cache") - 9);
  FileHasher hasher(root_, {}, base_ + "/cache", 2, kLater);
  EXPECT_EQ(hasher.hash({"f"}, false).state, before);
  EXPECT_EQ(hasher.counts().read, 1u);
}

TEST_F(FileHasherTest, AChangeWithinTheClocksGrainIsNoticed) {
  write("f", "old!");
  FileHasher hasher(root_, {}, base_ + "/cache", 1);
  for (int i = 0; i < 200; ++i) {
    struct stat before {};
    ::stat(at("f").c_str(), &before);
    const Json old = hasher.hash({"f"}, false).state;
    write("f", i % 2 == 0 ? "new!" : "old!");
    const timespec times[2] = {before.st_atim, before.st_mtim};
    ::utimensat(AT_FDCWD, at("f").c_str(), times, 0);
    ASSERT_NE(hasher.hash({"f"}, false).state, old);
  }
}

TEST_F(FileHasherTest, AnOldMtimeDoesNotHideAChange) {
  write("f", "old!");
  const timespec long_ago[2] = {{1000, 0}, {1000, 0}};
  ::utimensat(AT_FDCWD, at("f").c_str(), long_ago, 0);
  FileHasher hasher(root_, {}, base_ + "/cache", 1, kLater);
  const Json old = hasher.hash({"f"}, false).state;
  ::usleep(20'000);  // kLater trusts every stamp, so this change must get another one
  write("f", "new!");
  ::utimensat(AT_FDCWD, at("f").c_str(), long_ago, 0);
  EXPECT_NE(hasher.hash({"f"}, false).state, old);
}

TEST_F(FileHasherTest, AFileThatKeepsGrowingIsReadToAnEndAndNotRemembered) {
  write("log", "");
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    std::ofstream out(at("log"), std::ios::app);
    while (!stop && out.tellp() < (64 << 20)) out << std::string(4096, 'x') << std::flush;
  });
  FileHasher hasher(root_, {}, base_ + "/cache", 1, kLater);
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(hasher.hash({"log"}, false).state["log"].is_string());
  }
  stop = true;
  writer.join();
  const std::string content(std::filesystem::file_size(at("log")), 'x');
  EXPECT_EQ(hasher.hash({"log"}, false).state["log"], file_digest("100644", content));
}

TEST_F(FileHasherTest, ThreadsMayHashAtOnce) {
  for (int i = 0; i < 500; ++i) write("src/d" + std::to_string(i % 9) + "/" + std::to_string(i), "x");
  const Json expected = state({"src", "**/*1"});
  FileHasher hasher(root_, {}, base_ + "/cache", 2, kLater);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 5; ++j) {
        EXPECT_EQ(hasher.hash({"src", "**/*1"}, j % 2 == 0).state, expected);
        hasher.save_cache();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(FileHasherTest, RandomTreesHashAlikeHoweverTheyAreHashed) {
  std::mt19937 random(20240607);
  const auto pick = [&](unsigned count) { return static_cast<unsigned>(random() % count); };
  const Patterns patterns = {".", "a", "a/b", "**/*b", "*/[!a]*", "c?", "**", "a.", "missing"};
  for (int round = 0; round < 8; ++round) {
    for (unsigned i = 0, count = 1 + pick(200); i < count; ++i) {
      std::string path;
      for (unsigned depth = pick(4); depth > 0; --depth)
        path += std::string("abc")[pick(3)] + std::string(pick(2), '.') + "/";
      path += std::string("abc")[pick(3)] + std::string(1, "0.-b"[pick(4)]);
      std::error_code ignored;  // a file may be where a folder is wanted
      std::filesystem::create_directories(std::filesystem::path(at(path)).parent_path(), ignored);
      if (pick(8) == 0) std::filesystem::create_symlink(pick(2) == 0 ? ".." : "a0", at(path), ignored);
      std::ofstream(at(path)) << std::string(pick(3000), 'x') << pick(5);
      if (pick(5) == 0) ::chmod(at(path).c_str(), 0755);
    }
    FileHasher alone(root_, {}, base_ + "/none/" + std::to_string(round), 1);
    const FileHashes expected = alone.hash(patterns, true);
    ASSERT_FALSE(expected.details.empty());
    for (unsigned threads : {1u, 2u, 7u}) {
      FileHasher cached(root_, {}, base_ + "/cache", threads, kLater);
      for (int again = 0; again < 2; ++again) {
        const FileHashes found = cached.hash(patterns, true);
        ASSERT_EQ(found.state, expected.state);
        ASSERT_EQ(found.details, expected.details);
      }
    }
    ::usleep(20'000);  // as above
  }
}

TEST_F(FileHasherTest, TellsTheDigestOfAnOpenFileAndReadsItOnce) {
  write("a", "1");
  FileHasher hasher(root_, {}, base_ + "/cache", 1, kLater);
  for (int i = 0; i < 2; ++i) {
    const files::UniqueFd fd(::open(at("a").c_str(), O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(hasher.content_digest(fd.get(), "a"), sha256_hex("1"));
  }
  EXPECT_EQ(hasher.counts().read, 1u);
}

TEST_F(FileHasherTest, RefusesToDigestWhatIsNoFile) {
  FileHasher hasher(root_, {}, base_ + "/cache", 1);
  const files::UniqueFd fd(::open(root_.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_THROW(hasher.content_digest(fd.get(), "it"), base::Error);
}

}  // namespace
}  // namespace ixian::task
