// What an image leads to.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "layout/blob_folder.h"
#include "oci/descriptor.h"
#include "oci/manifest.h"
#include "store/lease.h"

namespace ixian::store {

// Everything that is needed with a blob: itself; of a manifest its config and layers, and the trees of its
// config's diffIDs; of an index all its manifests in turn. What is not there leads to nothing. Remembers what
// it has read. Not thread-safe.
class ReachableObjects {
 public:
  explicit ReachableObjects(const layout::BlobFolder& blobs) : blobs_(blobs) {}

  const std::set<Object>& of(const oci::Descriptor& blob);

 private:
  void add(const oci::Descriptor& blob, std::set<Object>& objects, int depth);
  void add_config(const oci::Descriptor& config, std::set<Object>& objects);

  const layout::BlobFolder& blobs_;
  std::map<oci::Digest, std::set<Object>> known_;
};

// The same for a manifest that has been read: its own blob, and all blobs that it names, as far as they are
// blobs here; for an index, its manifests' too. No trees.
std::vector<Object> blobs_of(const layout::BlobFolder& blobs, const oci::RawManifest& manifest);

}  // namespace ixian::store
