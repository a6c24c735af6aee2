// A result in a registry is a whole image, not an artifact: garbage collectors of registries keep what its
// manifest names, any tool copies it, and `docker run` shows the state after the step. It hangs from one tag
// per key, `cache-` and its 64 hex digits: the definition key, and the content key where that is another one.
// What building on it needs besides stands in two annotations of the manifest, so that a hit costs one tag
// lookup and one manifest:
//
//   ixian.cache.keys    ["<definition key>","<content key>"]
//   ixian.cache.state   {"content_key":"…","diff_ids":["sha256:…",…],
//                        "outcomes":[{"created":"…","empty":false},…],
//                        "took":{"<definition key of a stage>":"<fingerprint>"},"version":1}
//
// Both are canonical JSON, 4 MiB at most. A registry is not believed: the keys must name the one asked for,
// as many diffIDs as layers must be there, the layers must begin with those of the base image, the number of
// outcomes must be that of the Dockerfile, and no blob may be claimed to be another diffID than this machine
// has seen it unpack to. What a blob really unpacks to is checked when it is read.
//
// A listing is an artifact of its own, under `listing-<hex of the diffID>`: one layer of type
// application/vnd.ixian.layer.listing.v1, and two annotations, ixian.layer.diff-id and ixian.layer.blob.
#include "cache/cache_image.h"

#include <algorithm>
#include <stdexcept>
#include <variant>

#include "base/json.h"
#include "oci/media_types.h"
#include "snapshot/base_images.h"

namespace ixian::cache {
namespace {

constexpr char kKeys[] = "ixian.cache.keys";
constexpr char kState[] = "ixian.cache.state";
constexpr char kDiffId[] = "ixian.layer.diff-id";
constexpr char kBlob[] = "ixian.layer.blob";
constexpr char kListingType[] = "application/vnd.ixian.layer.listing.v1";
constexpr int kStateVersion = 1;
constexpr std::size_t kLargestAnnotation = 4 << 20;

[[noreturn]] void reject(const char* reason) {
  throw std::invalid_argument(reason);
}

base::Json annotation(const oci::Manifest& manifest, const char* name) {
  const auto found = manifest.annotations.find(name);
  if (found == manifest.annotations.end()) reject("not written by ix");
  return base::parse_json(found->second, kLargestAnnotation, 8);
}

oci::Manifest manifest_in(const oci::RawManifest& raw) {
  const auto parsed = raw.parsed();
  const auto* manifest = std::get_if<oci::Manifest>(&parsed);
  if (manifest == nullptr) reject("it is an index, not an image");
  return *manifest;
}

void check_base(const snapshot::LayerStack& layers, const snapshot::LayerStack& base) {
  if (layers.size() < base.size()) reject("for another base image");
  for (std::size_t i = 0; i < base.size(); ++i) {
    if (layers[i] != base[i]) reject("for another base image");
  }
}

}  // namespace

std::string cache_tag(const std::string& key) {
  return "cache-" + key;
}

steps::AssembledImage make_cache_image(const steps::BuildPlan& plan, std::size_t stage, std::size_t steps,
                                       const snapshot::StageSnapshot& state,
                                       const std::vector<std::string>& keys) {
  steps::AssembledImage image = steps::assemble(plan, stage, steps, state);
  base::Json diff_ids = base::Json::array();
  for (const auto& layer : snapshot::non_empty(state.layers)) diff_ids.push_back(layer->diff_id().text());
  base::Json document = {{"version", kStateVersion},
                         {"content_key", state.content_key},
                         {"diff_ids", diff_ids},
                         {"outcomes", snapshot::to_json(state.outcomes)}};
  if (!state.took.empty()) document["took"] = state.took;
  image.manifest.annotations[kKeys] = base::canonical_json(keys);
  image.manifest.annotations[kState] = base::canonical_json(document);
  return image;
}

snapshot::StageSnapshot read_cache_image(const oci::RawManifest& raw, const CacheQuery& expected,
                                         snapshot::LayerContext& services,
                                         const std::shared_ptr<oci::ImageRepo>& origin) {
  const oci::Manifest manifest = manifest_in(raw);
  try {
    const base::Json keys = annotation(manifest, kKeys);
    if (!keys.is_array() || std::find(keys.begin(), keys.end(), base::Json(expected.key)) == keys.end())
      reject("for another cache key");
    const base::Json document = annotation(manifest, kState);
    if (document.at("version") != kStateVersion) reject("written by another version of ix");
    snapshot::StageSnapshot state;
    state.content_key = document.at("content_key").get<std::string>();
    const base::Json& diff_ids = document.at("diff_ids");
    if (diff_ids.size() != manifest.layers.size()) reject("its layers do not match its description");
    for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
      const auto diff_id = oci::Digest::parse(diff_ids.at(i).get<std::string>());
      if (!diff_id) reject("invalid digest of a layer");
      // The base's own layers know better where they are.
      if (i < expected.base.size() && expected.base[i]->blob().digest == manifest.layers[i].digest &&
          expected.base[i]->diff_id() == *diff_id) {
        state.layers.push_back(expected.base[i]);
        continue;
      }
      oci::Descriptor blob = manifest.layers[i];
      blob.media_type = snapshot::oci_layer_type(blob.media_type);
      snapshot::check_claim(services.store(), blob, *diff_id);
      state.layers.push_back(
          std::make_shared<snapshot::LazyLayer>(services, std::move(blob), *diff_id, origin));
    }
    check_base(state.layers, expected.base);
    state.outcomes = snapshot::outcomes_from_json(document.at("outcomes"));
    if (document.contains("took")) state.took = document.at("took").get<std::map<std::string, std::string>>();
    if (state.outcomes.size() != expected.outcomes) reject("for another number of instructions");
    return state;
  } catch (const base::Json::exception&) {
    reject("damaged description");
  }
}

std::string listing_tag(const oci::Digest& diff_id) {
  return "listing-" + std::string(diff_id.hex());
}

ListingArtifact make_listing_artifact(const oci::Digest& diff_id, const oci::Digest& blob,
                                      oci::Digest listing, std::uint64_t size) {
  const std::string config = "{}";
  oci::Descriptor empty{std::string(oci::kOciEmpty), oci::Digest::of(config), config.size(), {}, {}, {}, {}};
  oci::Descriptor described{kListingType, std::move(listing), size, {}, {}, {}, {}};
  return {{std::string(oci::kOciManifest),
           std::move(empty),
           {std::move(described)},
           {},
           kListingType,
           {{kDiffId, diff_id.text()}, {kBlob, blob.text()}}},
          config};
}

oci::Descriptor read_listing_artifact(const oci::RawManifest& raw, const oci::Digest& diff_id,
                                      const oci::Digest& blob) {
  const oci::Manifest manifest = manifest_in(raw);
  const auto named = manifest.annotations.find(kDiffId);
  if (named == manifest.annotations.end() || named->second != diff_id.text()) reject("for another layer");
  // That both have one diffID is only what the image says of its blob.
  const auto read = manifest.annotations.find(kBlob);
  if (read == manifest.annotations.end() || read->second != blob.text()) reject("from another blob");
  if (manifest.layers.size() != 1 || manifest.layers[0].media_type != kListingType)
    reject("not a file listing of a layer");
  return manifest.layers[0];
}

}  // namespace ixian::cache
