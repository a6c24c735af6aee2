// Making room in a repository: what no recent build uses, and nobody else, goes.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "oci/image_repo.h"

namespace ixian::run {

struct PruneRules {
  std::size_t builds = 10;             // of each branch, that say different things
  std::chrono::seconds grace{7200};    // for what a build that has begun and not ended may push
  std::vector<std::string> forgotten;  // branches whose builds do not count any more
  std::chrono::system_clock::time_point now = std::chrono::system_clock::now();
};

struct PruneCandidate {
  std::string tag;
  std::optional<oci::Digest>
      digest;  // of its manifest; unset: not asked for yet, as for records that are many
};

struct RegistryPrune {
  std::vector<PruneCandidate>
      remove;  // sorted by tag; until it is `references_checked`, perhaps with some that stay
  bool references_checked = true;      // what else needs the manifests that may go has been asked
  std::size_t kept = 0;                // tags of ours that stay
  std::size_t foreign = 0;             // tags that ix did not make, which always stay
  std::size_t begun = 0;               // builds that are under way, or failed a short while ago
  std::vector<std::string> branches;   // of which builds are kept
  bool known = false;                  // a build that ended is written down; else nothing is removed
  std::set<std::string> all_branches;  // of which builds are written down

  // For check_references(): tags of images, of others, and of records that stay, whose manifests have not
  // been asked for.
  std::vector<std::string> going;
  std::vector<std::string> staying;
  std::vector<std::string> others;
  std::vector<std::string> records_to_ask;

  // For carry_out():
  std::set<std::string> seen;                               // all tags
  std::set<oci::Digest> held;                               // that must not be removed
  std::map<oci::Digest, std::vector<std::string>> records;  // that stay, by digest
};

// What can go from the repository. Ours are the records of builds (build_record.h), the tags "<stage>-<key>"
// of stages that a record speaks of, "cache-<key>" and "listing-<digest>". These stay:
//   - what the last `builds` different records of each branch name, and the instructions that led to it;
//     records that say the same are one, of which the newest stays;
//   - what builds name that have begun within `grace` and not ended, and, while there are such, instructions
//     that no record names;
//   - whatever the tags of others lead to (manifest_reach.h), has referrers, or has the same manifest as
//     something that stays, as registries remove by digest.
// A repository without any record of a build that ended has nothing to remove, since nothing is known. Asks
// only: each record that says something else once, however many there are, and few questions besides. What
// stands on the images that may go is checked where that is a part of these. Throws Error{kRegistry}.
RegistryPrune plan_registry_prune(oci::ImageRepo& repo, const PruneRules& rules,
                                  base::Cancellation& cancellation);

// Takes off the plan what stays for the last of these reasons, unless that has been done. Asks for the
// manifest of each image that may go and each that stays, and what refers to it.
void check_references(RegistryPrune& plan, oci::ImageRepo& repo, base::Cancellation& cancellation);

// Settles the plan and removes what is left: images before the records that name them, so that a run that
// breaks off leaves no image that no record knows. Looks every now and then what has come since, and leaves
// what that needs. Returns how many manifests have gone.
std::size_t carry_out(RegistryPrune plan, oci::ImageRepo& repo, const PruneRules& rules,
                      base::Cancellation& cancellation);

}  // namespace ixian::run
