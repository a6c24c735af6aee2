// Making room in a store that is used.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "layout/file_io.h"
#include "store/store.h"
#include "testing/child_process.h"
#include "testing/store_fixture.h"

namespace ixian::store {
namespace {

using ixian::testing::ChildProcess;
using ixian::testing::describe;
using ixian::testing::file_in;
using ixian::testing::fill_with;
using ixian::testing::full_name;
using ixian::testing::kRepository;
using ixian::testing::put_image;
using ixian::testing::put_text;
using ixian::testing::read_blob_from;
using ixian::testing::sample_image;
using ixian::testing::SampleImage;
using ixian::testing::source_of;
using ixian::testing::StoreFixture;
using namespace std::chrono_literals;
using ::testing::IsEmpty;

class Prune : public ::testing::Test {
 protected:
  bool has(const oci::Descriptor& blob) const {
    return std::filesystem::exists(world_.folder() + "/blobs/sha256/" + std::string(blob.digest.hex()));
  }
  bool has_tree(const oci::Digest& diff_id) const {
    return std::filesystem::exists(world_.folder() + "/trees/" + std::string(diff_id.hex()));
  }
  static oci::Digest diff_id_of(const SampleImage& image, std::size_t layer) {
    return image.manifest.layers[layer].digest;  // the layers are not compressed
  }

  StoreFixture world_;
  std::shared_ptr<Store> store_ = world_.open();
};

TEST_F(Prune, TakesWhatNothingLeadsTo) {
  const SampleImage image = sample_image("app");
  put_image(*store_->images(kRepository), "1", image);
  store_->tree(diff_id_of(image, 0), fill_with("kept"));
  store_->tree(oci::Digest::of("none"), fill_with("garbage"));
  for (const char* const name : {"none", "nobody"}) {
    store_->put_listing(oci::Digest::of(name),
                        [](int file, const std::string& path) { layout::write_at(file, "srv", 0, path); });
  }
  const auto garbage = put_text(*store_, std::string(10'000, 'g'));
  const PruneResult result = store_->prune({});
  EXPECT_FALSE(has(garbage));
  EXPECT_FALSE(has_tree(oci::Digest::of("none")));
  EXPECT_TRUE(has_tree(diff_id_of(image, 0)));
  EXPECT_EQ(result.blobs.count, 1u);
  EXPECT_GE(result.blobs.bytes, 10'000u);
  EXPECT_EQ(result.trees.count, 2u);
  EXPECT_GT(result.left, 0u);
  EXPECT_THAT(store_->check(), IsEmpty());
  EXPECT_TRUE(store_->images(kRepository)->read_manifest("1"));
  EXPECT_EQ(store_->prune({}).freed(), 0u);
}

TEST_F(Prune, SaysWhatWouldGoAndRemovesNothing) {
  const auto garbage = put_text(*store_, std::string(10'000, 'g'));
  const PruneResult dry = store_->prune({{}, {}, true, true});
  EXPECT_TRUE(has(garbage));
  const PruneResult real = store_->prune({});
  EXPECT_EQ(dry.blobs.count, real.blobs.count);
  EXPECT_EQ(dry.blobs.bytes, real.blobs.bytes);
  EXPECT_EQ(dry.left, real.left);
}

TEST_F(Prune, LeavesWhatARunningBuildHasTouched) {
  auto lease = store_->lease();
  const auto blob = put_text(*store_, "blob");
  auto tree = store_->tree(oci::Digest::of("tree"), fill_with("x"));
  store_->cache_put("key", {1, {}, {}});
  const auto other = world_.open();
  world_.clock().advance(100h);
  EXPECT_GT(other->prune({1s, 0, false, false}).leased, 0u);
  EXPECT_TRUE(has(blob));
  EXPECT_TRUE(store_->find_tree(oci::Digest::of("tree")));
  EXPECT_TRUE(store_->cache_get("key"));
  lease.reset();
  EXPECT_TRUE(other->prune({}).blobs.count == 0) << "the handle of a tree is a lease, too";
  tree.lease.reset();
  EXPECT_EQ(other->prune({1s, 0, false, false}).blobs.count, 1u);
  EXPECT_FALSE(has(blob));
}

TEST_F(Prune, LeavesWhatABuildFoundThroughTheCache) {
  const SampleImage image = sample_image("app");
  {
    const auto lease = store_->lease();
    const auto repo = store_->images(kRepository);
    put_image(*repo, image.raw.descriptor.digest.text(), image);
    store_->tree(diff_id_of(image, 0), fill_with("x"));
    store_->cache_put("key", {1, {image.raw.descriptor}, {}});
  }
  const auto other = world_.open();
  other->prune({});
  const auto lease = store_->lease();
  ASSERT_TRUE(store_->cache_get("key"));
  EXPECT_TRUE(other->cache_remove("key"));
  other->prune({});
  EXPECT_TRUE(has(image.manifest.layers[1])) << "what the manifest leads to stays as long as the lease";
  EXPECT_TRUE(has_tree(diff_id_of(image, 0)));
}

TEST_F(Prune, LeavesAnImageThatIsBeingReadThroughAName) {
  const SampleImage image = sample_image("app");
  put_image(*store_->images(kRepository), "1", image);
  const auto reader = store_->images(kRepository);
  ASSERT_TRUE(reader->read_manifest("1"));
  const auto other = world_.open();
  EXPECT_TRUE(other->images("")->remove(full_name("1")));
  other->prune({});
  EXPECT_EQ(read_blob_from(*reader, image.manifest.layers[1]), image.layers[1]);
}

TEST_F(Prune, TakesByAgeWhatWasNotUsedSince) {
  put_image(*store_->images(kRepository), "1", sample_image("named"));
  store_->cache_put("old", {1, {put_text(*store_, "old")}, {oci::Digest::of("old")}});
  store_->tree(oci::Digest::of("old"), fill_with("old"));
  store_->cache_put("used", {1, {put_text(*store_, "used")}, {}});
  world_.clock().advance(48h);
  ASSERT_TRUE(store_->cache_get("used"));
  const PruneResult result = store_->prune({24h, {}, true, false});
  EXPECT_EQ(result.cache_entries, 1u);
  EXPECT_EQ(result.names, 0u);
  EXPECT_FALSE(store_->cache_get("old"));
  EXPECT_TRUE(store_->cache_get("used"));
  EXPECT_FALSE(has(describe("old")));
  EXPECT_FALSE(has_tree(oci::Digest::of("old")));
  EXPECT_EQ(store_->prune({24h, {}, false, false}).names, 1u);
  EXPECT_THAT(store_->names(), IsEmpty());
  EXPECT_THAT(store_->check(), IsEmpty());
}

TEST_F(Prune, MakesTheStoreAsSmallAsAskedFor) {
  for (int i = 0; i < 8; ++i) {
    const std::string text(100'000, static_cast<char>('a' + i));
    store_->cache_put(std::to_string(i), {i, {put_text(*store_, text)}, {}});
    world_.clock().advance(1h);
  }
  const PruneResult result = store_->prune({{}, 350'000, true, false});
  EXPECT_LE(result.left, 350'000u);
  EXPECT_FALSE(store_->cache_get("0"));
  EXPECT_TRUE(store_->cache_get("7"));
  EXPECT_TRUE(store_->cache_get("5"));
}

TEST_F(Prune, LeavesForATimeWhatAKilledProcessHadTouched) {
  store_.reset();
  const auto blob = describe("from a killed process");
  {
    ChildProcess child([&](ChildProcess& self) {
      const auto store = world_.open();
      const auto lease = store->lease();
      put_text(*store, "from a killed process");
      self.say_ready();
      ::pause();
      return 0;
    });
    ASSERT_TRUE(child.wait_until_ready());
    world_.clock().advance(24h);
    world_.open()->prune({});
    EXPECT_TRUE(has(blob)) << "it runs, and does nothing for a day";
    world_.clock().advance(-24h);
    child.kill();
    child.wait();
  }
  world_.open()->prune({});
  EXPECT_TRUE(has(blob));
  world_.clock().advance(599s);
  world_.open()->prune({});
  EXPECT_TRUE(has(blob));
  world_.clock().advance(1s);
  const auto store = world_.open();
  store->prune({});
  EXPECT_FALSE(has(blob));
  EXPECT_THAT(store->check(), IsEmpty());
}

// Builds put, find again and name images while somebody prunes all the time: nothing that a build was told is
// there may be missing afterwards.
TEST_F(Prune, TakesNothingFromBuildsThatRunMeanwhile) {
  std::atomic<bool> done{false};
  std::thread pruner([&] {
    const auto other = world_.open();
    while (!done) other->prune({{}, 0, false, false});
  });
  std::vector<std::thread> builds;
  for (int build = 0; build < 3; ++build) {
    builds.emplace_back([&, build] {
      const auto store = world_.open();
      for (int round = 0; round < 12; ++round) {
        const auto lease = store->lease();
        const SampleImage image = sample_image("image" + std::to_string(round % 4));
        const auto repo = store->images(kRepository);
        for (std::size_t i = 0; i < image.layers.size(); ++i) {
          const auto& layer = image.manifest.layers[i];
          if (!store->has_blob(layer)) store->put_blob(layer, source_of(image.layers[i]));
          const auto tree = store->tree(layer.digest, fill_with("x"));
          EXPECT_EQ(file_in(tree), "x");
        }
        repo->put_blob(image.manifest.config, source_of(image.config));
        const std::string tag = std::to_string(build);
        repo->put_manifest(tag, image.raw);
        store->cache_put(tag, {1, {image.raw.descriptor}, {}});
        EXPECT_TRUE(store->cache_get(tag));
        EXPECT_TRUE(repo->read_manifest(tag));
        for (std::size_t i = 0; i < image.layers.size(); ++i) {
          EXPECT_EQ(read_blob_from(*repo, image.manifest.layers[i]), image.layers[i]);
          EXPECT_TRUE(store->find_tree(image.manifest.layers[i].digest));
        }
      }
    });
  }
  for (auto& build : builds) build.join();
  done = true;
  pruner.join();
  EXPECT_THAT(store_->check(), IsEmpty());
}

}  // namespace
}  // namespace ixian::store
