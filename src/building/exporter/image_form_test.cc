#include "exporter/image_form.h"

#include <gtest/gtest.h>

#include <variant>

#include "layer/read_layer.h"
#include "oci/copy_image.h"
#include "oci/image_config.h"
#include "oci/media_types.h"
#include "testing/recording_sink.h"
#include "testing/sample_image.h"
#include "testing/store_fixture.h"

namespace ixian::exporter {
namespace {

using compression::Compression;

class Forms : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::put_image(*store_->images(""), image_.raw.descriptor.digest.text(), image_);
  }

  oci::Manifest formed(const ImageForm& form, unsigned base_layers = 0) {
    const OutgoingImage out = in_form(form, image_.raw, base_layers, store_, sink_, fixture_.cancellation());
    EXPECT_TRUE(store_->images("")->find(out.digest()));
    EXPECT_EQ(out.store, store_);
    return std::get<oci::Manifest>(out.manifest.parsed());
  }

  oci::Digest diff_id_of(const oci::Descriptor& layer) {
    const auto blob = store_->open_blob(layer, 0);
    return layer::scan(*blob, layer, std::nullopt, {}, fixture_.cancellation()).diff_id;
  }

  testing::StoreFixture fixture_;
  std::shared_ptr<store::Store> store_ = fixture_.open();
  testing::SampleImage image_ = testing::sample_image("text", 3);
  testing::RecordingSink sink_;
};

TEST_F(Forms, LayersArePackedAnewWithTheSameContent) {
  for (const Compression compression : {Compression::kGzip, Compression::kZstd}) {
    const oci::Manifest manifest = formed({.compression = compression, .level = 7});
    EXPECT_EQ(manifest.config, image_.manifest.config);
    for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
      EXPECT_EQ(manifest.layers[i].media_type, compression::media_type_of(compression));
      EXPECT_EQ(diff_id_of(manifest.layers[i]), image_.manifest.layers[i].digest);
    }
  }
}

TEST_F(Forms, LayersOfTheBaseStayUnlessForced) {
  const oci::Manifest kept = formed({.compression = Compression::kZstd}, 2);
  EXPECT_EQ(kept.layers[1], image_.manifest.layers[1]);
  EXPECT_EQ(kept.layers[2].media_type, oci::kOciLayerZstd);
  EXPECT_EQ(formed({.compression = Compression::kZstd, .force = true}, 2).layers[0].media_type,
            oci::kOciLayerZstd);
}

TEST_F(Forms, DockersTypesAreThoseOfTheWholeImage) {
  const oci::Manifest manifest = formed({.compression = Compression::kGzip, .docker_types = true});
  EXPECT_EQ(manifest.media_type, oci::kDockerManifest);
  EXPECT_EQ(manifest.config.media_type, oci::kDockerConfig);
  for (const oci::Descriptor& layer : manifest.layers) EXPECT_EQ(layer.media_type, oci::kDockerLayerGzip);
  EXPECT_THROW(formed({.compression = Compression::kZstd, .docker_types = true}), base::Error);
}

TEST_F(Forms, AnnotationsAreThoseOfTheManifest) {
  const oci::Manifest manifest = formed({.annotations = {{"a", "b"}}});
  EXPECT_EQ(manifest.annotations.at("a"), "b");
  EXPECT_EQ(manifest.layers, image_.manifest.layers);
}

TEST_F(Forms, OneLayerHasTheFilesOfAll) {
  const oci::Manifest manifest = formed({.squash = true});
  ASSERT_EQ(manifest.layers.size(), 1U);
  const auto blob = store_->open_blob(manifest.layers[0], 0);
  const auto scanned = layer::scan(*blob, manifest.layers[0], std::nullopt, {}, fixture_.cancellation());
  EXPECT_TRUE(scanned.listing.thing("srv/0text"));
  EXPECT_TRUE(scanned.listing.thing("srv/2text"));
  const oci::ImageConfig config =
      oci::parse_image_config(oci::read_blob(*store_->images(""), manifest.config));
  EXPECT_EQ(config.diff_ids, std::vector<oci::Digest>{scanned.diff_id});
  EXPECT_EQ(config.document.at("config").at("Labels").at("text"), "text");
}

}  // namespace
}  // namespace ixian::exporter
