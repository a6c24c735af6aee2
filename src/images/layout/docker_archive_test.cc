#include "layout/docker_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "layout/archive_index.h"
#include "oci/copy_image.h"
#include "tar/reader.h"
#include "testing/memory_repo.h"
#include "testing/sample_image.h"
#include "testing/temp_folder.h"

namespace ixian::layout {
namespace {

using ixian::testing::describe;
using ixian::testing::MemoryRepo;
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

std::string member(const std::string& name, const std::string& body, tar::TarType type = tar::TarType::kFile,
                   const std::string& link = "") {
  tar::TarEntry entry;
  entry.name = name;
  entry.type = type;
  entry.link = link;
  entry.size = body.size();
  return tar::tar_header(entry) + body + std::string(tar::tar_padding(body.size()), '\0');
}

std::string link(const std::string& name, const std::string& target) {
  return member(name, "", tar::TarType::kSymlink, target);
}

std::string hex(const std::string& bytes) {
  return std::string(oci::Digest::of(bytes).hex());
}

std::string docker_manifest(const std::string& config, const std::vector<std::string>& layers,
                            const std::vector<std::string>& tags) {
  return base::Json::array({{{"Config", config}, {"RepoTags", tags}, {"Layers", layers}}}).dump();
}

class DockerArchive : public ::testing::Test {
 protected:
  std::unique_ptr<oci::ImageRepo> open(const std::string& bytes) {
    return open_docker_archive(folder_.write("a.tar", bytes), cancellation_);
  }
  std::string problem(const std::string& bytes) {
    return message_of([&] { open(bytes); });
  }
  std::string message_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kRegistry);
      return error.advised();
    }
    return "no error";
  }

  // As Docker wrote it up to version 24.
  std::string saved(const std::string& name = "shop/web:1") {
    return member(config_file_, image_.config) + member("aa/layer.tar", image_.layers[0]) +
           member("bb/layer.tar", image_.layers[1]) +
           member("manifest.json", docker_manifest(config_file_, {"aa/layer.tar", "bb/layer.tar"}, {name})) +
           tar::tar_end();
  }
  // What was read, copied to memory, must be the image in every byte.
  void expect_image(oci::ImageRepo& repo, const std::string& ref) {
    const auto found = repo.read_manifest(ref);
    ASSERT_TRUE(found);
    const auto parsed = found->parsed();
    const auto& manifest = std::get<oci::Manifest>(parsed);
    EXPECT_EQ(read_blob_from(repo, manifest.config), image_.config);
    ASSERT_EQ(manifest.layers.size(), image_.layers.size());
    for (std::size_t i = 0; i < image_.layers.size(); ++i) {
      EXPECT_EQ(read_blob_from(repo, manifest.layers[i]), image_.layers[i]);
      EXPECT_EQ(read_blob_from(repo, manifest.layers[i], 100), image_.layers[i].substr(100));
    }
    MemoryRepo copy;
    oci::copy_image(repo, ref, copy, "copied", {}, cancellation_);
    EXPECT_TRUE(copy.find("copied"));
  }

  std::string write(const SampleImage& image, const std::string& name, const std::vector<int>& order = {}) {
    const auto writer = create_docker_archive(folder_ / "out.tar", {name}, cancellation_);
    for (int i : order) {
      const auto at = static_cast<std::size_t>(i);
      writer->put_blob(image.manifest.layers[at], source_of(image.layers[at]));
    }
    put_image(*writer, image.raw.descriptor.digest.text(), image);
    writer->finish();
    return folder_.read("out.tar");
  }

  TempFolder folder_;
  base::Cancellation cancellation_;
  const SampleImage image_ = sample_image("hello");
  const std::string config_file_ = hex(image_.config) + ".json";
};

TEST_F(DockerArchive, OfOldDockerIsReadWithAManifestMadeForIt) {
  const auto repo = open(saved());
  EXPECT_THAT(repo->tags(), ElementsAre("shop/web:1"));
  EXPECT_EQ(repo->find("shop/web:1")->digest, repo->find("docker.io/shop/web:1")->digest);
  EXPECT_EQ(repo->find("")->digest, repo->find("shop/web:1")->digest);
  EXPECT_EQ(repo->find("shop/web:2"), std::nullopt);
  EXPECT_EQ(repo->find("shop/web"), std::nullopt) << "which means latest";
  EXPECT_EQ(repo->find("")->digest, image_.raw.descriptor.digest);
  expect_image(*repo, "shop/web:1");
  EXPECT_EQ(repo->name(), "docker-archive:" + folder_ / "a.tar");
}

TEST_F(DockerArchive, IsFoundByTheNameThatDockerShortened) {
  const auto repo = open(saved("debian:latest"));
  EXPECT_TRUE(repo->find("docker.io/library/debian:latest"));
  EXPECT_TRUE(repo->find("debian"));
}

TEST_F(DockerArchive, FollowsLinksToLayersThatAreThereTwice) {
  const SampleImage twice = sample_image("same", 1);
  const std::string archive = member("c.json", twice.config) + member("x.tar", twice.layers[0]) +
                              link("aa/layer.tar", "../x.tar") + link("bb/layer.tar", "../aa/layer.tar") +
                              member("cc/layer.tar", "", tar::TarType::kHardLink, "x.tar") +
                              member("manifest.json", docker_manifest("c.json", {"bb/layer.tar"}, {"a:1"}));
  const auto repo = open(archive);
  EXPECT_EQ(read_blob_from(*repo, twice.manifest.layers[0]), twice.layers[0]);
  for (const char* path :
       {"aa/layer.tar", "bb/layer.tar", "cc/layer.tar", "./cc//layer.tar", "aa/../x.tar"}) {
    EXPECT_TRUE(ArchiveIndex(folder_ / "a.tar", cancellation_).find(path)) << path;
  }
}

TEST_F(DockerArchive, FollowsNoLinkOutOfTheArchive) {
  const std::string secret = folder_.write("secret", "the host's");
  for (const std::string& target : {secret, std::string("../../../../../../") + secret,
                                    std::string("../secret"), std::string("layer.tar"), std::string("")}) {
    if (target.empty()) continue;
    const std::string archive =
        member(config_file_, image_.config) + link("aa/layer.tar", target) + member("bb/layer.tar", "x") +
        member("manifest.json", docker_manifest(config_file_, {"aa/layer.tar", "bb/layer.tar"}, {}));
    EXPECT_THAT(problem(archive),
                ::testing::AnyOf(HasSubstr("aa/layer.tar is missing"), HasSubstr("refers to itself")))
        << target;
  }
}

TEST_F(DockerArchive, IgnoresNamesThatLeadOutOfIt) {
  EXPECT_TRUE(
      open(member("../../etc/passwd", "x") + member("..", "x") + member("./.", "x") + saved())->find(""));
}

TEST_F(DockerArchive, RefusesANameTwice) {
  EXPECT_THAT(problem(member("manifest.json", "[]") + saved()), HasSubstr("duplicate member manifest.json"));
  EXPECT_THAT(problem(member("./aa/../manifest.json", "[]") + saved()),
              HasSubstr("duplicate member manifest.json"));
}

TEST_F(DockerArchive, NamesWhatIsMissing) {
  const auto without = [&](const std::vector<std::string>& layers, const std::string& config) {
    return problem(member(config_file_, image_.config) + member("aa/layer.tar", image_.layers[0]) +
                   member("manifest.json", docker_manifest(config, layers, {"a:1"})));
  };
  EXPECT_THAT(without({"aa/layer.tar", "bb/layer.tar"}, config_file_),
              AllOf(HasSubstr(folder_ / "a.tar"), HasSubstr("its layer bb/layer.tar is missing")));
  EXPECT_THAT(without({"aa/layer.tar"}, config_file_), HasSubstr("has 1 layers, but its config 2"));
  EXPECT_THAT(without({"aa/layer.tar"}, "other.json"), HasSubstr("its config other.json is missing"));
  EXPECT_THAT(without({}, "/etc/passwd"), HasSubstr("its config /etc/passwd is missing"));
  EXPECT_THAT(message_of([&] { open_docker_archive(folder_ / "none.tar", cancellation_); }),
              HasSubstr("none.tar"));
}

TEST_F(DockerArchive, RefusesWhatIsNoArchiveOfImages) {
  EXPECT_THAT(problem("this is text"), HasSubstr("truncated in the middle of a header"));
  EXPECT_THAT(problem(std::string(1024, 'x')), HasSubstr("checksum"));
  EXPECT_THAT(problem(""), HasSubstr("contains no images"));
  EXPECT_THAT(problem(member("readme", "hi")), HasSubstr("contains no images"));
  EXPECT_THAT(problem(member("repositories", "{}")), HasSubstr("older than 1.10"));
  EXPECT_THAT(problem("\x1f\x8b\x08 and so on"), HasSubstr("gunzip"));
  EXPECT_THAT(problem("\x28\xb5\x2f\xfd and so on"), HasSubstr("unzstd"));
  EXPECT_THAT(message_of([&] { open_docker_archive(folder_.path(), cancellation_); }),
              HasSubstr("is a directory"));
}

TEST_F(DockerArchive, RefusesDamagedDocuments) {
  for (const char* text :
       {"", "{", "{}", "[]", "[1]", "[{}]", R"([{"Config": 1}])", R"([{"Config": "c", "Config": "d"}])",
        R"([{"Config": "c", "Layers": "l"}])", R"([{"Config": "c", "Layers": [1]}])"}) {
    const std::string message = problem(member("manifest.json", text) + member("c", "{}"));
    EXPECT_THAT(message, HasSubstr(folder_ / "a.tar")) << text;
    EXPECT_THAT(message, HasSubstr("manifest.json")) << text;
  }
  for (const char* text :
       {"", "{", "[]", R"({"manifests": {}})", R"({"manifests": [1]})", R"({"manifests": [{}]})"}) {
    EXPECT_THAT(problem(member("index.json", text)), HasSubstr("its index.json is damaged")) << text;
  }
  std::string changed = image_.config;
  changed[5] ^= 1;
  EXPECT_THAT(
      problem(member(config_file_, changed) + member("manifest.json", docker_manifest(config_file_, {}, {}))),
      AllOf(HasSubstr("config"), HasSubstr("is damaged")));
}

TEST_F(DockerArchive, ThatIsCutShortIsRefused) {
  const std::string whole = saved();
  for (std::size_t size = 512; size < whole.size() - 1024; size += 512) {
    EXPECT_NE(problem(whole.substr(0, size)), "no error") << size;
  }
}

// Else whoever has a layer of that diffID would take its own for what the archive holds.
TEST_F(DockerArchive, WithALayerOfOtherBytesThanItsConfigSaysIsRefused) {
  std::string archive = saved();
  const auto at = archive.find("0hello", archive.find("aa/layer.tar"));
  archive[archive.find("0hello", at + 1)] = 'X';
  EXPECT_THAT(problem(archive), HasSubstr("is damaged: digest mismatch with its config"));
}

TEST_F(DockerArchive, WithSeveralImagesMustBeAskedForOne) {
  const SampleImage other = sample_image("other");
  const auto item = [](const std::string& config, const std::string& first, const std::string& second,
                       const char* name) {
    return base::Json{{"Config", config}, {"RepoTags", {name}}, {"Layers", {first, second}}};
  };
  const base::Json both =
      base::Json::array({item("a.json", "a0", "a1", "b:1"), item("b.json", "b0", "b1", "a:1")});
  const auto repo =
      open(member("a.json", image_.config) + member("a0", image_.layers[0]) + member("a1", image_.layers[1]) +
           member("b.json", other.config) + member("b0", other.layers[0]) + member("b1", other.layers[1]) +
           member("manifest.json", both.dump()));
  EXPECT_THAT(repo->tags(), ElementsAre("a:1", "b:1"));
  EXPECT_EQ(repo->find("b:1")->digest, image_.raw.descriptor.digest);
  EXPECT_EQ(repo->find("a:1")->digest, other.raw.descriptor.digest);
  EXPECT_THAT(message_of([&] { repo->find(""); }), HasSubstr("contains several images"));
}

TEST_F(DockerArchive, ForReadingIsNotChanged) {
  const auto repo = open(saved());
  EXPECT_THAT(message_of([&] { repo->put_blob(describe("x"), source_of("x")); }),
              HasSubstr("cannot be changed"));
  EXPECT_THAT(message_of([&] { repo->put_manifest("x", image_.raw); }), HasSubstr("cannot be changed"));
  EXPECT_THAT(message_of([&] { repo->remove("x"); }), HasSubstr("cannot be changed"));
  EXPECT_THAT(message_of([&] { repo->open_blob(describe("x"), 0); }), HasSubstr("is missing"));
  EXPECT_FALSE(repo->has_blob(describe("x")));
}

TEST_F(DockerArchive, IsReadToItsEndThoughItIsReplaced) {
  const auto repo = open(saved());
  const std::string other = folder_.write("b.tar", "other");
  std::filesystem::rename(other, folder_ / "a.tar");
  expect_image(*repo, "");
}

TEST_F(DockerArchive, DoesNotGrowWithAnIndexThatListsItself) {
  std::string archive, inner = image_.raw.descriptor.digest.text();
  std::size_t inner_size = image_.raw.bytes.size();
  std::string type(oci::kOciManifest);
  for (int level = 0; level < 6; ++level) {
    base::Json entries = base::Json::array();
    for (int i = 0; i < 500; ++i)
      entries.push_back({{"mediaType", type}, {"digest", inner}, {"size", inner_size}});
    const std::string index = base::Json{{"schemaVersion", 2}, {"manifests", entries}}.dump();
    archive += member(level == 5 ? "index.json" : "blobs/sha256/" + hex(index), index);
    inner = "sha256:" + hex(index);
    inner_size = index.size();
    type = oci::kOciIndex;
  }
  archive += member("blobs/sha256/" + hex(image_.raw.bytes), image_.raw.bytes);
  EXPECT_EQ(problem(archive), "no error");
}

// As Docker writes it since version 25, with images in containerd.
TEST_F(DockerArchive, OfNewDockerKeepsAListOfPlatformsWhereAllAreThere) {
  const SampleImage other = sample_image("other");
  const auto blob = [](const std::string& bytes) { return member("blobs/sha256/" + hex(bytes), bytes); };
  oci::Index list{
      std::string(oci::kOciIndex), {image_.raw.descriptor, other.raw.descriptor}, std::nullopt, "", {}};
  const oci::RawManifest raw = oci::raw(list);
  base::Json entry = oci::to_json(raw.descriptor);
  entry["annotations"] = {{"io.containerd.image.name", "docker.io/shop/web:1"},
                          {"org.opencontainers.image.ref.name", "1"}};
  const std::string both =
      blob(image_.raw.bytes) + blob(image_.config) + blob(image_.layers[0]) + blob(image_.layers[1]) +
      blob(raw.bytes) +
      member("index.json", base::Json{{"schemaVersion", 2}, {"manifests", {entry}}}.dump()) +
      member("manifest.json", docker_manifest("blobs/sha256/" + hex(image_.config),
                                              {"blobs/sha256/" + hex(image_.layers[0]),
                                               "blobs/sha256/" + hex(image_.layers[1])},
                                              {"shop/web:1"}));
  const std::string rest =
      blob(other.raw.bytes) + blob(other.config) + blob(other.layers[0]) + blob(other.layers[1]);
  EXPECT_EQ(open(both + rest)->find("shop/web:1")->digest, raw.descriptor.digest);
  EXPECT_EQ(open(both)->find("shop/web:1")->digest, image_.raw.descriptor.digest) << "one of two is there";
}

TEST_F(DockerArchive, ThatWasWrittenIsReadBack) {
  write(image_, "docker.io/library/shop:1");
  const auto repo = open_docker_archive(folder_ / "out.tar", cancellation_);
  EXPECT_THAT(repo->tags(), ElementsAre("shop:1"));
  EXPECT_EQ(repo->find("shop:1")->digest, image_.raw.descriptor.digest)
      << "the manifest is kept, not made anew";
  EXPECT_EQ(repo->read_manifest("shop:1")->bytes, image_.raw.bytes);
  expect_image(*repo, "shop:1");
}

TEST_F(DockerArchive, HoldsWhatDockerAndOthersLookFor) {
  write(image_, "shop/web:1");
  const ArchiveIndex archive(folder_ / "out.tar", cancellation_);
  EXPECT_EQ(archive.read("oci-layout", 1000), R"({"imageLayoutVersion":"1.0.0"})");
  const auto path = [](const oci::Digest& digest) { return "blobs/sha256/" + std::string(digest.hex()); };
  EXPECT_EQ(
      base::Json::parse(*archive.read("manifest.json", 1000)),
      base::Json::array(
          {{{"Config", path(image_.manifest.config.digest)},
            {"RepoTags", {"shop/web:1"}},
            {"Layers", {path(image_.manifest.layers[0].digest), path(image_.manifest.layers[1].digest)}}}}));
  const auto entry = base::Json::parse(*archive.read("index.json", 1000))["manifests"][0];
  EXPECT_EQ(entry["digest"], image_.raw.descriptor.digest.text());
  EXPECT_EQ(entry["annotations"]["io.containerd.image.name"], "docker.io/shop/web:1");
  EXPECT_EQ(entry["annotations"]["org.opencontainers.image.ref.name"], "1");
}

TEST_F(DockerArchive, WithoutANameHasNone) {
  write(image_, "");
  const auto repo = open_docker_archive(folder_ / "out.tar", cancellation_);
  EXPECT_THAT(repo->tags(), IsEmpty());
  EXPECT_EQ(repo->find("")->digest, image_.raw.descriptor.digest);
}

TEST_F(DockerArchive, IsTheSameInWhateverOrderItsBlobsCame) {
  const SampleImage image = sample_image("many", 5);
  const std::string first = write(image, "a:1");
  EXPECT_EQ(write(image, "a:1", {4, 2, 0, 1, 3}), first);
  EXPECT_EQ(write(image, "a:1", {1, 3}), first);
  EXPECT_NE(write(image, "a:2"), first);
}

TEST_F(DockerArchive, IsTheSameFromManyThreads) {
  std::vector<std::string> blobs;
  for (int i = 0; i < 8; ++i)
    blobs.push_back(std::string(100'000 + static_cast<std::size_t>(i % 3), static_cast<char>('a' + i)));
  std::string before;
  for (int round = 0; round < 5; ++round) {
    const auto writer = create_docker_archive(folder_ / "out.tar", {"a:1"}, cancellation_);
    std::vector<std::thread> threads;
    for (const std::string& blob : blobs) {
      for (int twice = 0; twice < 2; ++twice) {
        threads.emplace_back([&] {
          writer->put_blob(describe(blob), source_of(blob));
          EXPECT_TRUE(writer->has_blob(describe(blob)));
        });
      }
    }
    for (auto& thread : threads) thread.join();
    for (const std::string& blob : blobs)
      EXPECT_EQ(read_blob_from(*writer, describe(blob), 99'990), blob.substr(99'990));
    put_image(*writer, "1", image_);
    writer->finish();
    const std::string bytes = folder_.read("out.tar");
    if (round > 0) {
      EXPECT_EQ(bytes, before);
    }
    before = bytes;
  }
  EXPECT_TRUE(open(before)->has_blob(describe(blobs[3])));
}

TEST_F(DockerArchive, AppearsOnlyWhenItIsFinished) {
  folder_.write("out.tar", "the old one");
  {
    const auto writer = create_docker_archive(folder_ / "out.tar", {"a:1"}, cancellation_);
    put_image(*writer, "a", image_);
    EXPECT_EQ(folder_.read("out.tar"), "the old one");
  }
  EXPECT_EQ(folder_.read("out.tar"), "the old one");
  EXPECT_EQ(folder_.count(), 1u);
  write(image_, "a:1");
  EXPECT_EQ(folder_.count(), 1u);
  EXPECT_TRUE(open_docker_archive(folder_ / "out.tar", cancellation_)->find("a:1"));
}

TEST_F(DockerArchive, HasNoTraceOfABlobThatFailed) {
  const std::string secret(200'000, 's');
  const std::string clean = write(image_, "a:1");
  const auto writer = create_docker_archive(folder_ / "out.tar", {"a:1"}, cancellation_);
  EXPECT_THAT(message_of([&] { writer->put_blob(describe(secret), source_that_fails_after(secret)); }),
              HasSubstr("another blob"));
  EXPECT_FALSE(writer->has_blob(describe(secret)));
  EXPECT_THAT(message_of([&] { writer->put_blob(describe(secret), source_of("short")); }),
              HasSubstr("received 5 of the 200000"));
  EXPECT_THAT(message_of([&] { writer->put_blob(describe("short"), source_of("longer")); }),
              HasSubstr("is longer than its"));
  put_image(*writer, "a", image_);
  writer->finish();
  EXPECT_EQ(folder_.read("out.tar"), clean);
}

TEST_F(DockerArchive, TakesABlobThatFailedWhenItComesAgain) {
  const std::string clean = write(image_, "a:1");
  const auto writer = create_docker_archive(folder_ / "out.tar", {"a:1"}, cancellation_);
  const auto& layer = image_.manifest.layers[0];
  message_of([&] { writer->put_blob(layer, source_that_fails_after(std::string(500, 'x'))); });
  put_image(*writer, "a", image_);
  writer->finish();
  EXPECT_EQ(folder_.read("out.tar"), clean);
}

TEST_F(DockerArchive, IsNotFinishedWithoutAnImageOrItsBlobs) {
  const auto writer = create_docker_archive(folder_ / "out.tar", {"a:1"}, cancellation_);
  EXPECT_THAT(message_of([&] { writer->finish(); }), HasSubstr("no image was copied"));
  writer->put_manifest("1", image_.raw);
  EXPECT_THAT(message_of([&] { writer->finish(); }), HasSubstr(image_.manifest.layers[0].digest.text()));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.tar"));
}

TEST_F(DockerArchive, OfAListNeedsOneImageOfIt) {
  MemoryRepo from;
  oci::Index index{std::string(oci::kOciIndex), {}, std::nullopt, "", {}};
  for (const char* architecture : {"amd64", "arm64"}) {
    const SampleImage image = sample_image(architecture);
    put_image(from, architecture, image);
    index.manifests.push_back(image.raw.descriptor);
    index.manifests.back().platform = oci::Platform{"linux", architecture, "", "", {}};
  }
  from.put_manifest("all", oci::raw(index));

  oci::CopyOptions one;
  one.platform = oci::Platform{"linux", "arm64", "", "", {}};
  auto writer = create_docker_archive(folder_ / "out.tar", {"a:1"}, cancellation_);
  oci::copy_image(from, "all", *writer, "", one, cancellation_);
  writer->finish();
  EXPECT_EQ(open_docker_archive(folder_ / "out.tar", cancellation_)->find("a:1")->digest,
            index.manifests[1].digest);

  oci::CopyOptions all;
  all.whole_index = true;
  writer = create_docker_archive(folder_ / "out2.tar", {"a:1"}, cancellation_);
  oci::copy_image(from, "all", *writer, "", all, cancellation_);
  EXPECT_THAT(message_of([&] { writer->finish(); }),
              AllOf(HasSubstr("linux/amd64, linux/arm64"), HasSubstr("oci:DIR")));
}

TEST_F(DockerArchive, IsNotWrittenOverAFolder) {
  try {
    create_docker_archive(folder_.path(), {"a:1"}, cancellation_);
    ADD_FAILURE() << "it was taken";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kUsage);
    EXPECT_THAT(error.message(), HasSubstr("it is a directory"));
  }
  EXPECT_THROW(create_docker_archive(folder_ / "out.tar", {"No Name"}, cancellation_), base::Error);
}

}  // namespace
}  // namespace ixian::layout
