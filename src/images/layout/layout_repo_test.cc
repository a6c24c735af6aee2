#include "layout/layout_repo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "testing/image_repo_contract.h"
#include "testing/temp_folder.h"

namespace ixian::testing {

class LayoutWorld {
 public:
  static constexpr bool kRemoves = true;
  std::unique_ptr<oci::ImageRepo> open() {
    return layout::open_layout(folder_ / "images", layout::LayoutUse::kWrite, cancellation_);
  }

 private:
  TempFolder folder_;
  base::Cancellation cancellation_;
};

// A repository among others, whose names must not get in its way.
class DirectoryWorld {
 public:
  static constexpr bool kRemoves = true;
  DirectoryWorld() {
    for (const char* other : {"shop/web2", "shop", "shop/web/api"}) {
      put_image(*open(other), "other", sample_image("other"));
      put_image(*open(other), "goes", sample_image(other));
    }
  }
  std::unique_ptr<oci::ImageRepo> open() { return open("shop/web"); }

 private:
  std::unique_ptr<oci::ImageRepo> open(const std::string& repository) {
    return layout::open_directory_registry(folder_ / "images", "localhost", repository,
                                           layout::LayoutUse::kWrite, cancellation_);
  }

  TempFolder folder_;
  base::Cancellation cancellation_;
};

// All handles are on one MemoryRepo.
class MemoryWorld {
 public:
  static constexpr bool kRemoves = true;
  std::unique_ptr<oci::ImageRepo> open() { return std::make_unique<Handle>(repo_); }

 private:
  class Handle : public oci::ImageRepo {
   public:
    explicit Handle(MemoryRepo& repo) : repo_(repo) {}
    std::string name() const override { return repo_.name(); }
    std::optional<oci::Descriptor> find(const std::string& ref) override { return repo_.find(ref); }
    std::optional<oci::RawManifest> read_manifest(const std::string& ref) override {
      return repo_.read_manifest(ref);
    }
    bool has_blob(const oci::Descriptor& blob) override { return repo_.has_blob(blob); }
    std::unique_ptr<base::ByteSource> open_blob(const oci::Descriptor& blob, std::uint64_t offset) override {
      return repo_.open_blob(blob, offset);
    }
    void put_blob(const oci::Descriptor& blob, const base::OpenSource& open) override {
      repo_.put_blob(blob, open);
    }
    bool mount_blob(const oci::Descriptor& blob, const oci::ImageRepo& from) override {
      return repo_.mount_blob(blob, from);
    }
    void put_manifest(const std::string& ref, const oci::RawManifest& manifest) override {
      repo_.put_manifest(ref, manifest);
    }
    std::vector<std::string> tags() override { return repo_.tags(); }
    bool remove(const std::string& ref) override { return repo_.remove(ref); }

   private:
    MemoryRepo& repo_;
  };

  MemoryRepo repo_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Layout, ImageRepoContract, LayoutWorld);
INSTANTIATE_TYPED_TEST_SUITE_P(Directory, ImageRepoContract, DirectoryWorld);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, ImageRepoContract, MemoryWorld);

}  // namespace ixian::testing

namespace ixian::layout {
namespace {

using ixian::testing::describe;
using ixian::testing::ImageRepoContract;
using ixian::testing::MemoryRepo;
using ixian::testing::put_blobs;
using ixian::testing::put_image;
using ixian::testing::read_blob_from;
using ixian::testing::sample_image;
using ixian::testing::SampleImage;
using ixian::testing::source_of;
using ixian::testing::source_that_fails_after;
using ixian::testing::TempFolder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string blob_file(const oci::Digest& digest) {
  return "images/blobs/" + std::string(digest.algorithm()) + "/" + std::string(digest.hex());
}

class Layout : public ::testing::Test {
 protected:
  std::unique_ptr<oci::ImageRepo> open(LayoutUse use = LayoutUse::kWrite) {
    return open_layout(folder_ / "images", use, cancellation_);
  }
  std::unique_ptr<oci::ImageRepo> registry(const std::string& repository) {
    return open_directory_registry(folder_ / "images", "localhost", repository, LayoutUse::kWrite,
                                   cancellation_);
  }
  base::Json index() { return base::Json::parse(folder_.read("images/index.json")); }

  std::string message_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kRegistry);
      return error.advised();
    }
    return "no error";
  }

  TempFolder folder_;
  base::Cancellation cancellation_;
  const SampleImage image_ = sample_image("hello");
};

TEST_F(Layout, IsMadeWithTheFirstBlobAsTheSpecificationSays) {
  const auto repo = open();
  EXPECT_EQ(repo->find("1"), std::nullopt);
  EXPECT_EQ(folder_.count(), 0u) << "asking makes nothing";
  put_image(*repo, "1", image_);
  EXPECT_EQ(folder_.read("images/oci-layout"), R"({"imageLayoutVersion":"1.0.0"})");
  EXPECT_EQ(folder_.read(blob_file(image_.raw.descriptor.digest)), image_.raw.bytes);
  EXPECT_EQ(index(),
            base::Json::parse(R"({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
    "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": )" +
                              std::to_string(image_.raw.bytes.size()) + R"(, "digest": ")" +
                              image_.raw.descriptor.digest.text() + R"(",
    "annotations": {"org.opencontainers.image.ref.name": "1"}}]})"));
}

TEST_F(Layout, LeavesNoTemporaryFiles) {
  const auto blob = describe("some");
  {
    const auto repo = open();
    put_image(*repo, "1", image_);
    message_of([&] { repo->put_blob(blob, source_that_fails_after("some")); });
  }
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "images")) {
    if (entry.is_regular_file() || entry.path().filename().string().starts_with('.'))
      names.push_back(entry.path().filename());
  }
  EXPECT_EQ(names.size(), 4u + 3u) << "four blobs, oci-layout, index.json and its lock: "
                                   << ::testing::PrintToString(names);
}

TEST_F(Layout, GivesFilesTheModeThatTheUserWants) {
  const mode_t before = ::umask(027);
  put_image(*open(), "1", image_);
  ::umask(before);
  for (const std::string& file :
       {blob_file(image_.raw.descriptor.digest), std::string("images/index.json")}) {
    struct stat status = {};
    ASSERT_EQ(::stat((folder_ / file).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0640u) << file;
  }
}

TEST_F(Layout, ForReadingMustBeThere) {
  EXPECT_THAT(message_of([&] { open(LayoutUse::kRead); }),
              AllOf(HasSubstr(folder_ / "images"), HasSubstr("directory not found")));
  std::filesystem::create_directory(folder_ / "images");
  EXPECT_THAT(message_of([&] { open(LayoutUse::kRead); }), HasSubstr("no images in"));
  EXPECT_THAT(message_of([&] { layout_names(folder_ / "images"); }), HasSubstr("no images in"));
}

TEST_F(Layout, IsNotMadeInAFolderOfOtherThings) {
  folder_.write("main.c", "int main;");
  EXPECT_THAT(message_of([&] { open_layout(folder_.path(), LayoutUse::kWrite, cancellation_); }),
              AllOf(HasSubstr("contains other things than images"), HasSubstr("main.c")));
  EXPECT_THAT(message_of([&] { open_layout(folder_ / "main.c", LayoutUse::kWrite, cancellation_); }),
              HasSubstr("is a file"));
}

TEST_F(Layout, OfAnotherVersionIsRefused) {
  put_image(*open(), "1", image_);
  folder_.write("images/oci-layout", R"({"imageLayoutVersion":"2.0.0"})");
  EXPECT_THAT(message_of([&] { open(); }), HasSubstr("unsupported version"));
  folder_.write("images/oci-layout", "what?");
  EXPECT_THAT(message_of([&] { open(); }), HasSubstr(folder_ / "images/oci-layout"));
}

TEST_F(Layout, KeepsEntriesAndFieldsThatItDoesNotKnow) {
  put_image(*open(), "mine", image_);
  base::Json changed = index();
  changed["annotations"] = {{"who", "somebody else"}};
  changed["manifests"].insert(changed["manifests"].begin(), {{"odd", true}});
  changed["manifests"].push_back({{"mediaType", "text/plain"},
                                  {"digest", image_.raw.descriptor.digest.text()},
                                  {"size", 1},
                                  {"annotations", {{"org.opencontainers.image.ref.name", "theirs"}}}});
  folder_.write("images/index.json", changed.dump());

  const SampleImage other = sample_image("other");
  put_image(*open(), "mine", other);
  changed["manifests"][1]["digest"] = other.raw.descriptor.digest.text();
  changed["manifests"][1]["size"] = other.raw.bytes.size();
  EXPECT_EQ(index(), changed);
}

TEST_F(Layout, MakesOneEntryOfSeveralOfOneName) {
  put_image(*open(), "1", image_);
  base::Json changed = index();
  changed["manifests"].push_back(changed["manifests"][0]);
  folder_.write("images/index.json", changed.dump());
  open()->put_manifest("1", image_.raw);
  EXPECT_EQ(index()["manifests"].size(), 1u);
}

TEST_F(Layout, SeesWhatOthersChangedMeanwhile) {
  put_image(*open(), "a", image_);
  const auto repo = open();
  EXPECT_THAT(repo->tags(), ElementsAre("a"));
  for (int i = 0; i < 10; ++i) {
    const std::string tag = "t" + std::to_string(i);
    open()->put_manifest(tag, image_.raw);
    ASSERT_TRUE(repo->find(tag)) << tag;
    ASSERT_TRUE(open()->remove(tag));
    ASSERT_FALSE(repo->find(tag)) << tag;
  }
}

TEST_F(Layout, WithoutANameMeansItsOnlyImage) {
  const auto repo = open();
  EXPECT_EQ(repo->find(""), std::nullopt);
  put_image(*repo, "a", image_);
  EXPECT_EQ(repo->find("")->digest, image_.raw.descriptor.digest);
  put_image(*repo, "b", sample_image("b"));
  EXPECT_THAT(message_of([&] { repo->find(""); }), HasSubstr("contains several images"));
  put_image(*repo, "", sample_image("nameless"));
  put_image(*repo, "", sample_image("nameless again"));
  EXPECT_EQ(repo->find("")->digest, sample_image("nameless again").raw.descriptor.digest);
  EXPECT_THAT(repo->tags(), ElementsAre("a", "b"));
  EXPECT_EQ(index()["manifests"].size(), 3u);
}

TEST_F(Layout, TakesAnyNameThatIsText) {
  const auto repo = open();
  put_blobs(*repo, image_);
  for (const char* name : {"shop/web:1", "\xc3\xa4 \"quoted\"", "../../etc/passwd", "sha256:short"}) {
    repo->put_manifest(name, image_.raw);
    EXPECT_TRUE(repo->find(name)) << name;
  }
  EXPECT_THAT(message_of([&] { repo->put_manifest("\xff", image_.raw); }), HasSubstr("UTF-8"));
  EXPECT_THAT(message_of([&] { repo->put_manifest(std::string(2000, 'n'), image_.raw); }), HasSubstr("1024"));
  EXPECT_EQ(layout_names(folder_ / "images").size(), 4u);
}

TEST_F(Layout, NamesTheFileOfADamagedIndex) {
  put_image(*open(), "1", image_);
  for (const char* text : {"", "{", "[]", R"({"manifests": 1})", R"({"manifests": [], "manifests": []})"}) {
    folder_.write("images/index.json", text);
    EXPECT_THAT(message_of([&] { open()->find("1"); }), HasSubstr(folder_ / "images/index.json")) << text;
    EXPECT_THAT(message_of([&] { open()->put_manifest("1", image_.raw); }), HasSubstr("index.json")) << text;
    EXPECT_EQ(folder_.read("images/index.json"), text) << "nobody's images are thrown away";
  }
}

TEST_F(Layout, SurvivesEntriesThatAreDamaged) {
  put_image(*open(), "good", image_);
  base::Json changed = index();
  base::Json bad = changed["manifests"][0];
  bad["annotations"]["org.opencontainers.image.ref.name"] = "bad";
  bad["digest"] = "sha256:../../../etc/passwd";
  for (const base::Json& entry :
       {base::Json(), base::Json(7), base::Json({{"annotations", 1}}),
        base::Json({{"annotations", {{"org.opencontainers.image.ref.name", 1}}}}), bad}) {
    changed["manifests"].push_back(entry);
  }
  folder_.write("images/index.json", changed.dump());
  EXPECT_TRUE(open()->find("good"));
  EXPECT_THAT(message_of([&] { open()->find("bad"); }), HasSubstr("the entry of bad in "));
  EXPECT_THAT(open()->tags(), ElementsAre("bad", "good"));
  EXPECT_TRUE(open()->remove("bad"));
}

TEST_F(Layout, NamesTheFileOfADamagedManifest) {
  const auto repo = open();
  put_image(*repo, "1", image_);
  const oci::Digest digest = image_.raw.descriptor.digest;
  const std::string file = blob_file(digest);

  std::string flipped = image_.raw.bytes;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 1);
  folder_.write(file, flipped);
  EXPECT_THAT(message_of([&] { repo->read_manifest("1"); }), HasSubstr(folder_ / file));
  EXPECT_THAT(message_of([&] { repo->read_manifest(digest.text()); }), HasSubstr(folder_ / file));
  EXPECT_THAT(message_of([&] { repo->find(digest.text()); }), HasSubstr(folder_ / file));

  folder_.write(file, flipped + "more");
  EXPECT_THAT(message_of([&] { repo->find("1"); }), HasSubstr(folder_ / file));
  std::filesystem::remove(folder_ / file);
  EXPECT_THAT(message_of([&] { repo->find("1"); }), HasSubstr(folder_ / file));

  repo->put_manifest("1", image_.raw);
  EXPECT_EQ(repo->read_manifest("1")->bytes, image_.raw.bytes) << "storing it again heals it";
}

TEST_F(Layout, NamesTheFileOfADamagedBlob) {
  const auto repo = open();
  put_image(*repo, "1", image_);
  const auto& layer = image_.manifest.layers[0];
  const std::string file = blob_file(layer.digest);
  folder_.write(file, "short");
  EXPECT_FALSE(repo->has_blob(layer));
  EXPECT_THAT(message_of([&] { repo->open_blob(layer, 0); }),
              AllOf(HasSubstr(folder_ / file), HasSubstr("5 bytes")));
  repo->put_blob(layer, source_of(image_.layers[0]));
  EXPECT_EQ(read_blob_from(*repo, layer), image_.layers[0]);

  const auto source = repo->open_blob(layer, 0);
  ASSERT_EQ(::truncate((folder_ / file).c_str(), 10), 0);
  EXPECT_THAT(message_of([&] { base::read_all(*source, 1 << 20, "x"); }), HasSubstr(folder_ / file));
}

TEST_F(Layout, IsNotFooledByWhatIsNoFile) {
  const auto repo = open();
  put_image(*repo, "1", image_);
  const auto blob = describe("never");
  const std::string path = folder_ / blob_file(blob.digest);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_FALSE(repo->has_blob(blob));
  EXPECT_THAT(message_of([&] { repo->open_blob(blob, 0); }), HasSubstr(path));
  EXPECT_FALSE(repo->find(blob.digest.text()));
  repo->put_blob(blob, source_of("never"));
  EXPECT_EQ(read_blob_from(*repo, blob), "never");
}

TEST_F(Layout, TakesNoBlobForAManifest) {
  const auto repo = open();
  put_image(*repo, "1", image_);
  const std::string layer = image_.manifest.layers[0].digest.text();
  EXPECT_FALSE(repo->find(layer));
  EXPECT_FALSE(repo->read_manifest(layer));
  EXPECT_FALSE(repo->remove(layer));
  EXPECT_TRUE(repo->has_blob(image_.manifest.layers[0]));
  EXPECT_FALSE(repo->find(image_.manifest.config.digest.text()));
}

TEST_F(Layout, StoresNoManifestWhoseBlobsAreMissing) {
  const auto repo = open();
  repo->put_blob(image_.manifest.config, source_of(image_.config));
  repo->put_blob(image_.manifest.layers[0], source_of(image_.layers[0]));
  EXPECT_THAT(message_of([&] { repo->put_manifest("1", image_.raw); }),
              AllOf(HasSubstr(image_.manifest.layers[1].digest.text()), HasSubstr("is missing")));
  EXPECT_THAT(repo->tags(), IsEmpty());
  EXPECT_FALSE(repo->find(image_.raw.descriptor.digest.text()));
}

TEST_F(Layout, StoresNoManifestOfOtherBytes) {
  const auto repo = open();
  put_blobs(*repo, image_);
  oci::RawManifest wrong = image_.raw;
  wrong.bytes += "\n";
  EXPECT_THAT(message_of([&] { repo->put_manifest("1", wrong); }), HasSubstr("its bytes are not those of"));
  EXPECT_THAT(repo->tags(), IsEmpty());
}

TEST_F(Layout, KeepsBlobsOfSha512AndOfNoBytes) {
  const auto repo = open();
  oci::Digester digester("sha512");
  digester.update("strong");
  oci::Descriptor strong = describe("strong");
  strong.digest = digester.finish();
  repo->put_blob(strong, source_of("strong"));
  EXPECT_EQ(read_blob_from(*repo, strong), "strong");
  EXPECT_EQ(folder_.read(blob_file(strong.digest)), "strong");
  repo->put_blob(describe(""), source_of(""));
  EXPECT_TRUE(repo->has_blob(describe("")));
  EXPECT_EQ(read_blob_from(*repo, describe("")), "");
}

TEST_F(Layout, KeepsAManifestThatAnIndexStillNeeds) {
  const auto repo = open();
  put_image(*repo, "one", image_);
  oci::Index index{std::string(oci::kOciIndex), {image_.raw.descriptor}, std::nullopt, "", {}};
  repo->put_manifest("all", oci::raw(index));
  EXPECT_TRUE(repo->remove(image_.raw.descriptor.digest.text()));
  EXPECT_THAT(repo->tags(), ElementsAre("all"));
  EXPECT_TRUE(repo->read_manifest(image_.raw.descriptor.digest.text()));
}

TEST_F(Layout, StopsWritingWhenAsked) {
  const auto repo = open();
  put_image(*repo, "1", image_);
  cancellation_.request();
  EXPECT_THROW(repo->put_blob(describe("late"), source_of("late")), base::Cancelled);
  EXPECT_THROW(read_blob_from(*repo, image_.manifest.config), base::Cancelled);
  EXPECT_FALSE(repo->has_blob(describe("late")));
}

TEST_F(Layout, ForReadingIsNotWrittenTo) {
  put_image(*open(), "1", image_);
  EXPECT_THROW(open(LayoutUse::kRead)->put_blob(describe("x"), source_of("x")), std::logic_error);
  EXPECT_TRUE(open(LayoutUse::kRead)->find("1"));
}

TEST_F(Layout, IsCalledAsTheCallerSays) {
  EXPECT_EQ(open()->name(), "oci:" + folder_ / "images");
  EXPECT_EQ(open_layout(folder_ / "images", LayoutUse::kWrite, cancellation_, "the cache")->name(),
            "the cache");
  EXPECT_EQ(registry("shop/web")->name(), "localhost/shop/web");
}

TEST_F(Layout, ServesAsARegistryOfManyRepositories) {
  put_image(*registry("shop/web"), "1", image_);
  put_image(*registry("shop/api"), "1", sample_image("api"));
  EXPECT_THAT(layout_names(folder_ / "images"), ElementsAre("shop/api:1", "shop/web:1"));
  EXPECT_THAT(registry("shop/web")->tags(), ElementsAre("1"));
  EXPECT_EQ(registry("shop/web")->find("1")->digest, image_.raw.descriptor.digest);
  EXPECT_EQ(open()->find("shop/web:1")->digest, image_.raw.descriptor.digest);
  EXPECT_FALSE(registry("shop")->find("web:1"));
  EXPECT_FALSE(registry("shop/web")->find(""));
  EXPECT_THAT(message_of([&] { registry("shop/web")->put_manifest("a:b", image_.raw); }),
              HasSubstr("invalid tag"));
}

TEST_F(Layout, MountsBlobsBetweenRepositoriesOfOneFolder) {
  put_image(*registry("shop/web"), "1", image_);
  const auto& layer = image_.manifest.layers[0];
  EXPECT_TRUE(registry("shop/api")->mount_blob(layer, *registry("shop/web")));
  EXPECT_FALSE(registry("shop/api")->mount_blob(describe("absent"), *registry("shop/web")));

  std::filesystem::create_symlink(folder_ / "images", folder_ / "alias");
  const auto alias = open_layout(folder_ / "alias", LayoutUse::kRead, cancellation_);
  EXPECT_TRUE(registry("shop/api")->mount_blob(layer, *alias)) << "the same folder by another name";
  const auto other = open_layout(folder_ / "other", LayoutUse::kWrite, cancellation_);
  EXPECT_FALSE(other->mount_blob(layer, *registry("shop/web")));
}

TEST_F(Layout, RemovesADigestFromOneRepositoryOnly) {
  put_image(*registry("shop/web"), "1", image_);
  put_image(*registry("shop/api"), "1", image_);
  EXPECT_TRUE(registry("shop/web")->remove(image_.raw.descriptor.digest.text()));
  EXPECT_THAT(layout_names(folder_ / "images"), ElementsAre("shop/api:1"));
  EXPECT_TRUE(registry("shop/api")->read_manifest("1"));
}

}  // namespace
}  // namespace ixian::layout
