// An image whose parts lie in several places: its manifest and config here, layers in the store or still in
// the registry from which a cache or a base image had them. To whoever copies it, it is one repository, and
// each blob says where it may be mounted from; so a layer that nobody needs on this machine is never fetched.
#include "snapshot/partial_image.h"

#include <fmt/format.h>

#include "base/error.h"
#include "snapshot/stage_snapshot.h"

namespace ixian::snapshot {
PartialImage::PartialImage(std::shared_ptr<store::Store> store, oci::RawManifest manifest, std::string config,
                           Origins origins)
    : store_(std::move(store)),
      lease_(store_->lease()),
      manifest_(std::move(manifest)),
      config_(std::move(config)),
      config_digest_(oci::Digest::of(config_)),
      origins_(std::move(origins)) {}

std::string PartialImage::name() const {
  return "build:" + manifest_.descriptor.digest.short_hex();
}

std::optional<oci::Descriptor> PartialImage::find(const std::string& ref) {
  return ref == manifest_.descriptor.digest.text() ? std::optional(manifest_.descriptor) : std::nullopt;
}

std::optional<oci::RawManifest> PartialImage::read_manifest(const std::string& ref) {
  return ref == manifest_.descriptor.digest.text() ? std::optional(manifest_) : std::nullopt;
}

bool PartialImage::has_blob(const oci::Descriptor& blob) {
  return blob.digest == config_digest_ || store_->has_blob(blob) || origins_.contains(blob.digest);
}

const LayerOrigin* PartialImage::origin(const oci::Digest& digest) const {
  const auto found = origins_.find(digest);
  return found == origins_.end() ? nullptr : &found->second;
}

std::unique_ptr<base::ByteSource> PartialImage::open_blob(const oci::Descriptor& blob, std::uint64_t offset) {
  if (blob.digest == config_digest_) return std::make_unique<base::OwnedTextSource>(config_.substr(offset));
  const auto origin = origins_.find(blob.digest);
  // The store first, even where a registry has the layer: it costs nothing.
  if (origin == origins_.end() || store_->has_blob(blob)) return store_->open_blob(blob, offset);
  return origin->second.repo->open_blob(blob, offset);
}

const oci::ImageRepo& PartialImage::holder(const oci::Descriptor& blob) {
  const auto origin = origins_.find(blob.digest);
  if (origin == origins_.end()) return *this;
  try {
    return origin->second.repo->holder(blob);
  } catch (const base::Error&) {
    return *this;  // a registry that cannot be used: the bytes may be in the store
  }
}

void PartialImage::put_blob(const oci::Descriptor&, const base::OpenSource&) {
  base::fail_registry(fmt::format("{} is read-only", name()));
}

void PartialImage::put_manifest(const std::string&, const oci::RawManifest&) {
  base::fail_registry(fmt::format("{} is read-only", name()));
}

PartialImage::Origins blob_sources(const LayerStack& layers, const std::shared_ptr<oci::ImageRepo>& built) {
  PartialImage::Origins origins;
  for (const auto& layer : non_empty(layers)) {
    if (const auto& origin = layer->origin() ? layer->origin() : built)
      origins.emplace(layer->blob().digest, LayerOrigin{origin, layer->remaking()});
  }
  return origins;
}

}  // namespace ixian::snapshot
