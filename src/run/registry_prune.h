// Making room in a repository: what no recent build uses goes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "oci/image_repo.h"

namespace ixian::run {

struct PruneCandidate {
  std::string tag;
  oci::Digest digest;       // of its manifest
  std::uint64_t bytes = 0;  // of the manifest alone: blobs are the registry's to collect
};

struct RegistryPrune {
  std::vector<PruneCandidate> remove;  // sorted by tag
  std::size_t kept = 0;                // tags of ours that stay
  std::size_t foreign = 0;             // tags that ix did not make, which always stay
  std::vector<std::string> branches;   // of which builds are kept
};

// What can go from the repository. Ours are the tags "<stage>-<key>", "cache-<key>" and the records of builds
// (build_record.h). What the last `builds` records of each branch name stays, with the instructions that led
// to it, and so does whatever has the same manifest as something that stays: registries remove by digest. A
// repository without any record has nothing to remove, since nothing is known. Asks only. Throws
// Error{kRegistry}.
RegistryPrune plan_registry_prune(oci::ImageRepo& repo, std::size_t builds, base::Cancellation& cancellation);

// Removes it: images before the records that name them, so that a run that breaks off leaves no image that no
// record knows. Returns how many manifests have gone.
std::size_t carry_out(const RegistryPrune& plan, oci::ImageRepo& repo, base::Cancellation& cancellation);

}  // namespace ixian::run
