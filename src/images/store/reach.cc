// What a manifest leads to: its blobs, the trees of its layers, and for an index all of its parts that are
// here. What cannot be read leads to nothing, since nobody could use what it leads to; it is not the
// collector's to complain.
#include "store/reach.h"

#include <stdexcept>
#include <variant>

#include "base/error.h"
#include "layout/stored_manifest.h"
#include "oci/image_config.h"
#include "oci/media_types.h"

namespace ixian::store {
namespace {

constexpr int kMaxIndexDepth = 8;  // of indexes in indexes, which may be rings
constexpr std::size_t kMaxConfig = 16 << 20;

// nullopt also where the file is damaged: then nobody can tell, or use, what it leads to.
std::optional<oci::AnyManifest> read_any(const layout::BlobFolder& blobs, const oci::Digest& digest) {
  try {
    const auto manifest = layout::read_stored_manifest(blobs, digest);
    if (manifest) return manifest->parsed();
  } catch (const base::Error&) {
  } catch (const std::invalid_argument&) {
  }
  return std::nullopt;
}

bool is_manifest(const oci::Descriptor& blob) {
  return oci::is_manifest_type(blob.media_type) || oci::is_index_type(blob.media_type);
}

void add_blobs(const layout::BlobFolder& blobs, const oci::AnyManifest& any, std::vector<Object>& objects,
               int depth) {
  if (const auto* manifest = std::get_if<oci::Manifest>(&any)) {
    objects.push_back(blob_object(manifest->config.digest));
    for (const oci::Descriptor& layer : manifest->layers) objects.push_back(blob_object(layer.digest));
    return;
  }
  if (depth > kMaxIndexDepth) return;
  for (const oci::Descriptor& part : std::get<oci::Index>(any).manifests) {
    objects.push_back(blob_object(part.digest));
    if (const auto inner = read_any(blobs, part.digest)) add_blobs(blobs, *inner, objects, depth + 1);
  }
}

}  // namespace

std::vector<Object> blobs_of(const layout::BlobFolder& blobs, const oci::RawManifest& manifest) {
  std::vector<Object> objects = {blob_object(manifest.descriptor.digest)};
  try {
    add_blobs(blobs, manifest.parsed(), objects, 0);
  } catch (const std::invalid_argument&) {  // whoever uses it will say so
  }
  return objects;
}

const std::set<Object>& ReachableObjects::of(const oci::Descriptor& blob) {
  const auto [place, fresh] = known_.try_emplace(blob.digest);
  if (fresh) add(blob, place->second, 0);
  return place->second;
}

void ReachableObjects::add(const oci::Descriptor& blob, std::set<Object>& objects, int depth) {
  objects.insert(blob_object(blob.digest));
  if (!is_manifest(blob) || depth > kMaxIndexDepth) return;
  const auto any = read_any(blobs_, blob.digest);
  if (!any) return;
  if (const auto* index = std::get_if<oci::Index>(&*any)) {
    for (const oci::Descriptor& part : index->manifests) add(part, objects, depth + 1);
    return;
  }
  const auto& manifest = std::get<oci::Manifest>(*any);
  add_config(manifest.config, objects);
  for (const oci::Descriptor& layer : manifest.layers) objects.insert(blob_object(layer.digest));
}

void ReachableObjects::add_config(const oci::Descriptor& config, std::set<Object>& objects) {
  objects.insert(blob_object(config.digest));
  try {
    const auto bytes = blobs_.read(config.digest, kMaxConfig);
    if (!bytes) return;
    for (const oci::Digest& diff_id : oci::parse_image_config(*bytes).diff_ids) {
      objects.insert(tree_object(diff_id));
    }
  } catch (const base::Error&) {
  } catch (const std::invalid_argument&) {  // some other artifact's
  }
}

}  // namespace ixian::store
