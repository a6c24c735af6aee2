// One image whose blobs lie in several places, as a repository to copy it from.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/byte_source.h"
#include "engine/lost_result.h"
#include "oci/descriptor.h"
#include "oci/digest.h"
#include "oci/image_repo.h"
#include "oci/manifest.h"
#include "snapshot/lazy_layer.h"
#include "store/store.h"

namespace ixian::snapshot {

// Where a layer is to be had, and what can be done where it is not.
struct LayerOrigin {
  std::shared_ptr<oci::ImageRepo> repo;
  engine::Remaking remaking;
};

// Layers are read from the store, and where that does not have them from where they came; whoever can mount
// them from there need not read them. Nothing can be written to it. Thread-safe. Keeps the store's blobs.
class PartialImage : public oci::ImageRepo {
 public:
  using Origins = std::map<oci::Digest, LayerOrigin>;  // by blob

  PartialImage(std::shared_ptr<store::Store> store, oci::RawManifest manifest, std::string config,
               Origins origins);

  const oci::RawManifest& manifest() const { return manifest_; }
  const LayerOrigin* origin(const oci::Digest& digest) const;  // null: only the store has the layer

  std::string name() const override;
  std::optional<oci::Descriptor> find(const std::string& ref) override;
  std::optional<oci::RawManifest> read_manifest(const std::string& ref) override;
  bool has_blob(const oci::Descriptor& blob) override;
  std::unique_ptr<base::ByteSource> open_blob(const oci::Descriptor& blob, std::uint64_t offset) override;
  const ImageRepo& holder(const oci::Descriptor& blob) override;

  void put_blob(const oci::Descriptor& blob, const base::OpenSource& open) override;
  bool mount_blob(const oci::Descriptor&, const ImageRepo&) override { return false; }
  void put_manifest(const std::string& ref, const oci::RawManifest& manifest) override;
  std::vector<std::string> tags() override { return {}; }
  bool remove(const std::string&) override { return false; }

 private:
  const std::shared_ptr<store::Store> store_;
  const std::shared_ptr<store::Lease> lease_;
  const oci::RawManifest manifest_;
  const std::string config_;
  const oci::Digest config_digest_;
  const Origins origins_;
};

// Where the layers of a stage come from; `built` (null is nowhere) will have those that were made here.
PartialImage::Origins blob_sources(const LayerStack& layers, const std::shared_ptr<oci::ImageRepo>& built);

}  // namespace ixian::snapshot
