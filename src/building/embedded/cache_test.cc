// The instruction cache in a registry: what another machine has built is not built again, and not even read
// before somebody needs it.

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/json.h"
#include "embedded/embedded_engine.h"
#include "testing/memory_repo.h"
#include "testing/recording_sink.h"
#include "testing/sample_image.h"
#include "testing/temp_folder.h"

namespace ixian::embedded {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MemoryRepo;
using ::testing::SizeIs;

constexpr char kCache[] = "registry.local/cache";
constexpr char kBase[] = "registry.local/base";

// All repositories that machines can reach, by name; what is missing is not reached.
using Network = std::map<std::string, std::shared_ptr<MemoryRepo>>;

// A store, an engine and a checkout.
class Machine {
 public:
  explicit Machine(Network& network) {
    std::filesystem::create_directories(folder_ / "context");
    EngineServices services;
    services.store = store::Store::open(folder_ / "store", cancellation_);
    store_ = services.store;
    services.open_repo = [&network](const oci::Reference& reference) -> std::shared_ptr<oci::ImageRepo> {
      const auto found = network.find(reference.name());
      if (found == network.end())
        throw base::Error(base::ErrorCode::kRegistry, reference.host + " does not answer.");
      return found->second;
    };
    services.open_for_push = services.open_repo;
    services.remote = std::make_shared<fetch::Fetcher>(store_, fetch::Fetcher::GetClient());
    engine_ = make_embedded_engine(std::move(services));
    job.dockerfile_name = "Dockerfile";
    job.context = folder_ / "context";
  }

  void write(const std::string& path, const std::string& content) {
    const std::string file = job.context + "/" + path;
    std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    std::ofstream(file) << content;
  }

  engine::BuiltStage build(const std::string& dockerfile) {
    job.dockerfile = dockerfile;
    const engine::BuiltStage built = engine_->build(job, sink, cancellation_);
    engine_->wait_for_cache(sink);
    return built;
  }

  std::vector<std::string> layers(const engine::BuiltStage& built) const {
    std::vector<std::string> digests;
    const auto parsed = built.manifest.parsed();
    for (const auto& layer : std::get<oci::Manifest>(parsed).layers) digests.push_back(layer.digest.text());
    return digests;
  }

  int warnings() const {
    const auto logs = sink.logs();
    return static_cast<int>(std::count_if(logs.begin(), logs.end(), [](const std::string& line) {
      return line.find("disabled for this build") != std::string::npos;
    }));
  }

  // The blobs of the layers that are made here, in hexadecimal: what differs can be seen.
  std::vector<std::string> contents(const engine::BuiltStage& built) {
    std::vector<std::string> all;
    const auto parsed = built.manifest.parsed();
    for (const auto& layer : std::get<oci::Manifest>(parsed).layers) {
      const auto source = store_->open_blob(layer, 0);
      std::string hex;
      for (const char c : base::read_all(*source, 1 << 20, "The layer"))
        hex += fmt::format("{:02x}", c & 0xff);
      all.push_back(hex);
    }
    return all;
  }

  engine::Engine& engine() { return *engine_; }
  store::Store& store() { return *store_; }
  base::Cancellation& cancellation() { return cancellation_; }

  engine::StageJob job;
  testing::RecordingSink sink;

 private:
  testing::TempFolder folder_;
  base::Cancellation cancellation_;
  std::shared_ptr<store::Store> store_;
  std::unique_ptr<engine::Engine> engine_;
};

// The tags of instructions, those of the first ones first.
std::vector<std::string> instruction_tags(MemoryRepo& repo) {
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const std::string& tag : repo.tags()) {
    if (!tag.starts_with("cache-")) continue;
    const auto parsed = repo.read_manifest(tag)->parsed();
    found.emplace_back(std::get<oci::Manifest>(parsed).layers.size(), tag);
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> tags;
  for (const auto& [layers, tag] : found) tags.push_back(tag);
  return tags;
}

class RegistryCaches : public ::testing::Test {
 protected:
  RegistryCaches() {
    network[kCache] = std::make_shared<MemoryRepo>(kCache, true);
    network[kBase] = std::make_shared<MemoryRepo>(kBase, true);
    put_image(*network[kBase], "1", base);
    for (Machine* each : {&first, &second}) {
      each->write("a", "a");
      each->write("b", "b");
    }
    first.job.cache_to = kCache;
    second.job.cache_from = {kCache};
  }

  // Blobs of the base's layers and of what was built that anybody has read.
  int blobs_read() const { return network.at(kCache)->counts().blob_opens; }

  const std::string dockerfile = "FROM registry.local/base:1\nCOPY a /a\nCOPY b /b\nLABEL x=y\n";
  const testing::SampleImage base = testing::sample_image("base");
  Network network;
  Machine first{network};
  Machine second{network};
};

TEST_F(RegistryCaches, AnotherMachineBuildsNothing) {
  const engine::BuiltStage made = first.build(dockerfile);
  EXPECT_EQ(made.cached, 0u);
  const engine::BuiltStage taken = second.build(dockerfile);
  EXPECT_EQ(taken.cached, 2u);
  EXPECT_EQ(taken.manifest.bytes, made.manifest.bytes);
  EXPECT_THAT(second.store().check(), IsEmpty());
}

TEST_F(RegistryCaches, HoldImagesThatRunUnderOneTagForEachInstruction) {
  first.build(dockerfile);
  const std::vector<std::string> images = instruction_tags(*network[kCache]);
  ASSERT_THAT(images, SizeIs(2));
  for (const std::string& tag : images) {
    const auto parsed = network[kCache]->read_manifest(tag)->parsed();
    const auto& manifest = std::get<oci::Manifest>(parsed);
    const auto config = oci::parse_image_config(*network[kCache]->blob(manifest.config.digest));
    ASSERT_EQ(config.diff_ids.size(), manifest.layers.size());
    EXPECT_GE(manifest.layers.size(), 3u) << "the layers of the base are part of it";
    EXPECT_EQ(config.platform.os, "linux");
    for (const auto& layer : manifest.layers) EXPECT_TRUE(network[kCache]->has_blob(layer));
  }
}

TEST_F(RegistryCaches, AskForAllInstructionsAndReadOneManifest) {
  first.build(dockerfile);
  const auto before = network[kCache]->counts();
  second.job.lazy_layers = true;
  second.build(dockerfile);
  const auto after = network[kCache]->counts();
  EXPECT_EQ(after.finds - before.finds, 2);
  EXPECT_EQ(after.manifest_reads - before.manifest_reads, 1);
  EXPECT_EQ(after.blob_opens, before.blob_opens);
}

TEST_F(RegistryCaches, AnEarlierInstructionIsTakenWhereTheLastHasChanged) {
  first.build(dockerfile);
  second.write("b", "changed");
  const engine::BuiltStage built = second.build(dockerfile);
  EXPECT_EQ(built.instructions, 2u);
  EXPECT_EQ(built.cached, 1u);
  EXPECT_THAT(second.sink.begun(),
              Contains(::testing::Field(&base::ActivityInfo::detail,
                                        HasSubstr("(from registry.local/cache, cached)"))));
}

TEST_F(RegistryCaches, ACopyOverLayersThatAreElsewhereReadsNoneOfThem) {
  first.build(dockerfile);
  second.write("b", "changed");
  second.job.lazy_layers = true;
  const engine::BuiltStage built = second.build(dockerfile);
  EXPECT_FALSE(built.complete);
  const auto parsed = built.manifest.parsed();
  const auto& layers = std::get<oci::Manifest>(parsed).layers;
  for (const auto& layer : layers)
    EXPECT_EQ(second.store().has_blob(layer), layer == layers.back()) << layer.digest.text();
}

TEST_F(RegistryCaches, AnImageWithLayersElsewhereIsMountedAndHasNoName) {
  first.build(dockerfile);
  second.job.lazy_layers = true;
  second.job.tags = {"registry.local/app:1"};
  const engine::BuiltStage built = second.build(dockerfile);
  EXPECT_FALSE(second.engine().resolve("registry.local/app:1"));
  const int read = blobs_read();

  MemoryRepo app("registry.local/app", true);
  second.engine().export_image(built.manifest.descriptor.digest.text(), app, "1", second.cancellation());
  EXPECT_EQ(app.counts().mounts, 4);
  EXPECT_EQ(app.counts().blob_puts, 1) << "the configuration";
  EXPECT_EQ(blobs_read(), read);
  EXPECT_THAT(second.store().check(), IsEmpty());
}

TEST_F(RegistryCaches, AnImageWithLayersElsewhereIsPassedOnWhereItCannotBeMounted) {
  first.build(dockerfile);
  second.job.lazy_layers = true;
  const engine::BuiltStage built = second.build(dockerfile);
  MemoryRepo app("elsewhere.local/app");
  second.engine().export_image(built.manifest.descriptor.digest.text(), app, "1", second.cancellation());
  const auto parsed = built.manifest.parsed();
  for (const auto& layer : std::get<oci::Manifest>(parsed).layers) EXPECT_TRUE(app.has_blob(layer));
}

TEST_F(RegistryCaches, WithoutThatAnImageIsWhole) {
  first.build(dockerfile);
  second.job.tags = {"registry.local/app:1"};
  const engine::BuiltStage built = second.build(dockerfile);
  EXPECT_TRUE(built.complete);
  EXPECT_TRUE(second.engine().resolve("registry.local/app:1"));
  const auto parsed = built.manifest.parsed();
  for (const auto& layer : std::get<oci::Manifest>(parsed).layers)
    EXPECT_TRUE(second.store().has_blob(layer));
}

TEST_F(RegistryCaches, AreNotWrittenTwice) {
  first.build(dockerfile);
  const auto before = network[kCache]->counts();
  second.job.cache_from.clear();
  second.job.cache_to = kCache;
  second.build(dockerfile);
  const auto after = network[kCache]->counts();
  EXPECT_EQ(after.manifest_puts, before.manifest_puts);
  EXPECT_EQ(after.blob_puts, before.blob_puts);
}

TEST_F(RegistryCaches, AnUnchangedBuildOnTheSameMachineAsksNobody) {
  first.build(dockerfile);
  second.build(dockerfile);
  const auto before = network[kCache]->counts();
  EXPECT_EQ(second.build(dockerfile).cached, 2u);
  const auto after = network[kCache]->counts();
  EXPECT_EQ(after.finds, before.finds);
  EXPECT_EQ(after.manifest_reads, before.manifest_reads);
}

TEST_F(RegistryCaches, ThatDoNotAnswerAreWarnedOfOnce) {
  network.erase(kCache);
  second.job.cache_to = kCache;
  EXPECT_EQ(second.build(dockerfile).cached, 0u);
  EXPECT_EQ(second.warnings(), 1) << "for reading and writing";
  EXPECT_EQ(second.sink.ended().at("cache export"), base::ActivityStatus::kFailed);
  second.write("b", "changed");
  second.build(dockerfile);
  EXPECT_EQ(second.warnings(), 1);
}

TEST_F(RegistryCaches, WhatElseStandsUnderATagIsIgnored) {
  first.build(dockerfile);
  MemoryRepo& cache = *network[kCache];
  put_image(cache, instruction_tags(cache).back(), testing::sample_image("somebody else's"));
  const engine::BuiltStage built = second.build(dockerfile);
  EXPECT_EQ(built.cached, 1u);
  EXPECT_THAT(second.sink.logs(), Contains(HasSubstr("not used: not written by ix")));
  EXPECT_EQ(second.warnings(), 0);
}

TEST_F(RegistryCaches, AnImageForAnotherKeyIsIgnored) {
  first.build(dockerfile);
  MemoryRepo& cache = *network[kCache];
  const auto tags = instruction_tags(cache);
  cache.put_manifest(tags.back(), *cache.read_manifest(tags.front()));
  EXPECT_EQ(second.build(dockerfile).cached, 1u);
  EXPECT_THAT(second.sink.logs(), Contains(HasSubstr("not used: for another cache key")));
}

TEST_F(RegistryCaches, AStageIsFoundByWhatIsCopiedFromIt) {
  const std::string staged =
      "FROM registry.local/base:1 AS work\nARG V=1\nCOPY a /note-$V\nCOPY b /out\n"
      "FROM registry.local/base:1\nCOPY --from=work /out /out\n";
  first.build(staged);
  second.job.build_args = {{"V", "2"}};
  const engine::BuiltStage built = second.build(staged);
  EXPECT_EQ(built.cached, 1u) << "the last COPY, by content";
}

TEST_F(RegistryCaches, LayersThatAreGoneFromTheRegistryAreMadeAgain) {
  first.build(dockerfile);
  second.job.lazy_layers = true;
  const engine::BuiltStage built = second.build(dockerfile);
  for (const auto& digest : second.layers(built)) network[kCache]->drop_blob(*oci::Digest::parse(digest));
  for (const std::string& tag : network[kCache]->tags()) network[kCache]->remove(tag);
  second.job.lazy_layers = false;
  const engine::BuiltStage again = second.build(dockerfile);
  EXPECT_EQ(again.cached, 0u);
  EXPECT_TRUE(again.complete);
}

// An image that says of its second layer that it unpacks to what `of` does.
testing::SampleImage claiming(const std::string& text, const testing::SampleImage& of) {
  testing::SampleImage image = testing::sample_image(text);
  base::Json config = base::parse_json(image.config, 1 << 20, 16);
  config["rootfs"]["diff_ids"][1] = of.manifest.layers[1].digest.text();
  image.config = base::canonical_json(config);
  image.manifest.config = testing::describe(image.config, oci::kOciConfig);
  image.raw = oci::raw(image.manifest);
  return image;
}

class HostileDiffIds : public RegistryCaches {
 protected:
  HostileDiffIds() {
    network["registry.local/hostile"] = std::make_shared<MemoryRepo>("registry.local/hostile", true);
    put_image(*network["registry.local/hostile"], "1", claiming("hostile", base));
    first.job.cache_from.clear();
    // The store knows the layer that is claimed: what is in it, and its files.
    first.build(read_base);
  }
  std::string failure(Machine& machine, const std::string& text) {
    try {
      machine.build(text);
      return "(built)";
    } catch (const base::Error& error) {
      return error.message();
    }
  }

  const std::string read_base =
      "FROM registry.local/base:1 AS base\nFROM scratch\nCOPY --from=base /srv /srv\n";
  const std::string read_hostile =
      "FROM registry.local/hostile:1 AS base\nFROM scratch\nCOPY --from=base /srv /srv\n";
};

TEST_F(HostileDiffIds, AreFoundOutWhereTheStoreHasTheirTree) {
  EXPECT_THAT(failure(first, read_hostile), HasSubstr("digest mismatch of its unpacked content"));
  EXPECT_THAT(failure(second, read_hostile), HasSubstr("digest mismatch of its unpacked content"));
}

TEST_F(HostileDiffIds, AreRefusedAtOnceWhereTheBlobIsKnown) {
  put_image(*network["registry.local/hostile"], "true", testing::sample_image("hostile"));
  first.build("FROM registry.local/hostile:true AS base\nFROM scratch\nCOPY --from=base /srv /srv\n");
  const int opens = network["registry.local/hostile"]->counts().blob_opens;
  EXPECT_THAT(failure(first, read_hostile), HasSubstr("digest mismatch of its unpacked content"));
  EXPECT_EQ(network["registry.local/hostile"]->counts().blob_opens, opens + 1) << "the configuration";
}

// A listing in a cache is one of the blob that it was read from.
TEST_F(HostileDiffIds, DoNotGetWhatACacheSaysOfAnotherBlob) {
  first.job.listings_to = kCache;
  const std::string big(300 << 10, 'x');
  const auto secret = testing::sample_image(big);
  put_image(*network[kBase], "big", secret);
  first.build("FROM registry.local/base:big\nCOPY a /a\n");
  put_image(*network["registry.local/hostile"], "2", claiming("x" + big, secret));
  second.job.listings_from = {kCache};
  const std::string read =
      "FROM registry.local/hostile:2 AS base\nFROM scratch\nCOPY --from=base /srv /srv\n";
  EXPECT_THAT(failure(second, read), HasSubstr("digest mismatch of its unpacked content"));
}

TEST_F(HostileDiffIds, InACacheImageMakeItAMiss) {
  second.job.cache_from.clear();
  second.build(dockerfile);  // reads the layers of the base
  first.job.cache_to = kCache;
  first.build(dockerfile);
  MemoryRepo& cache = *network[kCache];
  for (const std::string& tag : instruction_tags(cache)) {
    const auto parsed = cache.read_manifest(tag)->parsed();
    auto manifest = std::get<oci::Manifest>(parsed);
    base::Json state = base::parse_json(manifest.annotations.at("ixian.cache.state"), 1 << 20, 8);
    state["diff_ids"][0] = base.manifest.layers[1].digest.text();
    manifest.annotations["ixian.cache.state"] = base::canonical_json(state);
    cache.put_manifest(tag, oci::raw(manifest));
    second.store().cache_remove(tag.substr(tag.find('-') + 1));
  }
  second.job.cache_from = {kCache};
  EXPECT_EQ(second.build(dockerfile).cached, 0u);
  EXPECT_THAT(second.sink.logs(), Contains(HasSubstr("lacks a part, which is built again: layer")));
}

// The same files from two checkouts that differ in all that git does not know.
TEST_F(RegistryCaches, CheckoutsOfOneCommitMakeOneImage) {
  for (Machine* each : {&first, &second}) {
    each->job.modes = engine::ContextModes::kGit;
    each->write("src/run", "#!/bin/sh\n");
    each->write("src/deep/data", "data");
    ::chmod((each->job.context + "/src/run").c_str(), 0755);
  }
  const std::string src = second.job.context + "/src";
  ::chmod((src + "/run").c_str(), 0711);
  ::chmod((src + "/deep/data").c_str(), 0600);
  ::chmod((src + "/deep").c_str(), 0700);
  std::filesystem::create_hard_link(second.job.context + "/a", second.job.context + "/linked");
  std::filesystem::copy_file(first.job.context + "/a", first.job.context + "/linked");
  const timespec times[2] = {{1'000'000'000, 0}, {1'000'000'000, 5}};
  ::utimensat(AT_FDCWD, (src + "/deep/data").c_str(), times, 0);
  if (::geteuid() == 0) {
    EXPECT_EQ(::chown((src + "/run").c_str(), 1234, 4321), 0);
  }
  const std::string all = "FROM registry.local/base:1\nCOPY . /srv\nADD src /added\nCOPY --chmod=0640 a /a\n";
  second.job.cache_from.clear();
  const engine::BuiltStage made = first.build(all);
  const engine::BuiltStage other = second.build(all);
  EXPECT_EQ(other.cached, 0u);
  EXPECT_EQ(second.layers(other), first.layers(made));
  EXPECT_EQ(second.contents(other), first.contents(made));
}

TEST_F(RegistryCaches, WithATimeCheckoutsMakeOneImageByteForByte) {
  std::vector<engine::BuiltStage> built;
  for (Machine* each : {&first, &second}) {
    each->job.modes = engine::ContextModes::kGit;
    each->job.source_date_epoch = 1'600'000'000;
    each->job.cache_from.clear();
    built.push_back(each->build(dockerfile));
  }
  EXPECT_EQ(first.contents(built[0]), second.contents(built[1]));
  EXPECT_EQ(built[0].manifest.bytes, built[1].manifest.bytes);
}

}  // namespace
}  // namespace ixian::embedded
