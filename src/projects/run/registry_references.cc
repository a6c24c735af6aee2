// Images go by digest, and never one that something else still needs.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "oci/media_types.h"
#include "run/manifest_reach.h"
#include "run/registry_prune.h"
#include "run/repo_requests.h"

namespace ixian::run {
namespace {

using TagsByDigest = std::map<oci::Digest, std::vector<std::string>>;

class ReferenceCheck {
 public:
  ReferenceCheck(RegistryPrune& plan, oci::ImageRepo& repo, base::Cancellation& cancellation)
      : plan_(plan), repo_(repo), cancellation_(cancellation), reach_(repo, cancellation) {}

  void run() {
    ask_records();
    reach_.follow(plan_.others);
    if (!plan_.going.empty()) choose_images();
    plan_.held.insert(reach_.held().begin(), reach_.held().end());
    plan_.references_checked = true;
  }

 private:
  void ask_records() {
    const auto found = find_all(repo_, plan_.records_to_ask, cancellation_);
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i]) plan_.records[found[i]->digest].push_back(plan_.records_to_ask[i]);
    }
  }

  void choose_images() {
    std::vector<std::string> all = plan_.staying;
    all.insert(all.end(), plan_.going.begin(), plan_.going.end());
    const auto found = find_all(repo_, all, cancellation_);
    std::vector<std::string> indexes;  // never what ix pushes under such a tag
    TagsByDigest candidates;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!found[i]) continue;
      if (oci::is_index_type(found[i]->media_type)) indexes.push_back(all[i]);
      if (i < plan_.staying.size())
        plan_.held.insert(found[i]->digest);
      else
        candidates[found[i]->digest].push_back(all[i]);
    }
    reach_.follow(indexes);
    std::erase_if(candidates, [&](const auto& each) {
      const bool held = plan_.held.contains(each.first) || reach_.held().contains(each.first);
      if (held) plan_.kept += each.second.size();
      return held;
    });
    leave_referred(candidates);
    replace_images(candidates);
  }

  // A registry that keeps track of subjects itself has no tags for that.
  void leave_referred(TagsByDigest& candidates) {
    std::vector<oci::Digest> digests;
    for (const auto& [digest, tags] : candidates) digests.push_back(digest);
    std::vector<char> referred(digests.size());
    request_each(digests.size(), cancellation_,
                 [&](std::size_t i) { referred[i] = !repo_.referrers(digests[i]).empty(); });
    for (std::size_t i = 0; i < digests.size(); ++i) {
      if (referred[i] == 0) continue;
      // Whoever signed it, or made an SBOM of it, counts on it.
      plan_.held.insert(digests[i]);
      plan_.kept += candidates.at(digests[i]).size();
      candidates.erase(digests[i]);
    }
  }

  void replace_images(const TagsByDigest& candidates) {
    const std::set<std::string> images(plan_.going.begin(), plan_.going.end());
    std::erase_if(plan_.remove, [&](const PruneCandidate& each) { return images.contains(each.tag); });
    for (const auto& [digest, tags] : candidates) {
      for (const std::string& tag : tags) plan_.remove.push_back({tag, digest});
    }
    std::sort(plan_.remove.begin(), plan_.remove.end(),
              [](const PruneCandidate& a, const PruneCandidate& b) { return a.tag < b.tag; });
  }

  RegistryPrune& plan_;
  oci::ImageRepo& repo_;
  base::Cancellation& cancellation_;
  ManifestReach reach_;
};

}  // namespace

void check_references(RegistryPrune& plan, oci::ImageRepo& repo, base::Cancellation& cancellation) {
  if (!plan.references_checked) ReferenceCheck(plan, repo, cancellation).run();
}

}  // namespace ixian::run
