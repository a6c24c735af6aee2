// What would go: a decision over data.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "store/prune.h"
#include "store/snapshot.h"

namespace ixian::store {

struct PrunePlan {
  std::vector<Inventory::Root> roots;  // names and entries that go, as they were seen
  std::set<Object> garbage;            // things that nothing keeps once these have gone
  std::set<Object> old_trees;          // trees that are kept, and go all the same, as they can be made again
  std::uint64_t left = 0;              // bytes on disk of what stays
  std::uint64_t leased = 0;            // of these
};

// Least recently used first; of what was used at the same time trees first, names last. `now` in Unix time.
PrunePlan make_plan(const Inventory& snapshot, const PruneOptions& options, std::int64_t now);

}  // namespace ixian::store
