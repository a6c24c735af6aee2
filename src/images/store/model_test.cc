// Random operations on a store, and on what it should be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <set>

#include "store/store.h"
#include "testing/store_fixture.h"

namespace ixian::store {
namespace {

using ixian::testing::fill_with;
using ixian::testing::kRepository;
using ixian::testing::put_image;
using ixian::testing::sample_image;
using ixian::testing::SampleImage;
using ixian::testing::StoreFixture;
using namespace std::chrono_literals;
using ::testing::IsEmpty;

constexpr int kImages = 5;
constexpr int kKeys = 4;

// What must be there, and what must not be there after a prune. All that is touched outside of a lease may
// go at once.
struct Model {
  std::map<std::string, int> names;    // tag → image
  std::map<std::string, int> entries;  // key → image
  std::set<int> kept_by_lease;         // images that were touched since the lease was taken

  std::set<int> kept() const {
    std::set<int> images = kept_by_lease;
    for (const auto& [name, image] : names) images.insert(image);
    for (const auto& [key, image] : entries) images.insert(image);
    return images;
  }
};

class ModelTest {
 public:
  explicit ModelTest(unsigned seed) : random_(seed) {
    for (int i = 0; i < kImages; ++i) images_.push_back(sample_image("image " + std::to_string(i)));
  }

  void step() {
    switch (pick(9)) {
      case 0:
      case 1:
        return name_image();
      case 2:
        return remove_name();
      case 3:
        return put_entry();
      case 4:
        return get_entry();
      case 5:
        return toggle_lease();
      case 6:
        return prune();
      case 7:
        return reopen();
      default:
        return compare();
    }
  }

  void compare() {
    std::map<std::string, int> names;
    for (const ImageName& name : store_->names()) {
      for (int i = 0; i < kImages; ++i) {
        if (images_[i].raw.descriptor.digest == name.image.digest) {
          names[name.name.substr(name.name.rfind(':') + 1)] = i;
        }
      }
    }
    EXPECT_EQ(names, model_.names);
    for (int image : model_.kept()) EXPECT_TRUE(is_whole(image)) << image;
    EXPECT_THAT(store_->check(), IsEmpty());
  }

 private:
  int pick(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }

  bool file_exists(const oci::Digest& digest) const {
    return std::filesystem::exists(world_.folder() + "/blobs/sha256/" + std::string(digest.hex()));
  }
  bool is_whole(int image) const {
    const SampleImage& one = images_[image];
    return file_exists(one.raw.descriptor.digest) && file_exists(one.manifest.config.digest) &&
           file_exists(one.manifest.layers[0].digest) && file_exists(one.manifest.layers[1].digest);
  }
  void touched(int image) {
    if (lease_) model_.kept_by_lease.insert(image);
  }

  void put(int image) {
    const auto hold = store_->lease();
    put_image(*store_->images(kRepository), images_[image].raw.descriptor.digest.text(), images_[image]);
    touched(image);
  }
  void name_image() {
    const int image = pick(kImages);
    const std::string tag = "t" + std::to_string(pick(3));
    put_image(*store_->images(kRepository), tag, images_[image]);
    model_.names[tag] = image;
    touched(image);
  }
  void remove_name() {
    const std::string tag = "t" + std::to_string(pick(3));
    EXPECT_EQ(store_->images(kRepository)->remove(tag), model_.names.erase(tag) > 0);
  }
  void put_entry() {
    const int image = pick(kImages);
    const std::string key = "k" + std::to_string(pick(kKeys));
    const auto hold = store_->lease();
    put(image);
    store_->tree(images_[image].manifest.layers[0].digest, fill_with("x"));
    store_->cache_put(key, {image, {images_[image].raw.descriptor}, {}});
    model_.entries[key] = image;
    touched_entry(key);
  }
  void get_entry() {
    const std::string key = "k" + std::to_string(pick(kKeys));
    const auto found = store_->cache_get(key);
    const auto expected = model_.entries.find(key);
    ASSERT_EQ(found.has_value(), expected != model_.entries.end());
    if (!found) return;
    EXPECT_EQ(found->value, base::Json(expected->second));
    touched(expected->second);
    touched_entry(key);
  }
  void touched_entry(const std::string& key) {
    used_[key] = world_.clock().now();
    if (lease_) touched_entries_.insert(key);
  }
  void toggle_lease() {
    if (lease_) {
      lease_.reset();
      model_.kept_by_lease.clear();
      touched_entries_.clear();
    } else {
      lease_ = store_->lease();
    }
  }
  void prune() {
    world_.clock().advance(1h);
    PruneOptions options;
    if (pick(2) == 0) {
      options.older_than = 3h;
      std::erase_if(model_.entries, [&](const auto& entry) {
        return touched_entries_.count(entry.first) == 0 && world_.clock().now() - used_[entry.first] >= 3h;
      });
    }
    store_->prune(options);
    const std::set<int> kept = model_.kept();
    for (int image = 0; image < kImages; ++image) {
      EXPECT_EQ(is_whole(image), kept.count(image) > 0) << image;
    }
  }
  void reopen() {
    if (lease_) toggle_lease();
    store_.reset();
    store_ = world_.open();
  }

  StoreFixture world_;
  std::mt19937 random_;
  std::vector<SampleImage> images_;
  std::shared_ptr<Store> store_ = world_.open();
  std::shared_ptr<Lease> lease_;
  Model model_;
  std::map<std::string, std::chrono::system_clock::time_point> used_;
  std::set<std::string> touched_entries_;
};

TEST(StoreModel, DoesWhatAMapWouldDo) {
  const bool nightly = std::getenv("IXIAN_NIGHTLY") != nullptr;
  for (unsigned seed = 1; seed <= (nightly ? 40u : 4u); ++seed) {
    ModelTest test(seed);
    for (int step = 0; step < 120 && !::testing::Test::HasFailure(); ++step) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", step " + std::to_string(step));
      test.step();
    }
    test.compare();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace ixian::store
