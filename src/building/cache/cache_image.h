// What an instruction came to, as an image in a registry.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "snapshot/stage_snapshot.h"
#include "steps/build_plan.h"
#include "steps/image_manifest.h"

namespace ixian::cache {

// The state behind an instruction is a plain image, which `docker run` takes, under one tag for each key. Two
// annotations of its manifest say what else is needed to build on: which keys it is for, and the state
// without its layers, so that one manifest is all that is read of a hit.
std::string cache_tag(const std::string& key);

// The image after the first `steps` instructions of the stage. Waits for layers that are being written.
steps::AssembledImage make_cache_image(const steps::BuildPlan& plan, std::size_t stage, std::size_t steps,
                                       const snapshot::StageSnapshot& state,
                                       const std::vector<std::string>& keys);

// What must be true of it, besides that it is for `key`.
struct CacheQuery {
  std::string key;
  std::size_t outcomes = 0;   // instructions that made files, since the base image
  snapshot::LayerStack base;  // that its layers begin with; they know where they are
};

// Throws std::invalid_argument, with half a sentence for the log, where the manifest is something else.
// Layers that `expected.base` does not have are to be had from `origin`.
snapshot::StageSnapshot read_cache_image(const oci::RawManifest& manifest, const CacheQuery& expected,
                                         snapshot::LayerContext& services,
                                         const std::shared_ptr<oci::ImageRepo>& origin);

// What is in a layer, as a small artifact under a tag of its own, so that a COPY over layers that nobody has
// pulled need not pull them.
std::string listing_tag(const oci::Digest& diff_id);

struct ListingArtifact {
  oci::Manifest manifest;
  std::string config;  // its bytes
};
// `blob` is what was seen to unpack to `diff_id`, and to hold this.
// `listing` is the digest of the listing's bytes, `size` their number.
ListingArtifact make_listing_artifact(const oci::Digest& diff_id, const oci::Digest& blob,
                                      oci::Digest listing, std::uint64_t size);

// The blob that holds the listing. Throws std::invalid_argument.
oci::Descriptor read_listing_artifact(const oci::RawManifest& manifest, const oci::Digest& diff_id,
                                      const oci::Digest& blob);

}  // namespace ixian::cache
