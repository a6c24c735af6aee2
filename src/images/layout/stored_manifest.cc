// Rules for manifests in places that are ours (layouts, the store): the bytes are those of the digest, and an
// image's blobs are there before it. Of an index, parts may be missing: mostly one platform is copied. A
// manifest may be removed only if no name leads to it, not by way of an index either; what cannot be read
// might, so it counts as needed.
#include "layout/stored_manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/error.h"
#include "layout/index_file.h"
#include "oci/media_types.h"

namespace ixian::layout {
namespace {

bool lists(const oci::RawManifest& manifest, const oci::Digest& digest) {
  const auto parsed = manifest.parsed();
  const auto* index = std::get_if<oci::Index>(&parsed);
  if (index == nullptr) return false;
  return std::any_of(index->manifests.begin(), index->manifests.end(),
                     [&](const oci::Descriptor& part) { return part.digest == digest; });
}

}  // namespace

std::optional<oci::RawManifest> read_stored_manifest(const BlobFolder& blobs, const oci::Digest& digest) {
  auto bytes = blobs.read(digest, oci::kMaxManifestBytes);
  if (!bytes) return std::nullopt;
  try {
    const auto parsed = oci::parse_manifest(*bytes, "");
    auto type = std::visit([](const auto& any) { return any.media_type; }, parsed);
    return oci::RawManifest{{std::move(type), digest, bytes->size(), {}, {}, {}, {}}, std::move(*bytes)};
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

void check_manifest_bytes(const oci::RawManifest& manifest, const std::string& ref,
                          const std::string& image) {
  const oci::Digest& digest = manifest.descriptor.digest;
  oci::Digester digester(digest.algorithm());
  digester.update(manifest.bytes);
  if (manifest.bytes.size() != manifest.descriptor.size || digester.finish() != digest) {
    base::fail_registry(
        fmt::format("manifest for {} not stored: digest mismatch, its bytes are not those of {}\nhint: copy "
                    "the image again",
                    image, digest.text()));
  }
  if (const auto named = oci::Digest::parse(ref); named && *named != digest) {
    base::fail_registry(fmt::format("manifest {} cannot be stored as {}", digest.text(), image));
  }
}

void check_storable(const oci::RawManifest& manifest, const BlobFolder& blobs, const std::string& image) {
  try {
    const auto parsed = manifest.parsed();
    const auto* one = std::get_if<oci::Manifest>(&parsed);
    if (one == nullptr) return;
    const auto check = [&](const oci::Descriptor& blob) {
      if (blobs.has(blob) || oci::is_foreign_layer_type(blob.media_type)) return;
      base::fail_registry(
          fmt::format("manifest for {} not stored: its blob {} is missing there\nhint: copy the image again",
                      image, blob.digest.text()));
    };
    check(one->config);
    std::for_each(one->layers.begin(), one->layers.end(), check);
  } catch (const std::invalid_argument& error) {
    base::fail_registry(fmt::format("manifest for {} not stored: invalid manifest", image), error.what());
  }
}

bool is_needed(const oci::Digest& digest, const base::Json& entries, const BlobFolder& blobs) {
  for (const auto& entry : entries) {
    const auto named = oci::Digest::parse(entry_digest(entry));
    if (named == digest) return true;
    try {
      const auto manifest = named ? read_stored_manifest(blobs, *named) : std::nullopt;
      if (manifest && lists(*manifest, digest)) return true;
    } catch (const base::Error&) {
      return true;
    }
  }
  return false;
}

}  // namespace ixian::layout
