#include "files/stat_cache.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace ixian::files {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;
constexpr std::int64_t kStart = 20'000 * kDay;

std::int64_t now_ns = kStart;
constexpr CacheClock kTestClock{[] { return now_ns; }};

// A file of 7 bytes that was last touched at the given time.
struct stat file(std::uint64_t inode, std::int64_t touched_ns = kStart - 10 * kSecond) {
  struct stat status {};
  status.st_dev = 5;
  status.st_ino = inode;
  status.st_size = 7;
  status.st_mtim.tv_sec = touched_ns / kSecond;
  status.st_mtim.tv_nsec = touched_ns % kSecond;
  status.st_ctim = status.st_mtim;
  return status;
}

base::Sha256Bytes digest_of(std::uint64_t value) {
  base::Sha256 hash;
  hash.update(std::to_string(value));
  return hash.finish();
}

class StatCacheTest : public ::testing::Test {
 protected:
  StatCacheTest() {
    std::string name = ::testing::TempDir() + "stat_cache_test.XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/made/later/cache";
    now_ns = kStart;
  }
  ~StatCacheTest() override { std::filesystem::remove_all(folder_); }

  bool knows(StatCache& cache, const struct stat& status) {
    base::Sha256Bytes digest{};
    return cache.find(status, digest) && digest == digest_of(status.st_ino);
  }
  void store(StatCache& cache, const struct stat& status) {
    cache.store(status, now_ns, digest_of(status.st_ino));
  }
  void save(const std::vector<std::uint64_t>& inodes) {
    StatCache cache(path_, kTestClock);
    for (std::uint64_t inode : inodes) store(cache, file(inode));
    ASSERT_TRUE(cache.save());
  }
  bool saved(std::uint64_t inode) {
    StatCache cache(path_, kTestClock);
    return knows(cache, file(inode));
  }
  std::string content() {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void set_content(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
  }

  std::string folder_;
  std::string path_;
};

TEST_F(StatCacheTest, RemembersWithinTheProcessAndAfterIt) {
  StatCache cache(path_, kTestClock);
  EXPECT_FALSE(knows(cache, file(1)));
  store(cache, file(1));
  EXPECT_TRUE(knows(cache, file(1)));
  EXPECT_TRUE(cache.save());
  EXPECT_TRUE(saved(1));
  EXPECT_FALSE(saved(2));
}

TEST_F(StatCacheTest, EveryPartOfTheKeyCounts) {
  save({1});
  StatCache cache(path_, kTestClock);
  std::vector<struct stat> others(5, file(1));
  others[0].st_dev += 1;
  others[1].st_size += 1;
  others[2].st_mtim.tv_nsec += 1;
  others[3].st_ctim.tv_nsec += 1;
  others[4].st_ino += 1;
  base::Sha256Bytes digest;
  for (const struct stat& other : others) EXPECT_FALSE(cache.find(other, digest));
  EXPECT_TRUE(cache.find(file(1), digest));
}

TEST_F(StatCacheTest, ThousandsOfFilesAreKeptApart) {
  std::vector<std::uint64_t> inodes(5000);
  for (std::size_t i = 0; i < inodes.size(); ++i) inodes[i] = i * 4096;
  save(inodes);
  StatCache cache(path_, kTestClock);
  for (std::uint64_t inode : inodes) ASSERT_TRUE(knows(cache, file(inode)));
  EXPECT_FALSE(knows(cache, file(1)));
}

TEST_F(StatCacheTest, AChangedFileReplacesItsOldRecord) {
  save({1, 2});
  const auto size = std::filesystem::file_size(path_);
  StatCache cache(path_, kTestClock);
  now_ns += 100 * kSecond;
  const struct stat changed = file(1, now_ns - 50 * kSecond);
  store(cache, changed);
  EXPECT_TRUE(knows(cache, changed));
  EXPECT_TRUE(cache.save());
  EXPECT_EQ(std::filesystem::file_size(path_), size);
  StatCache next(path_, kTestClock);
  EXPECT_TRUE(knows(next, changed));
  EXPECT_TRUE(knows(next, file(2)));
  EXPECT_FALSE(knows(next, file(1)));
}

TEST_F(StatCacheTest, AFileTouchedJustBeforeItWasReadIsNotStored) {
  StatCache cache(path_, kTestClock);
  store(cache, file(1, now_ns - kTestClock.settled_ns));
  EXPECT_FALSE(knows(cache, file(1, now_ns - kTestClock.settled_ns)));
  store(cache, file(1, now_ns - kTestClock.settled_ns - 1));
  EXPECT_TRUE(knows(cache, file(1, now_ns - kTestClock.settled_ns - 1)));
}

TEST_F(StatCacheTest, AnOldMtimeDoesNotHideAFreshCtime) {
  StatCache cache(path_, kTestClock);
  struct stat status = file(1);
  status.st_ctim.tv_sec = now_ns / kSecond;
  store(cache, status);
  EXPECT_FALSE(knows(cache, status));
}

TEST_F(StatCacheTest, StampsInTheFutureAreNotStored) {
  StatCache cache(path_, kTestClock);
  struct stat status = file(1);
  status.st_mtim.tv_sec = now_ns / kSecond + 3600;
  store(cache, status);
  EXPECT_FALSE(knows(cache, status));
}

TEST_F(StatCacheTest, ADamagedFileIsAnEmptyCache) {
  save({1, 2, 3});
  const std::string whole = content();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    set_content(damaged);
    ASSERT_FALSE(saved(1)) << "byte " << at;
  }
  for (std::size_t size : {std::size_t{0}, std::size_t{5}, whole.size() - 80, whole.size() - 1}) {
    set_content(whole.substr(0, size));
    EXPECT_FALSE(saved(1)) << size << " bytes";
  }
  set_content(whole + std::string(80, '\0'));
  EXPECT_FALSE(saved(1));
  set_content(whole);
  EXPECT_TRUE(saved(1));
}

TEST_F(StatCacheTest, ADamagedFileIsReplaced) {
  save({1});
  set_content("rubbish");
  save({2});
  EXPECT_TRUE(saved(2));
}

TEST_F(StatCacheTest, NothingNewMeansNoWrite) {
  save({1});
  const auto inode_of = [this] {
    struct stat status {};
    ::stat(path_.c_str(), &status);
    return status.st_ino;
  };
  const auto before = inode_of();
  now_ns += kCacheRefreshDays * kDay;
  StatCache cache(path_, kTestClock);
  EXPECT_TRUE(knows(cache, file(1)));
  EXPECT_TRUE(cache.save());
  EXPECT_EQ(inode_of(), before);
}

TEST_F(StatCacheTest, WhatIsUsedStaysAndTheRestGoesInTheEnd) {
  save({1, 2});
  for (std::uint32_t day = 0; day <= kCacheKeepDays; ++day) {
    now_ns += kDay;
    StatCache cache(path_, kTestClock);
    EXPECT_TRUE(knows(cache, file(1)));
    EXPECT_TRUE(cache.save());
  }
  now_ns += kCacheRefreshDays * kDay;
  {
    StatCache cache(path_, kTestClock);
    EXPECT_TRUE(knows(cache, file(1)));
    EXPECT_TRUE(cache.save());
  }
  EXPECT_TRUE(saved(1));
  EXPECT_FALSE(saved(2));
}

TEST_F(StatCacheTest, NoTemporaryFilesStayBehind) {
  save({1});
  save({2});
  const std::filesystem::directory_iterator entries(folder_ + "/made/later");
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST_F(StatCacheTest, AnUnwritablePlaceIsNoError) {
  std::ofstream(folder_ + "/made") << "a file, not a folder";
  StatCache cache(path_, kTestClock);
  store(cache, file(1));
  EXPECT_FALSE(cache.save());
  EXPECT_TRUE(knows(cache, file(1)));
}

TEST_F(StatCacheTest, ThreadsMayFindStoreAndSaveAtOnce) {
  save({1, 2, 3});
  StatCache cache(path_, kTestClock);
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::uint64_t i = 0; i < 500; ++i) {
        store(cache, file(10 + (i + thread * 250) % 1000));
        EXPECT_TRUE(knows(cache, file(1 + i % 3)));
        if (i % 100 == 0) {
          EXPECT_TRUE(cache.save());
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(cache.save());
  for (std::uint64_t inode : {1u, 3u, 10u, 1009u}) EXPECT_TRUE(saved(inode));
}

}  // namespace
}  // namespace ixian::files
