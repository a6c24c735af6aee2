// Mark and sweep beside running builds. The mark is a snapshot, thought about without any lock. Names and
// entries that go are removed first, in one durable transaction, so that no name ever stands for what is no
// longer whole. Then things go, a few at a time, with the database held for writing: names and entries
// written since the snapshot count; what a lease keeps by now stays; the rest is renamed into the trash. Only
// then is the trash emptied, which takes as long as it takes and bothers nobody.
//
// The one rule (lease.h): who wants something leases it first, and looks then; who removes something looks
// for leases while holding the database, and has renamed it away before letting go. Three interleavings of a
// build and a collector, left to right in time:
//
//   build      lease x, look: there                          …uses x
//   collector                        hold: x leased, stays
//
//   build                                   lease x (waits)         look: gone, make x anew
//   collector  hold: x not leased, rename                   let go
//
//   build                lease, write x, name x, end lease
//   collector  snapshot                                     hold: x is named since, stays
//
// A lock around the whole collection was not taken: it would stop every build on the machine for as long as a
// disk needs to unlink thousands of files.
#include "store/collector.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "layout/file_io.h"
#include "layout/temporary_file.h"
#include "store/records.h"
#include "store/trash.h"
#include "store/unpacked.h"
#include "store/work_folder.h"

namespace ixian::store {
namespace {

constexpr std::ptrdiff_t kBatch = 64;

bool is_leased(Transaction& transaction, const Object& object) {
  return transaction.query("SELECT 1 FROM lease_keeps WHERE object = ?1 LIMIT 1", object).step();
}

std::string text_in(const Object& object) {
  return object.substr(object.find(':') + 1);
}

std::uint64_t bytes_in(const std::string& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    bytes += disk_usage(entry->path());
  }
  return bytes;
}

}  // namespace

std::uint64_t Collector::reclaim() const {
  const std::string incoming = parts_.folder.blobs() + "/.incoming";
  const std::uint64_t before = bytes_in(incoming);
  parts_.blobs.reclaim();
  const std::uint64_t after = bytes_in(incoming);
  layout::reclaim_temporary_files(parts_.folder.path(), ".version-");
  reclaim_work_folders(parts_.folder);
  const std::uint64_t bytes = Trash(parts_.folder.trash()).empty() + (before > after ? before - after : 0);
  try {
    parts_.trees.reclaim();
    expire_leases(parts_.database, parts_.folder, parts_.clock, parts_.grace);
  } catch (const base::Error&) {  // on a full disk, say: the next one tries again
  }
  return bytes + Trash(parts_.folder.trash()).empty();
}

PruneResult Collector::prune(const PruneOptions& options) {
  result_ = {};
  const auto mark = [&](const PruneOptions& how) {
    snapshot_ = take_snapshot(parts_.database, parts_.folder, parts_.blobs);
    return make_plan(snapshot_, how, unix_time(parts_.clock));
  };
  if (options.dry_run) {
    const PrunePlan plan = mark(options);
    for (const auto& root : plan.roots)
      ++(root.object.starts_with("name:") ? result_.names : result_.cache_entries);
    for (const auto* set : {&plan.garbage, &plan.old_trees}) {
      for (const Object& object : *set) {
        auto& removed = object.starts_with("blob:") ? result_.blobs : result_.trees;
        ++removed.count;
        removed.bytes += snapshot_.things.at(object).bytes;
      }
    }
    result_.left = plan.left;
    result_.leased = plan.leased;
    return result_;
  }

  // On a full disk the database itself needs room to say what goes.
  parts_.database.use_reserve();
  result_.remains.bytes = reclaim();
  const PrunePlan plan = mark(options);
  remove_roots(plan);
  // What the removed names and entries alone had kept is garbage now.
  PrunePlan rest = mark({});
  rest.old_trees = plan.old_trees;
  sweep(rest);
  forget_unpacked();

  parts_.database.keep_reserve();
  snapshot_ = take_snapshot(parts_.database, parts_.folder, parts_.blobs);
  for (const auto& [object, thing] : snapshot_.things) {
    result_.left += thing.bytes;
    if (snapshot_.leased.count(object) > 0) result_.leased += thing.bytes;
  }
  return result_;
}

void Collector::remove_roots(const PrunePlan& plan) {
  if (plan.roots.empty()) return;
  PruneResult removed;
  Transaction transaction(parts_.database, TransactionMode::kDurable);
  for (const Inventory::Root& root : plan.roots) {
    if (is_leased(transaction, root.object)) continue;
    const bool is_name = root.object.starts_with("name:");
    // Not if it has been used since.
    transaction.run(is_name ? "DELETE FROM name WHERE name = ?1 AND used = ?2"
                            : "DELETE FROM entry WHERE key = ?1 AND used = ?2",
                    text_in(root.object), root.used);
    if (transaction.changes() > 0) ++(is_name ? removed.names : removed.cache_entries);
  }
  transaction.commit();
  result_.names += removed.names;
  result_.cache_entries += removed.cache_entries;
}

void Collector::forget_unpacked() {
  Transaction transaction(parts_.database, TransactionMode::kWrite);
  store::forget_unpacked(transaction, [this](const oci::Digest& blob) {
    return layout::file_size(parts_.blobs.path(blob)).has_value();
  });
  transaction.commit();
}

void Collector::sweep(const PrunePlan& plan) {
  // Blobs first: for them nothing has to be written, which on a full disk may be what makes it possible.
  std::vector<Object> objects(plan.garbage.begin(), plan.garbage.end());
  objects.insert(objects.end(), plan.old_trees.begin(), plan.old_trees.end());
  for (auto begin = objects.begin(); begin != objects.end();) {
    parts_.cancellation.throw_if_requested();
    const auto end = begin + std::min<std::ptrdiff_t>(kBatch, objects.end() - begin);
    remove_batch({begin, end}, plan.old_trees);
    Trash(parts_.folder.trash()).empty();
    begin = end;
  }
}

void Collector::remove_batch(const std::vector<Object>& batch, const std::set<Object>& old_trees) {
  PruneResult removed;
  bool trees_moved = false;
  {
    Transaction transaction(parts_.database, TransactionMode::kWrite);
    ReachableObjects reach(parts_.blobs);
    std::set<Object> kept;
    for (const auto& root : read_roots(transaction, reach, snapshot_.roots_written)) {
      kept.insert(root.keeps.begin(), root.keeps.end());
    }
    for (const Object& object : batch) {
      const bool is_old_tree = old_trees.count(object) > 0;
      if ((kept.count(object) > 0 && !is_old_tree) || is_leased(transaction, object)) continue;
      if (!take(transaction, object, is_old_tree)) continue;
      const bool is_blob = object.starts_with("blob:");
      trees_moved = trees_moved || !is_blob;
      auto& counter = is_blob ? removed.blobs : removed.trees;
      ++counter.count;
      counter.bytes += snapshot_.things[object].bytes;
    }
    transaction.commit();
  }
  // A tree that a loss of power brings back must be whole: its name goes before its files do.
  if (trees_moved) layout::sync_folder(parts_.folder.trees());
  result_.blobs.count += removed.blobs.count;
  result_.blobs.bytes += removed.blobs.bytes;
  result_.trees.count += removed.trees.count;
  result_.trees.bytes += removed.trees.bytes;
}

bool Collector::take(Transaction& transaction, const Object& object, bool old_tree) {
  const Trash trash(parts_.folder.trash());
  const std::string path = path_of(object, parts_.folder, parts_.blobs);
  if (path.empty()) return false;
  if (object.starts_with("blob:")) return trash.take(path);
  if (old_tree) {  // not if it has been used since
    auto row = transaction.query("SELECT used FROM tree WHERE diff_id = ?1", text_in(object));
    if (row.step() && row.number(0) != snapshot_.things[object].used) return false;
  }
  transaction.run("DELETE FROM tree WHERE diff_id = ?1", text_in(object));
  const bool was_there = trash.take(path);
  return trash.take(path + ".listing") || was_there;
}

}  // namespace ixian::store
