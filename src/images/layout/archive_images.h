// The images of a docker archive: found where it is an OCI layout too, made from their parts otherwise.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "layout/archive_index.h"
#include "oci/manifest.h"

namespace ixian::layout {

struct ArchivedImage {
  std::vector<std::string> names;  // as the archive spells them; may be empty
  oci::Descriptor image;
};

// Immutable once made, so any thread may ask. An image's manifest is that of the archive if all it names is
// there; otherwise one is made, the same each time.
class ArchiveImages {
 public:
  // `archive` must outlive this. Throws Error{kRegistry} where it holds no images, or damaged ones.
  explicit ArchiveImages(const ArchiveIndex& archive);

  const std::vector<ArchivedImage>& images() const { return images_; }

  // A manifest of the archive, or one that was made; verified. nullopt for anything else.
  std::optional<oci::RawManifest> manifest(const oci::Digest& digest) const;

  // Where a blob lies, nullopt where there is none of its size.
  std::optional<ArchiveIndex::Member> blob(const oci::Descriptor& blob) const;

 private:
  using KnownBlobs = std::set<oci::Digest>;

  void read_layout(const std::string& index);
  void collect(const oci::Descriptor& image, KnownBlobs& seen, int depth);
  bool is_complete(const oci::Descriptor& image) const;
  bool is_complete(const oci::Descriptor& image, KnownBlobs& seen, int depth) const;
  void read_docker_manifest(const std::string& bytes);
  ArchivedImage docker_image(const base::Json& item);
  oci::Descriptor stored_or_made(const std::string& config_path, const std::vector<std::string>& layers);
  oci::Descriptor layer(const std::string& path, const oci::Digest& diff_id);
  const oci::Descriptor& read_layer(const std::string& path);

  const ArchiveIndex& archive_;
  std::vector<ArchivedImage> images_;
  std::vector<ArchivedImage> listed_;                   // by index.json
  std::map<oci::Digest, oci::Digest> by_config_;        // config → manifest, of index.json
  std::map<oci::Digest, oci::RawManifest> made_;        // manifests that are not in the archive
  std::map<oci::Digest, ArchiveIndex::Member> places_;  // of blobs outside of blobs/
  std::map<std::string, oci::Descriptor> layers_;       // layers, by the path that manifest.json calls them
};

}  // namespace ixian::layout
