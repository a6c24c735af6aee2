// What docker save writes has had three shapes. First a folder for each layer and `repositories`, without any
// digest: too old to be of use. Then manifest.json, which names a config and the layers' tar files, which
// skopeo and podman write too: there is no manifest as registries know them, so one is made, whose layers are
// uncompressed and whose digests are therefore the diff IDs that the config holds. Since version 25 the
// archive is an OCI layout besides: its own manifests are used, so that an image keeps its digest on the way.
#include "layout/archive_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/error.h"
#include "layout/docker_name.h"
#include "layout/index_file.h"
#include "oci/image_config.h"
#include "oci/media_types.h"

namespace ixian::layout {
namespace {

constexpr std::size_t kMaxDocument = 4 << 20;
constexpr std::size_t kMaxConfig = 16 << 20;
constexpr std::size_t kMaxImages = 1024;
constexpr int kMaxIndexDepth = 4;  // of indexes within indexes
constexpr std::string_view kContainerdName = "io.containerd.image.name";

// "…/<64 hex>.json" or "blobs/sha256/<64 hex>".
std::optional<oci::Digest> digest_in_name(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  if (name.ends_with(".json")) name.resize(name.size() - 5);
  return oci::Digest::parse("sha256:" + name);
}

oci::Descriptor describe(std::string_view type, const oci::Digest& digest, std::uint64_t size) {
  return {std::string(type), digest, size, {}, {}, {}, {}};
}

std::vector<std::string> texts(const base::Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return {};
  return found->get<std::vector<std::string>>();
}

const base::Json& list(const base::Json& json) {
  if (!json.is_array() || json.size() > kMaxImages) throw std::invalid_argument("not a list of images");
  return json;
}

}  // namespace

ArchiveImages::ArchiveImages(const ArchiveIndex& archive) : archive_(archive) {
  const auto document = archive.read("manifest.json", kMaxDocument);
  const auto index = archive.read("index.json", kMaxDocument);
  if (!document && !index) {
    archive.fail(
        archive.find("repositories")
            ? "it was saved by a Docker older than 1.10\nhint: save the image again with a current one"
            : "it contains no images: neither a manifest.json nor an index.json");
  }
  if (index) read_layout(*index);
  if (document) {
    read_docker_manifest(*document);
  } else {
    images_ = std::move(listed_);
  }
}

void ArchiveImages::read_layout(const std::string& index) {
  try {
    const base::Json document = base::parse_json_strict(index, kMaxDocument, 64);
    KnownBlobs seen;
    for (const auto& entry : list(document.at("manifests"))) {
      ArchivedImage listed{{}, oci::descriptor_from_json(entry, "manifests")};
      collect(listed.image, seen, 0);
      const auto& annotations = listed.image.annotations;
      for (const std::string_view key : {kContainerdName, kRefName}) {
        const auto found = annotations.find(std::string(key));
        if (found == annotations.end() || found->second.empty()) continue;
        listed.names.push_back(found->second);
        break;
      }
      listed.image = describe(listed.image.media_type, listed.image.digest, listed.image.size);
      listed_.push_back(std::move(listed));
    }
  } catch (const base::Json::exception& error) {
    archive_.fail("its index.json is damaged", error.what());
  } catch (const std::invalid_argument& error) {
    archive_.fail("its index.json is damaged", error.what());
  }
}

// Notes which manifest belongs to which config, of one image or of all that an index lists and the archive
// has.
void ArchiveImages::collect(const oci::Descriptor& image, KnownBlobs& seen, int depth) {
  if (depth > kMaxIndexDepth || !seen.insert(image.digest).second) return;
  const auto found = manifest(image.digest);
  if (!found) return;
  const auto parsed = found->parsed();
  if (const auto* one = std::get_if<oci::Manifest>(&parsed)) {
    by_config_.emplace(one->config.digest, image.digest);
  } else {
    for (const auto& part : std::get<oci::Index>(parsed).manifests) collect(part, seen, depth + 1);
  }
}

bool ArchiveImages::is_complete(const oci::Descriptor& image) const {
  KnownBlobs seen;
  return is_complete(image, seen, 0);
}

bool ArchiveImages::is_complete(const oci::Descriptor& image, KnownBlobs& seen, int depth) const {
  if (!seen.insert(image.digest).second) return true;
  const auto found = manifest(image.digest);
  if (!found || depth > kMaxIndexDepth) return false;
  const auto parsed = found->parsed();
  if (const auto* one = std::get_if<oci::Manifest>(&parsed)) {
    return blob(one->config) &&
           std::all_of(one->layers.begin(), one->layers.end(),
                       [&](const oci::Descriptor& layer) { return blob(layer).has_value(); });
  }
  const auto& parts = std::get<oci::Index>(parsed).manifests;
  return std::all_of(parts.begin(), parts.end(),
                     [&](const oci::Descriptor& part) { return is_complete(part, seen, depth + 1); });
}

void ArchiveImages::read_docker_manifest(const std::string& bytes) {
  try {
    const base::Json document = base::parse_json_strict(bytes, kMaxDocument, 16);
    for (const auto& item : list(document)) images_.push_back(docker_image(item));
  } catch (const base::Json::exception& error) {
    archive_.fail("its manifest.json is damaged", error.what());
  } catch (const std::invalid_argument& error) {
    archive_.fail("its manifest.json, or a config in it, is damaged", error.what());
  }
  if (images_.empty()) archive_.fail("its manifest.json names no image");
}

ArchivedImage ArchiveImages::docker_image(const base::Json& item) {
  ArchivedImage image{texts(item, "RepoTags"),
                      stored_or_made(item.at("Config").get<std::string>(), texts(item, "Layers"))};
  // An index of several platforms is more than the one image of it that docker can load.
  for (const auto& listed : listed_) {
    if (!oci::is_index_type(listed.image.media_type) || listed.names.empty()) continue;
    const auto same = [&](const std::string& name) {
      return full_name(name) == full_name(listed.names.front());
    };
    if (std::any_of(image.names.begin(), image.names.end(), same) && is_complete(listed.image)) {
      image.image = listed.image;
    }
  }
  return image;
}

oci::Descriptor ArchiveImages::stored_or_made(const std::string& config_path,
                                              const std::vector<std::string>& layers) {
  const auto bytes = archive_.read(config_path, kMaxConfig);
  if (!bytes) archive_.fail(fmt::format("its config {} is missing", base::printable_path(config_path)));
  const oci::Digest digest = oci::Digest::of(*bytes);
  if (const auto named = digest_in_name(config_path); named && *named != digest) {
    archive_.fail(fmt::format("its config {} is damaged", base::printable_path(config_path)));
  }
  if (const auto stored = by_config_.find(digest); stored != by_config_.end()) {
    const auto found = manifest(stored->second);
    // The image's own manifest, so that it keeps its digest.
    if (found && is_complete(found->descriptor)) return found->descriptor;
  }

  const auto config = oci::parse_image_config(*bytes);
  if (config.diff_ids.size() != layers.size()) {
    archive_.fail(fmt::format("an image in it has {} layers, but its config {}", layers.size(),
                              config.diff_ids.size()));
  }
  oci::Manifest made{
      std::string(oci::kOciManifest), describe(oci::kOciConfig, digest, bytes->size()), {}, {}, {}, {}};
  places_.insert_or_assign(digest, *archive_.find(config_path));
  for (std::size_t i = 0; i < layers.size(); ++i) made.layers.push_back(layer(layers[i], config.diff_ids[i]));
  oci::RawManifest raw = oci::raw(made);
  const oci::Descriptor descriptor = raw.descriptor;
  made_.insert_or_assign(descriptor.digest, std::move(raw));
  return descriptor;
}

// Only reading it tells what it is: the config is as little to be believed as anything else, and whoever
// copies the layer need not read it where its digest is known already.
oci::Descriptor ArchiveImages::layer(const std::string& path, const oci::Digest& diff_id) {
  const oci::Descriptor& layer = read_layer(path);
  if (layer.media_type == oci::kOciLayer && layer.digest != diff_id) {
    archive_.fail(
        fmt::format("its layer {} is damaged: digest mismatch with its config", base::printable_path(path)));
  }
  return layer;
}

const oci::Descriptor& ArchiveImages::read_layer(const std::string& path) {
  if (const auto known = layers_.find(path); known != layers_.end()) return known->second;
  const auto member = archive_.find(path);
  if (!member) archive_.fail(fmt::format("its layer {} is missing", base::printable_path(path)));

  char start[4] = {};
  const std::string_view magic(start,
                               member->size == 0 ? 0 : archive_.open(*member)->read(start, sizeof(start)));
  std::string_view type = oci::kOciLayer;
  if (magic.starts_with("\x1f\x8b")) type = oci::kOciLayerGzip;
  if (magic.starts_with("\x28\xb5\x2f\xfd")) type = oci::kOciLayerZstd;
  if (magic.starts_with("BZh") || magic.starts_with("\xfd"
                                                    "7zX")) {
    archive_.fail(fmt::format("its layer {} is compressed by bzip2 or xz, which registries do not support",
                              base::printable_path(path)));
  }
  const oci::Digest digest = oci::Digest::of(*archive_.open(*member));
  places_.insert_or_assign(digest, *member);
  return layers_.emplace(path, describe(type, digest, member->size)).first->second;
}

std::optional<oci::RawManifest> ArchiveImages::manifest(const oci::Digest& digest) const {
  if (const auto found = made_.find(digest); found != made_.end()) return found->second;
  const auto member = archive_.find(blob_path(digest));
  if (!member || member->size > oci::kMaxManifestBytes) return std::nullopt;
  const std::string bytes = archive_.read(blob_path(digest), oci::kMaxManifestBytes).value_or("");
  oci::Digester digester(digest.algorithm());
  digester.update(bytes);
  if (digester.finish() != digest)
    archive_.fail(fmt::format("its {} is damaged (digest mismatch)", blob_path(digest)));
  try {
    const auto parsed = oci::parse_manifest(bytes, "");
    const auto type = std::visit([](const auto& any) { return any.media_type; }, parsed);
    return oci::RawManifest{describe(type, digest, bytes.size()), bytes};
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

std::optional<ArchiveIndex::Member> ArchiveImages::blob(const oci::Descriptor& blob) const {
  const auto place = places_.find(blob.digest);
  const auto member =
      place != places_.end() ? std::optional(place->second) : archive_.find(blob_path(blob.digest));
  return member && member->size == blob.size ? member : std::nullopt;
}

}  // namespace ixian::layout
