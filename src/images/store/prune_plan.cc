// What goes, decided on a snapshot without touching anything. Candidates go in the order of their last use,
// until none is too old and the rest fits: of equal age a tree before an entry before a name, by what it
// costs to have it back (a tree is extracted again, a step is run again, a name is gone). What a lease keeps
// stays.
//
// Each thing counts by how many roots it is kept. Whatever goes takes its own count away; a thing at zero is
// garbage, and its bytes are won.
#include "store/prune_plan.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace ixian::store {
namespace {

enum Order { kTree, kEntry, kName };

struct Candidate {
  std::int64_t used = 0;
  Order order = kTree;
  const Object* object = nullptr;
  const Inventory::Root* root = nullptr;  // of an entry or a name
};

class Planner {
 public:
  Planner(const Inventory& snapshot, const PruneOptions& options) : snapshot_(snapshot), options_(options) {
    for (const Inventory::Root& root : snapshot_.roots) {
      for (const Object& object : root.keeps) ++kept_by_[object];
    }
    for (const auto& [object, thing] : snapshot_.things) {
      plan_.left += thing.bytes;
      if (is_leased(object)) {
        plan_.leased += thing.bytes;
      } else if (kept_by_.count(object) == 0 || !thing.complete) {
        discard(object);
      }
    }
  }

  PrunePlan run(std::int64_t now) {
    for (const Candidate& candidate : candidates()) {
      const bool old = options_.older_than && now - candidate.used >= options_.older_than->count();
      const bool too_much = options_.max_bytes && plan_.left > *options_.max_bytes;
      if (old || too_much) remove(candidate);
    }
    return std::move(plan_);
  }

 private:
  bool is_leased(const Object& object) const { return snapshot_.leased.count(object) > 0; }

  std::vector<Candidate> candidates() const {
    std::vector<Candidate> all;
    for (const auto& [object, thing] : snapshot_.things) {
      if (object.starts_with("tree:")) all.push_back({thing.used, kTree, &object, nullptr});
    }
    for (const Inventory::Root& root : snapshot_.roots) {
      const bool is_name = root.object.starts_with("name:");
      if (is_name && options_.keep_names) continue;
      all.push_back({root.used, is_name ? kName : kEntry, &root.object, &root});
    }
    std::sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
      return std::tie(a.used, a.order, *a.object) < std::tie(b.used, b.order, *b.object);
    });
    return all;
  }

  void remove(const Candidate& candidate) {
    if (is_leased(*candidate.object)) return;
    if (candidate.root == nullptr) {
      // It has been counted already.
      if (plan_.garbage.count(*candidate.object) > 0) return;
      plan_.old_trees.insert(*candidate.object);
      plan_.left -= snapshot_.things.at(*candidate.object).bytes;
      return;
    }
    plan_.roots.push_back(*candidate.root);
    for (const Object& object : candidate.root->keeps) {
      if (--kept_by_[object] == 0 && snapshot_.things.count(object) > 0 && !is_leased(object))
        discard(object);
    }
  }

  void discard(const Object& object) {
    const bool was_there = plan_.old_trees.erase(object) == 0;
    if (plan_.garbage.insert(object).second && was_there) plan_.left -= snapshot_.things.at(object).bytes;
  }

  const Inventory& snapshot_;
  const PruneOptions& options_;
  std::map<Object, int> kept_by_;
  PrunePlan plan_;
};

}  // namespace

PrunePlan make_plan(const Inventory& snapshot, const PruneOptions& options, std::int64_t now) {
  return Planner(snapshot, options).run(now);
}

}  // namespace ixian::store
