// What every ImageRepo promises (oci/image_repo.h), as tests that each implementation runs:
//
//   struct MyWorld {                                    // one empty repository, gone with the world
//     std::unique_ptr<oci::ImageRepo> open();           // another handle on it
//     static constexpr bool kRemoves = true;            // whether the place allows images to be removed
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(My, ImageRepoContract, MyWorld);   // in namespace ixian::testing
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "testing/memory_repo.h"
#include "testing/sample_image.h"

namespace ixian::testing {

template <typename World>
class ImageRepoContract : public ::testing::Test {
 protected:
  World world_;
  std::unique_ptr<oci::ImageRepo> repo_ = world_.open();

  // The code of the Error that the action throws; 0 where it throws none.
  template <typename Action>
  static int error_of(Action action) {
    try {
      action();
    } catch (const base::Error& error) {
      EXPECT_FALSE(error.message().empty());
      return static_cast<int>(error.code());
    }
    return 0;
  }
  static constexpr int kRegistryError = static_cast<int>(base::ErrorCode::kRegistry);

  // Calls body(0) … body(count - 1), each on a thread of its own; how many of them threw.
  static int failures_at_once(int count, const std::function<void(int)>& body) {
    std::atomic<int> failures{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) {
      threads.emplace_back([&, i] {
        try {
          body(i);
        } catch (const std::exception& error) {
          ADD_FAILURE() << error.what();
          ++failures;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    return failures;
  }
};

TYPED_TEST_SUITE_P(ImageRepoContract);

TYPED_TEST_P(ImageRepoContract, HasAName) {
  EXPECT_NE(this->repo_->name(), "");
}

TYPED_TEST_P(ImageRepoContract, AbsenceIsNoErrorButForOpeningABlob) {
  auto& repo = *this->repo_;
  const auto blob = describe("absent");
  EXPECT_EQ(repo.find("absent"), std::nullopt);
  EXPECT_EQ(repo.find(blob.digest.text()), std::nullopt);
  EXPECT_FALSE(repo.read_manifest("absent"));
  EXPECT_FALSE(repo.read_manifest(blob.digest.text()));
  EXPECT_FALSE(repo.has_blob(blob));
  EXPECT_THAT(repo.tags(), ::testing::IsEmpty());
  if (TypeParam::kRemoves) {
    EXPECT_FALSE(repo.remove("absent"));
    EXPECT_FALSE(repo.remove(blob.digest.text()));
  }
  EXPECT_EQ(this->error_of([&] { read_blob_from(repo, blob); }), this->kRegistryError);
}

TYPED_TEST_P(ImageRepoContract, GivesBlobsBackFromAnyOffset) {
  std::string bytes;
  for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>(i * 7 + i / 256);
  const auto blob = describe(bytes);
  this->repo_->put_blob(blob, source_of(bytes));
  const auto other = this->world_.open();
  EXPECT_TRUE(other->has_blob(blob));
  for (std::size_t offset : {0u, 1u, 65'536u, 299'999u}) {
    EXPECT_EQ(read_blob_from(*other, blob, offset), bytes.substr(offset)) << offset;
  }
  const auto source = other->open_blob(blob, 299'998);
  char buffer[16];
  std::size_t got = 0;
  while (const std::size_t count = source->read(buffer, sizeof(buffer))) got += count;
  EXPECT_EQ(got, 2u);
  EXPECT_EQ(source->read(buffer, sizeof(buffer)), 0u) << "the end stays the end";
}

TYPED_TEST_P(ImageRepoContract, KeepsNothingOfABlobThatDidNotComeWhole) {
  auto& repo = *this->repo_;
  const std::string bytes(100'000, 'x');
  const auto blob = describe(bytes);
  EXPECT_EQ(this->error_of([&] { repo.put_blob(blob, source_that_fails_after(bytes)); }),
            this->kRegistryError);
  EXPECT_FALSE(repo.has_blob(blob));
  EXPECT_EQ(this->error_of([&] { repo.put_blob(blob, source_of(bytes.substr(1))); }), this->kRegistryError);
  EXPECT_FALSE(repo.has_blob(blob));
  EXPECT_EQ(this->error_of([&] { repo.put_blob(blob, source_of(bytes + "x")); }), this->kRegistryError);
  EXPECT_FALSE(this->world_.open()->has_blob(blob));

  repo.put_blob(blob, source_of(bytes));
  EXPECT_EQ(read_blob_from(repo, blob), bytes) << "a failure stands in nobody's way";
}

TYPED_TEST_P(ImageRepoContract, TakesABlobTwice) {
  const auto blob = describe("twice");
  this->repo_->put_blob(blob, source_of("twice"));
  this->repo_->put_blob(blob, source_of("twice"));
  EXPECT_EQ(read_blob_from(*this->repo_, blob), "twice");
}

TYPED_TEST_P(ImageRepoContract, TakesTheSameBlobFromManyThreads) {
  const std::string bytes(200'000, 'y');
  const auto blob = describe(bytes);
  const auto other = this->world_.open();
  EXPECT_EQ(this->failures_at_once(8,
                                   [&](int i) {
                                     auto& repo = i % 2 == 0 ? *this->repo_ : *other;
                                     repo.put_blob(blob, source_of(bytes));
                                     EXPECT_TRUE(repo.has_blob(blob)) << "it is there when the call returns";
                                   }),
            0);
  EXPECT_EQ(read_blob_from(*this->repo_, blob), bytes);
}

TYPED_TEST_P(ImageRepoContract, MovesManyBlobsAtOnce) {
  const auto content = [](int i) {
    return std::string(50'000 + static_cast<std::size_t>(i), static_cast<char>('a' + i));
  };
  EXPECT_EQ(this->failures_at_once(
                8, [&](int i) { this->repo_->put_blob(describe(content(i)), source_of(content(i))); }),
            0);
  EXPECT_EQ(this->failures_at_once(
                8, [&](int i) { EXPECT_EQ(read_blob_from(*this->repo_, describe(content(i))), content(i)); }),
            0);
}

TYPED_TEST_P(ImageRepoContract, GivesAManifestByTagAndByDigest) {
  const SampleImage image = sample_image("hello");
  put_image(*this->repo_, "v1", image);
  const auto other = this->world_.open();
  for (const std::string& ref : {std::string("v1"), image.raw.descriptor.digest.text()}) {
    const auto found = other->find(ref);
    ASSERT_TRUE(found) << ref;
    EXPECT_EQ(found->media_type, oci::kOciManifest);
    EXPECT_EQ(found->digest, image.raw.descriptor.digest);
    EXPECT_EQ(found->size, image.raw.bytes.size());
    const auto manifest = other->read_manifest(ref);
    ASSERT_TRUE(manifest) << ref;
    EXPECT_EQ(manifest->bytes, image.raw.bytes);
    EXPECT_EQ(manifest->descriptor.digest, image.raw.descriptor.digest);
    EXPECT_EQ(manifest->descriptor.size, image.raw.bytes.size());
    EXPECT_EQ(manifest->descriptor.media_type, oci::kOciManifest);
  }
  EXPECT_THAT(other->tags(), ::testing::ElementsAre("v1"));
}

TYPED_TEST_P(ImageRepoContract, KeepsEveryByteOfAManifest) {
  SampleImage image = sample_image("spaces");
  image.raw.bytes = base::Json::parse(image.raw.bytes).dump(3) + "\n";
  image.raw.descriptor = describe(image.raw.bytes, oci::kOciManifest);
  put_image(*this->repo_, "spaces", image);
  EXPECT_EQ(this->repo_->read_manifest("spaces")->bytes, image.raw.bytes);
}

TYPED_TEST_P(ImageRepoContract, KeepsAManifestWithoutATag) {
  const SampleImage image = sample_image("untagged");
  const std::string digest = image.raw.descriptor.digest.text();
  put_image(*this->repo_, digest, image);
  EXPECT_TRUE(this->repo_->find(digest));
  EXPECT_EQ(this->repo_->read_manifest(digest)->bytes, image.raw.bytes);
  EXPECT_THAT(this->repo_->tags(), ::testing::IsEmpty());
}

TYPED_TEST_P(ImageRepoContract, KeepsAnIndexWithItsImages) {
  auto& repo = *this->repo_;
  oci::Index index;
  index.media_type = oci::kOciIndex;
  for (const char* architecture : {"amd64", "arm64"}) {
    const SampleImage image = sample_image(architecture);
    put_image(repo, image.raw.descriptor.digest.text(), image);
    index.manifests.push_back(image.raw.descriptor);
    index.manifests.back().platform = oci::Platform{"linux", architecture, "", "", {}};
  }
  repo.put_manifest("all", oci::raw(index));
  const auto found = repo.read_manifest("all");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->descriptor.media_type, oci::kOciIndex);
  const auto parsed = found->parsed();
  for (const auto& part : std::get<oci::Index>(parsed).manifests) {
    EXPECT_TRUE(repo.read_manifest(part.digest.text()));
  }
}

TYPED_TEST_P(ImageRepoContract, RefusesAManifestUnderTheDigestOfAnother) {
  const SampleImage image = sample_image("right");
  put_blobs(*this->repo_, image);
  const std::string wrong = oci::Digest::of("wrong").text();
  EXPECT_EQ(this->error_of([&] { this->repo_->put_manifest(wrong, image.raw); }), this->kRegistryError);
  EXPECT_FALSE(this->repo_->find(wrong));
}

TYPED_TEST_P(ImageRepoContract, MovesATagToAnotherImage) {
  const SampleImage before = sample_image("before"), after = sample_image("after");
  put_image(*this->repo_, "latest", before);
  put_image(*this->repo_, "latest", after);
  EXPECT_EQ(this->repo_->find("latest")->digest, after.raw.descriptor.digest);
  EXPECT_EQ(this->world_.open()->find("latest")->digest, after.raw.descriptor.digest);
  EXPECT_THAT(this->repo_->tags(), ::testing::ElementsAre("latest"));
  EXPECT_TRUE(this->repo_->find(before.raw.descriptor.digest.text())) << "its digest still finds the old one";
}

TYPED_TEST_P(ImageRepoContract, StoresTheSameTagAgain) {
  const SampleImage image = sample_image("again");
  put_image(*this->repo_, "again", image);
  put_image(*this->repo_, "again", image);
  EXPECT_THAT(this->repo_->tags(), ::testing::ElementsAre("again"));
}

TYPED_TEST_P(ImageRepoContract, SortsTags) {
  const SampleImage image = sample_image("sorted");
  put_blobs(*this->repo_, image);
  for (const char* tag : {"b", "a", "v10", "v9", "C", "_x", "1.0"}) this->repo_->put_manifest(tag, image.raw);
  EXPECT_THAT(this->repo_->tags(), ::testing::ElementsAre("1.0", "C", "_x", "a", "b", "v10", "v9"));
}

TYPED_TEST_P(ImageRepoContract, TakesManyTagsAtOnce) {
  const SampleImage image = sample_image("many");
  put_blobs(*this->repo_, image);
  const auto other = this->world_.open();
  EXPECT_EQ(this->failures_at_once(
                12,
                [&](int i) {
                  (i % 2 == 0 ? *this->repo_ : *other).put_manifest("t" + std::to_string(i), image.raw);
                }),
            0);
  EXPECT_EQ(this->repo_->tags().size(), 12u);
}

TYPED_TEST_P(ImageRepoContract, RemovesATag) {
  if (!TypeParam::kRemoves) GTEST_SKIP() << "nothing can be removed there";
  put_image(*this->repo_, "stays", sample_image("stays"));
  put_image(*this->repo_, "goes", sample_image("goes"));
  EXPECT_TRUE(this->repo_->remove("goes"));
  EXPECT_FALSE(this->repo_->find("goes"));
  EXPECT_THAT(this->world_.open()->tags(), ::testing::ElementsAre("stays"));
  EXPECT_FALSE(this->repo_->remove("goes"));
  EXPECT_TRUE(this->repo_->read_manifest("stays"));
}

TYPED_TEST_P(ImageRepoContract, RemovesAManifestWithEveryTagOnIt) {
  if (!TypeParam::kRemoves) GTEST_SKIP() << "nothing can be removed there";
  const SampleImage goes = sample_image("goes");
  put_image(*this->repo_, "a", goes);
  put_image(*this->repo_, "b", goes);
  put_image(*this->repo_, "c", sample_image("stays"));
  EXPECT_TRUE(this->repo_->remove(goes.raw.descriptor.digest.text()));
  EXPECT_THAT(this->repo_->tags(), ::testing::ElementsAre("c"));
  EXPECT_FALSE(this->repo_->find(goes.raw.descriptor.digest.text()));
  EXPECT_FALSE(this->repo_->remove(goes.raw.descriptor.digest.text()));
}

TYPED_TEST_P(ImageRepoContract, MountsOnlyWhatIsThereAfterwards) {
  const auto blob = describe("elsewhere");
  MemoryRepo stranger;
  stranger.put_blob(blob, source_of("elsewhere"));
  EXPECT_EQ(this->repo_->mount_blob(blob, stranger), this->repo_->has_blob(blob));
}

REGISTER_TYPED_TEST_SUITE_P(ImageRepoContract, HasAName, AbsenceIsNoErrorButForOpeningABlob,
                            GivesBlobsBackFromAnyOffset, KeepsNothingOfABlobThatDidNotComeWhole,
                            TakesABlobTwice, TakesTheSameBlobFromManyThreads, MovesManyBlobsAtOnce,
                            GivesAManifestByTagAndByDigest, KeepsEveryByteOfAManifest,
                            KeepsAManifestWithoutATag, KeepsAnIndexWithItsImages,
                            RefusesAManifestUnderTheDigestOfAnother, MovesATagToAnotherImage,
                            StoresTheSameTagAgain, SortsTags, TakesManyTagsAtOnce, RemovesATag,
                            RemovesAManifestWithEveryTagOnIt, MountsOnlyWhatIsThereAfterwards);

}  // namespace ixian::testing
