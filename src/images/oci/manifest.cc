// A manifest decides what will run, and it is signed, scanned and executed by different programs, each with a
// JSON reader of its own. A document in which two of them can see two different images is therefore refused
// here rather than interpreted: a key twice, a field that is `layers` only to readers that do not mind case,
// both `layers` and `manifests`, one media type inside and another outside.
#include "oci/manifest.h"

#include <limits>
#include <set>
#include <stdexcept>

#include "base/text.h"
#include "oci/json_fields.h"
#include "oci/media_types.h"

namespace ixian::oci {
namespace {

using base::Json;

constexpr std::size_t kMaxEntries = 4096;
constexpr int kMaxManifestDepth = 64;

[[noreturn]] void fail_manifest(const std::string& sentence) {
  throw std::invalid_argument(sentence);
}

Json parse_manifest_document(std::string_view bytes) {
  try {
    return base::parse_json_strict(bytes, kMaxManifestBytes, kMaxManifestDepth);
  } catch (const std::invalid_argument& error) {
    fail_manifest(std::string("invalid JSON: ") + error.what());
  }
}

// By what a registry calls it, or by what it looks like.
void refuse_schema_1(const Fields& fields, std::string_view media_type) {
  const Json* version = fields.find("schemaVersion");
  const bool says_1 = version != nullptr && version->is_number() && *version == 1;
  const bool called_1 = media_type == "application/vnd.docker.distribution.manifest.v1+json" ||
                        media_type == "application/vnd.docker.distribution.manifest.v1+prettyjws";
  if (!says_1 && !called_1 && !fields.has("fsLayers")) return;
  fail_manifest(
      "it is a Docker schema 1 manifest, a format given up in 2017 (push the image again with a current "
      "Docker, "
      "Podman or ix)");
}

void check_version(const Fields& fields) {
  const Json* version = fields.find("schemaVersion");
  if (version == nullptr) fail_manifest("field schemaVersion is missing");
  if (!version->is_number_integer() || *version != 2) fail_manifest("field schemaVersion is not 2");
}

// The media type that outside, inside and content agree upon.
std::string agreed_type(const Fields& fields, const std::string& outside) {
  const std::string inside = fields.text("mediaType");
  if (!outside.empty() && !inside.empty() && outside != inside) {
    fail_manifest("media type is " + shown(inside) + ", but was announced as " + shown(outside));
  }
  const bool image = fields.has("layers") || fields.has("config");
  const bool index = fields.has("manifests");
  if (image && index) fail_manifest("both layers and manifests: ambiguous");
  const std::string type = inside.empty() ? outside : inside;
  if (type.empty()) {
    if (!image && !index) fail_manifest("neither layers nor manifests");
    return std::string(image ? kOciManifest : kOciIndex);
  }
  if (!is_manifest_type(type) && !is_index_type(type)) {
    fail_manifest(shown(type) + " is not a media type of images that ix can read");
  }
  if (image && is_index_type(type)) fail_manifest("announced as an index of images, but has layers");
  if (index && is_manifest_type(type)) fail_manifest("announced as one image, but has manifests");
  return type;
}

std::vector<Descriptor> read_descriptors(const Fields& fields, const std::string& key) {
  const Json& array = fields.array(key, kMaxEntries);
  std::vector<Descriptor> result;
  result.reserve(array.size());
  for (const Json& entry : array) {
    result.push_back(descriptor_from_json(entry, key + "[" + std::to_string(result.size()) + "]"));
  }
  return result;
}

void check_total(const std::vector<Descriptor>& entries, std::uint64_t total) {
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  for (const Descriptor& entry : entries) {
    if (entry.size > kLargest - total) fail_manifest("the sizes in it add up to more than 2^63-1 bytes");
    total += entry.size;
  }
}

std::optional<Descriptor> read_subject(const Fields& fields) {
  const Json* subject = fields.find("subject");
  if (subject == nullptr) return std::nullopt;
  return descriptor_from_json(*subject, "subject");
}

Manifest read_manifest(const Fields& fields, std::string type) {
  Manifest manifest{.media_type = std::move(type),
                    .config = descriptor_from_json(fields.object("config"), "config"),
                    .layers = read_descriptors(fields, "layers"),
                    .subject = read_subject(fields),
                    .artifact_type = fields.media_type("artifactType"),
                    .annotations = fields.text_map("annotations")};
  check_total(manifest.layers, manifest.config.size);
  return manifest;
}

Index read_index(const Fields& fields, std::string type) {
  Index index{.media_type = std::move(type),
              .manifests = read_descriptors(fields, "manifests"),
              .subject = read_subject(fields),
              .artifact_type = fields.media_type("artifactType"),
              .annotations = fields.text_map("annotations")};
  check_total(index.manifests, 0);
  return index;
}

Json to_json(const std::vector<Descriptor>& entries) {
  Json array = Json::array();
  for (const Descriptor& entry : entries) array.push_back(oci::to_json(entry));
  return array;
}

// What manifests and indexes have in common.
template <typename Document>
Json common_fields(const Document& document) {
  Json json = {{"schemaVersion", 2}, {"mediaType", document.media_type}};
  if (document.subject) json["subject"] = oci::to_json(*document.subject);
  if (!document.artifact_type.empty()) json["artifactType"] = document.artifact_type;
  if (!document.annotations.empty()) json["annotations"] = document.annotations;
  return json;
}

template <typename Document>
RawManifest raw_document(const Document& document) {
  std::string bytes = to_bytes(document);
  Descriptor descriptor{.media_type = document.media_type,
                        .digest = Digest::of(bytes),
                        .size = bytes.size(),
                        .platform = std::nullopt,
                        .annotations = {},
                        .urls = {},
                        .artifact_type = {}};
  return {std::move(descriptor), std::move(bytes)};
}

// What BuildKit adds beside the images of an index: statements about them.
bool is_attestation(const Descriptor& entry) {
  if (entry.annotations.contains("vnd.docker.reference.type")) return true;
  return entry.platform && entry.platform->os == "unknown" && entry.platform->architecture == "unknown";
}

bool names_platform(const Descriptor& entry) {
  return entry.platform && !(entry.platform->os.empty() && entry.platform->architecture.empty());
}

}  // namespace

AnyManifest parse_manifest(std::string_view bytes, std::string_view media_type) {
  const std::string outside = without_parameters(media_type);
  const Json document = parse_manifest_document(bytes);
  const Fields fields(document, "");
  fields.refuse_other_spellings({"schemaVersion", "mediaType", "artifactType", "config", "layers",
                                 "manifests", "subject", "annotations", "fsLayers"});
  refuse_schema_1(fields, outside);
  check_version(fields);
  std::string type = agreed_type(fields, outside);
  if (is_index_type(type)) return read_index(fields, std::move(type));
  return read_manifest(fields, std::move(type));
}

std::string to_bytes(const Manifest& manifest) {
  Json json = common_fields(manifest);
  json["config"] = oci::to_json(manifest.config);
  json["layers"] = to_json(manifest.layers);
  return base::canonical_json(json);
}

std::string to_bytes(const Index& index) {
  Json json = common_fields(index);
  json["manifests"] = to_json(index.manifests);
  return base::canonical_json(json);
}

RawManifest raw(const Manifest& manifest) {
  return raw_document(manifest);
}

RawManifest raw(const Index& index) {
  return raw_document(index);
}

const Descriptor* choose(const Index& index, const Platform& wanted) {
  const Descriptor* best = nullptr;
  const Descriptor* only = nullptr;
  int best_score = 0;
  int images = 0;
  for (const Descriptor& entry : index.manifests) {
    // It has a platform ("unknown/unknown"), and is no image that could be run.
    if (is_attestation(entry)) continue;
    ++images;
    only = &entry;
    const int score = entry.platform ? match(*entry.platform, wanted) : 0;
    if (score > best_score) {
      best = &entry;
      best_score = score;
    }
  }
  // One image without a platform is meant for whoever asks, as Docker and containerd have it.
  if (best == nullptr && images == 1 && !names_platform(*only)) return only;
  return best;
}

std::string platforms(const Index& index) {
  constexpr std::size_t kMost = 20;
  std::vector<std::string> names;
  std::set<std::string> seen;
  std::size_t more = 0;
  for (const Descriptor& entry : index.manifests) {
    if (is_attestation(entry) || !names_platform(entry)) continue;
    const std::string name = shown(entry.platform->text());
    if (!seen.insert(name).second) continue;
    if (names.size() < kMost) {
      names.push_back(name);
    } else {
      ++more;
    }
  }
  if (names.empty()) return "no named platform";
  return base::join(names, ", ") + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

}  // namespace ixian::oci
