// What others have built, as far as the registries know it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/cache_image.h"
#include "cache/cache_repos.h"

namespace ixian::cache {

// Reads the instruction cache of registries for one build. Thread-safe. What cannot be read, or is something
// else, counts as not there, and as lost; throws Cancelled alone.
class CacheImporter {
 public:
  // All outlive it. `repos` in the order in which they are preferred.
  CacheImporter(std::vector<std::shared_ptr<CacheRepo>> repos, snapshot::LayerContext& services)
      : repos_(std::move(repos)), services_(services) {}

  struct Hit {
    std::size_t index = 0;  // among what was asked for
    snapshot::StageSnapshot state;
    std::string place;  // the repository
  };

  // Asks for everything at once, and reads the last one that is there.
  std::optional<Hit> find_last(const std::vector<CacheQuery>& wanted);

  bool empty() const { return repos_.empty(); }

 private:
  bool are_there(const snapshot::LayerStack& layers, CacheRepo& repo);

  std::vector<std::shared_ptr<CacheRepo>> repos_;
  snapshot::LayerContext& services_;
};

// The listing of a layer that one of the repositories has beside it; null where none has. The same rules. It
// is kept in the store as what this repository says, apart from what was read here.
std::shared_ptr<const layer::LayerListing> find_listing(const std::vector<std::shared_ptr<CacheRepo>>& repos,
                                                        const oci::Digest& diff_id,
                                                        const oci::Descriptor& blob, store::Store& store,
                                                        oci::Losses& losses, base::EventSink& sink);

}  // namespace ixian::cache
