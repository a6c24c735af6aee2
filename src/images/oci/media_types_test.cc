#include "oci/media_types.h"

#include <gtest/gtest.h>

namespace ixian::oci {
namespace {

TEST(MediaTypes, TellOneImageFromSeveral) {
  EXPECT_TRUE(is_manifest_type(kOciManifest));
  EXPECT_TRUE(is_manifest_type(kDockerManifest));
  EXPECT_TRUE(is_index_type(kOciIndex));
  EXPECT_TRUE(is_index_type(kDockerList));
  for (const std::string_view type :
       {kOciIndex, kDockerList, kOciConfig, kOciLayer, kOciEmpty, std::string_view()}) {
    EXPECT_FALSE(is_manifest_type(type)) << type;
  }
  for (const std::string_view type : {kOciManifest, kDockerManifest, kDockerConfig, std::string_view()}) {
    EXPECT_FALSE(is_index_type(type)) << type;
  }
}

TEST(MediaTypes, AcceptListsAllFour) {
  for (const std::string_view type : {kOciManifest, kOciIndex, kDockerManifest, kDockerList}) {
    EXPECT_NE(kAcceptManifests.find(type), std::string_view::npos) << type;
  }
  EXPECT_EQ(kAcceptManifests.find('\n'), std::string_view::npos);
}

TEST(MediaTypes, KnowForeignLayers) {
  for (const char* type : {"application/vnd.oci.image.layer.nondistributable.v1.tar",
                           "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
                           "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
                           "application/vnd.docker.image.rootfs.foreign.diff.tar",
                           "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"}) {
    EXPECT_TRUE(is_foreign_layer_type(type)) << type;
  }
  for (const std::string_view type :
       {kOciLayer, kOciLayerGzip, kOciLayerZstd, kDockerLayer, kDockerLayerGzip}) {
    EXPECT_FALSE(is_foreign_layer_type(type)) << type;
  }
}

TEST(MediaTypes, ParametersAreTakenOff) {
  EXPECT_EQ(without_parameters("application/vnd.oci.image.manifest.v1+json; charset=utf-8"), kOciManifest);
  EXPECT_EQ(without_parameters("application/vnd.oci.image.manifest.v1+json;charset=\"a;b\""), kOciManifest);
  EXPECT_EQ(without_parameters("  Application/VND.oci.image.index.v1+JSON \t"), kOciIndex);
  EXPECT_EQ(without_parameters(kDockerList), kDockerList);
  EXPECT_EQ(without_parameters(""), "");
  EXPECT_EQ(without_parameters("; charset=utf-8"), "");
}

}  // namespace
}  // namespace ixian::oci
