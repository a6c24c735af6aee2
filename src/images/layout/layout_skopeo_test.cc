// With skopeo, which reads and writes these formats as podman, buildah and CRI-O do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/text.h"
#include "layout/docker_archive.h"
#include "layout/layout_repo.h"
#include "oci/copy_image.h"
#include "testing/memory_repo.h"
#include "testing/sample_image.h"
#include "testing/temp_folder.h"

namespace ixian::layout {
namespace {

using ixian::testing::describe;
using ixian::testing::MemoryRepo;
using ixian::testing::put_image;
using ixian::testing::sample_image;
using ixian::testing::SampleImage;
using ixian::testing::TempFolder;
using ::testing::ElementsAre;

class Skopeo : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("skopeo --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "skopeo is not installed";
    std::filesystem::create_directory(folder_ / "tmp");
  }

  // What it prints on standard output; a failure of the test where it fails.
  std::string skopeo(const std::vector<std::string>& arguments) {
    std::string command = "skopeo --insecure-policy --tmpdir " + base::shell_quote(folder_ / "tmp");
    for (const auto& argument : arguments) command += " " + base::shell_quote(argument);
    command += " > " + base::shell_quote(folder_ / "out") + " 2> " + base::shell_quote(folder_ / "err");
    EXPECT_EQ(std::system(command.c_str()), 0) << command << "\n" << folder_.read("err");
    return folder_.read("out");
  }
  base::Json inspect(const std::string& image) { return base::Json::parse(skopeo({"inspect", image})); }

  std::unique_ptr<oci::ImageRepo> layout(const std::string& name) {
    return open_layout(folder_ / name, LayoutUse::kWrite, cancellation_);
  }
  void write_archive(const std::string& name, const SampleImage& image) {
    const auto writer = create_docker_archive(folder_ / "ours.tar", {name}, cancellation_);
    put_image(*writer, "", image);
    writer->finish();
  }

  // Every byte is verified on the way.
  SampleImage copy_of(oci::ImageRepo& repo, const std::string& ref) {
    MemoryRepo copy;
    oci::copy_image(repo, ref, copy, "copy", {}, cancellation_);
    SampleImage image = image_;
    image.raw = *copy.read_manifest("copy");
    const auto parsed = image.raw.parsed();
    image.manifest = std::get<oci::Manifest>(parsed);
    image.config = *copy.blob(image.manifest.config.digest);
    return image;
  }

  TempFolder folder_;
  base::Cancellation cancellation_;
  const SampleImage image_ = sample_image("hello", 3);
};

TEST_F(Skopeo, ReadsOurLayouts) {
  put_image(*layout("images"), "1.0", image_);
  put_image(*layout("images"), "2.0", sample_image("other"));
  const std::string name = "oci:" + folder_ / "images:1.0";
  EXPECT_EQ(inspect(name)["Digest"], image_.raw.descriptor.digest.text());
  EXPECT_EQ(inspect(name)["Labels"]["text"], "hello");
  skopeo({"copy", name, "dir:" + folder_ / "copied"});
  EXPECT_EQ(folder_.read("copied/manifest.json"), image_.raw.bytes);
}

TEST_F(Skopeo, ReadsOurDirectoryRegistries) {
  const auto repo =
      open_directory_registry(folder_ / "images", "localhost", "shop/web", LayoutUse::kWrite, cancellation_);
  for (const char* tag : {"1", "runtime-0123abcdef", "v1.2_rc.3-x"}) {
    put_image(*repo, tag, image_);
    EXPECT_EQ(inspect("oci:" + folder_ / "images:shop/web:" + tag)["Digest"],
              image_.raw.descriptor.digest.text())
        << tag;
  }
}

TEST_F(Skopeo, ReadsALayoutWithOneNamelessImage) {
  put_image(*layout("images"), "", image_);
  EXPECT_EQ(inspect("oci:" + folder_ / "images")["Digest"], image_.raw.descriptor.digest.text());
}

TEST_F(Skopeo, WritesLayoutsThatWeRead) {
  put_image(*layout("from"), "1", image_);
  put_image(*layout("to"), "ours", sample_image("ours"));
  skopeo({"copy", "--preserve-digests", "oci:" + folder_ / "from:1", "oci:" + folder_ / "to:shop/web:1"});
  EXPECT_THAT(layout_names(folder_ / "to"), ElementsAre("ours", "shop/web:1"));
  EXPECT_EQ(copy_of(*layout("to"), "shop/web:1").raw.bytes, image_.raw.bytes);
  const auto repo =
      open_directory_registry(folder_ / "to", "localhost", "shop/web", LayoutUse::kRead, cancellation_);
  EXPECT_EQ(repo->find("1")->digest, image_.raw.descriptor.digest);
  put_image(*layout("to"), "more", sample_image("more"));
  EXPECT_EQ(inspect("oci:" + folder_ / "to:shop/web:1")["Digest"], image_.raw.descriptor.digest.text());
}

TEST_F(Skopeo, MakesLayoutsThatWeAddTo) {
  put_image(*layout("from"), "1", image_);
  skopeo({"copy", "oci:" + folder_ / "from:1", "oci:" + folder_ / "theirs:1"});
  put_image(*layout("theirs"), "2", sample_image("other"));
  EXPECT_THAT(layout_names(folder_ / "theirs"), ElementsAre("1", "2"));
  EXPECT_EQ(inspect("oci:" + folder_ / "theirs:2")["Labels"]["text"], "other");
}

TEST_F(Skopeo, WritesDockerArchivesThatWeRead) {
  put_image(*layout("images"), "1", image_);
  skopeo({"copy", "oci:" + folder_ / "images:1", "docker-archive:" + folder_ / "theirs.tar:shop/web:1"});
  const auto repo = open_docker_archive(folder_ / "theirs.tar", cancellation_);
  EXPECT_THAT(repo->tags(), ElementsAre("docker.io/shop/web:1"));
  EXPECT_EQ(copy_of(*repo, "shop/web:1").config, image_.config);
  EXPECT_EQ(copy_of(*repo, "").manifest.layers.size(), 3u);
}

TEST_F(Skopeo, WritesOciArchivesThatWeRead) {
  put_image(*layout("images"), "1", image_);
  skopeo({"copy", "--preserve-digests", "oci:" + folder_ / "images:1",
          "oci-archive:" + folder_ / "theirs.tar:shop/web:1"});
  const auto repo = open_docker_archive(folder_ / "theirs.tar", cancellation_);
  EXPECT_EQ(copy_of(*repo, "shop/web:1").raw.bytes, image_.raw.bytes);
}

TEST_F(Skopeo, ReadsOurDockerArchives) {
  write_archive("docker.io/library/shop:1", image_);
  const std::string archive = folder_ / "ours.tar";
  for (const std::string& name : {"docker-archive:" + archive, "docker-archive:" + archive + ":shop:1"}) {
    EXPECT_EQ(inspect(name)["Labels"]["text"], "hello") << name;
  }
  EXPECT_THAT(skopeo({"list-tags", "docker-archive:" + archive}), ::testing::HasSubstr("shop:1"));
  skopeo({"copy", "docker-archive:" + archive + ":shop:1", "oci:" + folder_ / "copied:1"});
  const SampleImage copied = copy_of(*layout("copied"), "1");
  EXPECT_EQ(base::Json::parse(copied.config), base::Json::parse(image_.config));
}

TEST_F(Skopeo, ReadsOurDockerArchivesAsOciArchives) {
  write_archive("shop/web:1", image_);
  EXPECT_EQ(inspect("oci-archive:" + folder_ / "ours.tar")["Digest"], image_.raw.descriptor.digest.text());
  EXPECT_EQ(inspect("oci-archive:" + folder_ / "ours.tar:1")["Digest"], image_.raw.descriptor.digest.text());
}

TEST_F(Skopeo, ReadsOurDockerArchivesWithoutANameOrWithALayerTwice) {
  SampleImage twice = sample_image("twice", 1);
  base::Json config = base::Json::parse(twice.config);
  auto& ids = config["rootfs"]["diff_ids"];
  ids.push_back(ids[0]);
  twice.config = config.dump();
  twice.manifest.config = describe(twice.config, oci::kOciConfig);
  twice.manifest.layers.push_back(twice.manifest.layers[0]);
  twice.raw = oci::raw(twice.manifest);
  write_archive("", twice);
  skopeo({"copy", "docker-archive:" + folder_ / "ours.tar", "oci:" + folder_ / "copied:1"});
  EXPECT_EQ(copy_of(*layout("copied"), "1").manifest.layers.size(), 2u);
}

TEST_F(Skopeo, ReadsOurDockerArchivesOfCompressedLayers) {
  SampleImage image = sample_image("compressed", 1);
  folder_.write("layer", image.layers[0]);
  ASSERT_EQ(std::system(("gzip -n " + folder_ / "layer").c_str()), 0);
  image.layers[0] = folder_.read("layer.gz");
  image.manifest.layers[0] = describe(image.layers[0], oci::kOciLayerGzip);
  image.raw = oci::raw(image.manifest);
  write_archive("a:1", image);
  skopeo({"copy", "docker-archive:" + folder_ / "ours.tar", "oci:" + folder_ / "copied:1"});
  EXPECT_EQ(base::Json::parse(copy_of(*layout("copied"), "1").config), base::Json::parse(image.config));

  const auto repo = open_docker_archive(folder_ / "ours.tar", cancellation_);
  EXPECT_EQ(copy_of(*repo, "a:1").raw.bytes, image.raw.bytes);
}

}  // namespace
}  // namespace ixian::layout
