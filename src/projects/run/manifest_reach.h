// What stands on what in a repository: which manifests can be reached from the tags of others.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "oci/image_repo.h"

namespace ixian::run {

// One for a repository. Each manifest is asked for once. Not thread-safe; asks many things at once.
class ManifestReach {
 public:
  // Both outlive it.
  ManifestReach(oci::ImageRepo& repo, base::Cancellation& cancellation)
      : repo_(repo), cancellation_(cancellation) {}

  // Everything that these tags name, to any depth: themselves, the entries of indexes, subjects, and the
  // digest that a tag is about by its own name ("sha256-<hex>", "sha256-<hex>.sig"). What is not there names
  // nothing; what is there and cannot be read could name anything: Error{kRegistry}.
  void follow(const std::vector<std::string>& tags);

  const std::set<oci::Digest>& held() const { return held_; }

 private:
  std::vector<std::string> read(const std::vector<std::string>& refs);
  void add(const oci::RawManifest& manifest, std::set<oci::Digest>& next);

  oci::ImageRepo& repo_;
  base::Cancellation& cancellation_;
  std::set<oci::Digest> held_;
  std::set<oci::Digest> read_;
};

}  // namespace ixian::run
