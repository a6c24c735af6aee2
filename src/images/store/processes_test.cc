// Several processes on one store, processes that are killed, and a disk that is full.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <list>
#include <random>
#include <set>
#include <thread>

#include "base/error.h"
#include "layout/file_io.h"
#include "store/store.h"
#include "testing/child_process.h"
#include "testing/store_fixture.h"

namespace ixian::store {
namespace {

using ixian::testing::ChildProcess;
using ixian::testing::fill_with;
using ixian::testing::full_name;
using ixian::testing::kRepository;
using ixian::testing::put_blobs;
using ixian::testing::sample_image;
using ixian::testing::SampleImage;
using ixian::testing::StoreFixture;
using ixian::testing::TempFolder;
using namespace std::chrono_literals;
using ::testing::IsEmpty;

std::string name_of(int i) {
  return std::to_string(i);
}

// A small build: blobs, trees both ways, a listing, a cache entry, a name.
void build(Store& store, int seed, std::size_t size) {
  const std::string text = "build " + std::to_string(seed);
  const auto lease = store.lease();
  const SampleImage image = sample_image(text + std::string(size, 'x'), 2);
  const auto repo = store.images(kRepository);
  put_blobs(*repo, image);
  store.tree(image.manifest.layers[0].digest, fill_with(text));
  const auto work = store.work();
  std::filesystem::create_directory(work->path() + "/upper");
  fill_with(text)(work->path() + "/upper");
  store.adopt_tree(image.manifest.layers[1].digest, work->path() + "/upper");
  store.put_listing(image.manifest.layers[1].digest,
                    [&](int file, const std::string& path) { layout::write_at(file, text, 0, path); });
  repo->put_manifest(name_of(seed), image.raw);
  store.cache_put(text, {seed, {image.raw.descriptor}, {}});
}

TEST(StoreProcesses, AreThirtyTwoAtOnce) {
  StoreFixture world;
  world.open()->cache_put("common", {1, {}, {oci::Digest::of("common")}});  // so that no prune takes it
  std::list<ChildProcess> children;
  for (int process = 0; process < 32; ++process) {
    children.emplace_back([&, process](ChildProcess&) {
      const auto store = world.open();
      build(*store, process % 8, 10'000);
      store->tree(oci::Digest::of("common"), [&](const std::string& folder) {
        fill_with("common")(folder);
        std::ofstream(world.temp() / "fills", std::ios::app) << "x";
      });
      if (process % 8 == 0) store->prune({});
      return 0;
    });
  }
  for (auto& child : children) EXPECT_EQ(child.wait(), 0);
  const auto store = world.open();
  EXPECT_EQ(store->names().size(), 8u);
  EXPECT_EQ(std::filesystem::file_size(world.temp() / "fills"), 1u) << "one tree for all";
  EXPECT_THAT(store->check(), IsEmpty());
}

TEST(StoreProcesses, ThatAreKilledLeaveASoundStore) {
  const int rounds = std::getenv("IXIAN_NIGHTLY") != nullptr ? 500 : 40;
  StoreFixture world(0s);
  std::mt19937 random(11);
  std::set<std::string> acknowledged;
  for (int round = 0; round < rounds; ++round) {
    int acknowledgements[2] = {-1, -1};
    ASSERT_EQ(::pipe(acknowledgements), 0);
    {
      ChildProcess child([&](ChildProcess& self) {
        const auto store = world.open();
        self.say_ready();
        for (int i = 0;; ++i) {
          const int seed = round * 1000 + i;
          build(*store, seed, 50'000);
          if (::write(acknowledgements[1], &seed, sizeof seed) != sizeof seed) return 1;
          if (i % 2 == 1) store->prune({{}, 0, true, false});
        }
      });
      ASSERT_TRUE(child.wait_until_ready());
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
      child.kill();
      child.wait();
    }
    ::close(acknowledgements[1]);
    for (int seed = 0; ::read(acknowledgements[0], &seed, sizeof seed) == sizeof seed;) {
      acknowledged.insert(full_name(name_of(seed)));
    }
    ::close(acknowledgements[0]);

    const auto store = world.open();
    ASSERT_THAT(store->check(), IsEmpty()) << "round " << round;
    std::set<std::string> names;
    for (const ImageName& name : store->names()) names.insert(name.name);
    for (const auto& name : acknowledged) ASSERT_EQ(names.count(name), 1u) << name << " was acknowledged";
    ASSERT_TRUE(std::filesystem::is_empty(world.folder() + "/work"));
    ASSERT_TRUE(std::filesystem::is_empty(world.folder() + "/leases"));
    if (round % 8 == 7) {  // else reading it all takes longer and longer
      for (const auto& name : names) store->images("")->remove(name);
      acknowledged.clear();
      store->prune({{}, 0, false, false});
      ASSERT_TRUE(std::filesystem::is_empty(world.folder() + "/blobs/sha256"));
      ASSERT_TRUE(std::filesystem::is_empty(world.folder() + "/trees"));
      ASSERT_THAT(store->check(), IsEmpty());
    }
  }
  const auto store = world.open();
  build(*store, 1, 1000);
  EXPECT_THAT(store->check(), IsEmpty());
}

// A file system of `bytes` at `folder`, for this process alone. False where that is not allowed.
bool mount_small_disk(const std::string& folder, std::size_t bytes) {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  if (::unshare(CLONE_NEWNS | (uid == 0 ? 0 : CLONE_NEWUSER)) != 0) return false;
  if (uid != 0) {
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << "0 " << uid << " 1";
    std::ofstream("/proc/self/gid_map") << "0 " << gid << " 1";
  }
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  const std::string options = "size=" + std::to_string(bytes);
  return ::mount("none", folder.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

constexpr int kNoMounts = 42;

// Fills the disk but for `left` bytes.
void fill_disk(const std::string& file, std::uint64_t left) {
  const auto space = std::filesystem::space(std::filesystem::path(file).parent_path());
  if (space.available <= left) return;
  const files::UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600));
  if (::posix_fallocate(fd.get(), 0, static_cast<off_t>(space.available - left)) != 0) std::abort();
}

// With a little more space each time, the disk becomes full at each point where something is written. What
// fails says so; the store is sound, also for another process, makes room, and goes on when there is space.
int try_full_disks(const std::string& disk) {
  base::Cancellation cancellation;
  bool failed = false;
  for (std::uint64_t left = 0; left < 600'000; left += 28'000) {
    const std::string folder = disk + "/store";
    std::filesystem::remove_all(folder);
    {
      const auto store = Store::open(folder, cancellation, {nullptr, 0s});
      build(*store, 1, 20'000);
    }
    fill_disk(disk + "/ballast", left);
    for (int attempt = 0; attempt < 2; ++attempt) {
      try {
        const auto store = Store::open(folder, cancellation, {nullptr, 0s});
        build(*store, 2, 60'000);
      } catch (const base::Error& error) {
        failed = true;
        if (error.message().find("space") == std::string::npos) {
          ADD_FAILURE() << left << ": " << error.message();
          return 1;
        }
      }
    }
    {
      const auto store = Store::open(folder, cancellation, {nullptr, 0s});
      // A row of the database cannot always be removed while the disk is full.
      EXPECT_THAT(store->check(), ::testing::Each(::testing::HasSubstr("/leases/"))) << left;
      store->images("")->remove(full_name("1"));
      EXPECT_GT(store->prune({0s, 0, false, false}).freed(), 0u) << "room can be made with " << left;
      EXPECT_THAT(store->check(), IsEmpty()) << left;
    }
    std::filesystem::remove(disk + "/ballast");
    const auto store = Store::open(folder, cancellation, {nullptr, 0s});
    build(*store, 2, 60'000);
    EXPECT_THAT(store->check(), IsEmpty()) << left;
    if (::testing::Test::HasFailure()) return 1;
  }
  return failed ? 0 : 2;
}

TEST(StoreDisk, ThatIsFullAtAnyPointLeavesASoundStore) {
  const TempFolder folder;
  ChildProcess child([&](ChildProcess&) {
    if (!mount_small_disk(folder.path(), 4 << 20)) return kNoMounts;
    try {
      return try_full_disks(folder.path());
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
      return 1;
    }
  });
  const int result = child.wait();
  if (result == kNoMounts) GTEST_SKIP() << "a small file system cannot be mounted here";
  EXPECT_EQ(result, 0);
}

}  // namespace
}  // namespace ixian::store
