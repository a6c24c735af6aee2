// Carries a plan for making room out, while others go on working.
#pragma once

#include <chrono>
#include <memory>
#include <set>

#include "base/cancel.h"
#include "base/clock.h"
#include "layout/blob_folder.h"
#include "store/database.h"
#include "store/folder.h"
#include "store/prune.h"
#include "store/prune_plan.h"
#include "store/trees.h"

namespace ixian::store {

// What all of them have to do with; outlives the collector.
struct CollectorContext {
  Database& database;
  const Folder& folder;
  const layout::BlobFolder& blobs;
  ExtractedLayers& trees;
  base::Clock& clock;
  base::Cancellation& cancellation;
  std::chrono::seconds grace;
};

// For one thread; others, in this process and elsewhere, go on using the store. `parts` must outlive it.
class Collector {
 public:
  explicit Collector(const CollectorContext& parts) : parts_(parts) {}

  // What killed processes left: files, folders, leases whose grace is over. Returns the bytes on disk.
  std::uint64_t reclaim() const;

  PruneResult prune(const PruneOptions& options);

 private:
  void remove_roots(const PrunePlan& plan);
  void forget_unpacked();
  void sweep(const PrunePlan& plan);
  void remove_batch(const std::vector<Object>& batch, const std::set<Object>& old_trees);
  bool take(class Transaction& transaction, const Object& object, bool old_tree);

  const CollectorContext& parts_;
  PruneResult result_;
  Inventory snapshot_;
};

}  // namespace ixian::store
