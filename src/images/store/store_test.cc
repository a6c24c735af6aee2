#include "store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "base/error.h"
#include "layout/file_io.h"
#include "testing/image_repo_contract.h"
#include "testing/store_fixture.h"

namespace ixian::testing {

// A repository of a store, among others.
class StoreRepoWorld {
 public:
  static constexpr bool kRemoves = true;
  StoreRepoWorld() {
    for (const char* other : {"docker.io/library/app2", "docker.io/library/ap"}) {
      put_image(*store_->images(other), "other", sample_image("other"));
      put_image(*store_->images(other), "goes", sample_image(other));
    }
  }
  std::unique_ptr<oci::ImageRepo> open() { return store_->images(kRepository); }

 private:
  StoreFixture world_;
  std::shared_ptr<store::Store> store_ = world_.open();
};

INSTANTIATE_TYPED_TEST_SUITE_P(Store, ImageRepoContract, StoreRepoWorld);

}  // namespace ixian::testing

namespace ixian::store {
namespace {

using ixian::testing::describe;
using ixian::testing::file_in;
using ixian::testing::fill_with;
using ixian::testing::full_name;
using ixian::testing::ImageRepoContract;
using ixian::testing::kRepository;
using ixian::testing::put_image;
using ixian::testing::put_text;
using ixian::testing::sample_image;
using ixian::testing::SampleImage;
using ixian::testing::StoreFixture;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StoreTest : public ::testing::Test {
 protected:
  template <typename Action>
  static std::string message_of(Action action) {
    try {
      action();
    } catch (const base::Error& error) {
      return error.advised();
    }
    return "";
  }

  StoreFixture world_;
  std::shared_ptr<Store> store_ = world_.open();
  const oci::Digest diff_id_ = oci::Digest::of("a layer");
};

TEST_F(StoreTest, IsForItsUserAlone) {
  struct stat status = {};
  ASSERT_EQ(::stat(world_.folder().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u) << "trees hold programs that are setuid";
}

TEST_F(StoreTest, RefusesTheStoreOfANewerIx) {
  store_.reset();
  std::ofstream(world_.folder() + "/version") << "2\n";
  EXPECT_THAT(message_of([&] { world_.open(); }), AllOf(HasSubstr("version 2"), HasSubstr("IXIAN_STORE")));
}

TEST_F(StoreTest, RefusesAFolderThatHoldsOtherThings) {
  std::filesystem::create_directories(world_.temp() / "home/photos");
  EXPECT_THAT(message_of([&] { Store::open(world_.temp() / "home", world_.cancellation()); }),
              HasSubstr("photos"));
  EXPECT_FALSE(std::filesystem::exists(world_.temp() / "home/blobs"));
}

TEST_F(StoreTest, FinishesAFolderWhoseMakerWasKilled) {
  std::filesystem::create_directories(world_.temp() / "half/blobs");
  const auto store = Store::open(world_.temp() / "half", world_.cancellation());
  put_text(*store, "bytes");
  EXPECT_THAT(store->check(), IsEmpty());
}

TEST_F(StoreTest, SaysWhatToDoAboutADamagedDatabase) {
  put_image(*store_->images(kRepository), "1", sample_image("app"));
  store_.reset();
  for (const char* name : {"store.db", "store.db-wal", "store.db-shm"}) {
    if (std::filesystem::exists(world_.folder() + "/" + name)) {
      std::ofstream(world_.folder() + "/" + name) << std::string(100'000, 'x');
    }
  }
  EXPECT_THAT(message_of([&] { world_.open(); }),
              AllOf(HasSubstr("store.db is damaged"), HasSubstr("remove")));
  for (const char* name : {"store.db", "store.db-wal", "store.db-shm"}) {
    std::filesystem::remove(world_.folder() + "/" + name);
  }
  const auto store = world_.open();
  EXPECT_THAT(store->names(), IsEmpty());
  put_image(*store->images(kRepository), "1", sample_image("app"));
  EXPECT_THAT(store->check(), IsEmpty());
}

TEST_F(StoreTest, KnowsImagesByTheirFullNames) {
  const SampleImage image = sample_image("app");
  put_image(*store_->images(kRepository), "1", image);
  const auto all = store_->images("");
  EXPECT_THAT(all->tags(), ElementsAre(full_name("1")));
  EXPECT_EQ(all->find(full_name("1"))->digest, image.raw.descriptor.digest);
  all->put_manifest("registry.example.com/shop/web:2", image.raw);
  EXPECT_THAT(store_->images("registry.example.com/shop/web")->tags(), ElementsAre("2"));
  EXPECT_THAT(message_of([&] { all->put_manifest("app", image.raw); }), HasSubstr("full"));
  EXPECT_THAT(message_of([&] { store_->images(kRepository)->put_manifest("a:b", image.raw); }),
              HasSubstr("tag"));
}

TEST_F(StoreTest, KeepsNothingUnderANameThatIsNotWhole) {
  const SampleImage image = sample_image("app");
  EXPECT_THAT(message_of([&] { store_->images(kRepository)->put_manifest("1", image.raw); }),
              HasSubstr("missing"));
  EXPECT_THAT(store_->names(), IsEmpty());
}

TEST_F(StoreTest, MountsBlobsBetweenItsRepositories) {
  const auto blob = put_text(*store_, "shared");
  EXPECT_TRUE(store_->images("a.example/x")->mount_blob(blob, *store_->images("a.example/y")));
  EXPECT_FALSE(store_->images("a.example/x")->mount_blob(describe("absent"), *store_->images("a.example/y")));
}

TEST_F(StoreTest, TakesABlobWhoseDigestIsKnownOnlyAtItsEnd) {
  const auto blob = describe("one two");
  {
    const auto writer = store_->new_blob();
    writer->write("one ");
    writer->write("two");
    EXPECT_FALSE(store_->has_blob(blob));
    writer->commit(blob);
  }
  EXPECT_TRUE(store_->has_blob(blob));
  const auto unfinished = store_->new_blob();
  unfinished->write("one");
  EXPECT_THAT(message_of([&] { unfinished->commit(describe("one and more")); }), HasSubstr("3 bytes"));
  EXPECT_FALSE(store_->has_blob(describe("one and more")));
}

TEST_F(StoreTest, RemembersWhatAnInstructionLedTo) {
  const CacheEntry entry{{{"layer", "x"}}, {put_text(*store_, "blob")}, {diff_id_}};
  EXPECT_FALSE(store_->cache_get("key"));
  store_->cache_put("key", entry);
  const auto found = world_.open()->cache_get("key");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->value, entry.value);
  EXPECT_EQ(found->blobs, entry.blobs);
  EXPECT_EQ(found->trees, entry.trees);
  store_->cache_put("key", {{{"layer", "y"}}, {}, {}});
  EXPECT_EQ(store_->cache_get("key")->value, base::Json({{"layer", "y"}}));
  EXPECT_THAT(store_->cache_get("key")->blobs, IsEmpty());
  EXPECT_TRUE(store_->cache_remove("key"));
  EXPECT_FALSE(store_->cache_get("key"));
  EXPECT_FALSE(store_->cache_remove("key"));
}

TEST_F(StoreTest, GivesNoEntryOutWhoseBlobIsNotThere) {
  const auto blob = put_text(*store_, "blob");
  store_->cache_put("key", {1, {blob}, {}});
  std::filesystem::remove(world_.folder() + "/blobs/sha256/" + std::string(blob.digest.hex()));
  EXPECT_FALSE(store_->cache_get("key"));
  EXPECT_THAT(message_of([&] { store_->cache_put("key", {1, {blob}, {}}); }), HasSubstr("not found"));
}

TEST_F(StoreTest, MakesATreeOnce) {
  int fills = 0;
  const auto fill = [&](const std::string& folder) {
    ++fills;
    fill_with("content")(folder);
  };
  EXPECT_FALSE(store_->find_tree(diff_id_));
  EXPECT_EQ(file_in(store_->tree(diff_id_, fill)), "content");
  EXPECT_EQ(file_in(store_->tree(diff_id_, fill)), "content");
  EXPECT_EQ(file_in(*world_.open()->find_tree(diff_id_)), "content");
  EXPECT_EQ(fills, 1);
  struct stat status = {};
  ASSERT_EQ(::stat(store_->find_tree(diff_id_)->path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0755u);
}

TEST_F(StoreTest, MakesATreeOnceForManyThreads) {
  std::atomic<int> fills{0};
  std::vector<std::thread> threads;
  const auto other = world_.open();
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      const auto tree = (i % 2 == 0 ? store_ : other)->tree(diff_id_, [&](const std::string& folder) {
        ++fills;
        fill_with("content")(folder);
      });
      EXPECT_EQ(file_in(tree), "content");
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(fills, 1);
}

TEST_F(StoreTest, KeepsNothingOfATreeThatCouldNotBeFilled) {
  const auto fail = [](const std::string& folder) {
    fill_with("half")(folder);
    throw base::Error(base::ErrorCode::kRegistry, "The layer is damaged.");
  };
  EXPECT_EQ(message_of([&] { store_->tree(diff_id_, fail); }), "The layer is damaged.");
  EXPECT_FALSE(store_->find_tree(diff_id_));
  EXPECT_TRUE(std::filesystem::is_empty(world_.folder() + "/trees"));
  EXPECT_EQ(file_in(store_->tree(diff_id_, fill_with("whole"))), "whole");
}

TEST_F(StoreTest, TakesAFolderOverAsATreeWithoutACopy) {
  const auto work = store_->work();
  std::filesystem::create_directory(work->path() + "/upper");
  fill_with("upper")(work->path() + "/upper");
  struct stat before = {}, after = {};
  ASSERT_EQ(::stat((work->path() + "/upper/srv/file").c_str(), &before), 0);
  const auto tree = store_->adopt_tree(diff_id_, work->path() + "/upper");
  EXPECT_EQ(file_in(tree), "upper");
  ASSERT_EQ(::stat((tree.path + "/srv/file").c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);

  std::filesystem::create_directory(work->path() + "/again");
  EXPECT_EQ(file_in(store_->adopt_tree(diff_id_, work->path() + "/again")), "upper");
  EXPECT_FALSE(std::filesystem::exists(work->path() + "/again"));
}

TEST_F(StoreTest, RemovesAWorkFolderWhateverIsInIt) {
  std::string path;
  {
    const auto work = store_->work();
    path = work->path();
    std::string deep = path;
    for (int i = 0; i < 150; ++i) deep += "/deep";
    std::filesystem::create_directories(deep + "/closed/inner");
    std::filesystem::permissions(deep + "/closed", std::filesystem::perms::none);
    std::filesystem::create_symlink("/", path + "/root");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_THAT(store_->check(), IsEmpty());
}

TEST_F(StoreTest, KeepsListingsWithOrWithoutATree) {
  const std::string listing("srv\0file\n", 9);
  EXPECT_FALSE(store_->open_listing(diff_id_).valid());
  store_->put_listing(diff_id_,
                      [&](int file, const std::string& path) { layout::write_at(file, listing, 0, path); });
  const files::UniqueFd file = store_->open_listing(diff_id_);
  std::string read(100, '\0');
  read.resize(static_cast<std::size_t>(::pread(file.get(), read.data(), read.size(), 0)));
  EXPECT_EQ(read, listing);
  store_->tree(diff_id_, fill_with("x"));
  EXPECT_TRUE(store_->open_listing(diff_id_).valid());
  EXPECT_THAT(store_->check(), IsEmpty());
}

TEST_F(StoreTest, FindsDamage) {
  put_image(*store_->images(kRepository), "1", sample_image("app"));
  const auto blob = put_text(*store_, "right");
  EXPECT_THAT(store_->check(), IsEmpty());
  const std::string blobs = world_.folder() + "/blobs/sha256/";
  std::ofstream(blobs + std::string(blob.digest.hex())) << "wrong";
  EXPECT_THAT(store_->check(), ElementsAre(HasSubstr("digest mismatch")));
  EXPECT_THAT(store_->check(false), IsEmpty());
  std::filesystem::remove(blobs + std::string(blob.digest.hex()));
  std::filesystem::remove(blobs + std::string(sample_image("app").manifest.config.digest.hex()));
  std::filesystem::create_directory(world_.folder() + "/trees/" + std::string(diff_id_.hex()));
  std::ofstream(world_.folder() + "/trash/forgotten") << "x";
  EXPECT_THAT(store_->check(),
              ElementsAre(AllOf(HasSubstr("docker.io/library/app:1"), HasSubstr("not found")),
                          HasSubstr("is incomplete"), HasSubstr("trash/forgotten")));
}

TEST_F(StoreTest, ThatIsOnlyReadIsNotMade) {
  const std::string folder = world_.temp() / "none";
  const auto store = Store::open(folder, world_.cancellation(), {.only_reads = true});
  EXPECT_THAT(store->names(), IsEmpty());
  EXPECT_FALSE(store->images(kRepository)->find("1"));
  EXPECT_FALSE(store->find_tree(diff_id_));
  store->cache_put("key", {});
  EXPECT_FALSE(store->cache_get("key"));
  EXPECT_THROW(put_text(*store, "text"), base::Error);
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST_F(StoreTest, ThatIsOnlyReadHasItsWorkElsewhere) {
  put_image(*store_->images(kRepository), "1", sample_image("app"));
  const auto store = Store::open(world_.folder(), world_.cancellation(), {.only_reads = true});
  EXPECT_TRUE(store->images(kRepository)->find("1"));
  std::string path;
  {
    const auto work = store->work();
    path = work->path();
    EXPECT_TRUE(std::filesystem::is_directory(path));
    EXPECT_FALSE(path.starts_with(world_.folder()));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(StoreTest, WaitsForATreeUntilStopped) {
  const auto lease = store_->lease();
  const auto other = world_.open();
  const auto fill = [&](const std::string&) {
    std::thread stopper([&] { world_.cancellation().request(); });
    EXPECT_THROW(other->tree(diff_id_, fill_with("x")), base::Cancelled);
    stopper.join();
  };
  store_->tree(diff_id_, fill);
}

}  // namespace
}  // namespace ixian::store
