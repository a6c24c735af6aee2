// The order of a project's images: those that others stand on first.
#pragma once

#include <set>
#include <vector>

#include "keys/stage_key.h"
#include "task/graph.h"

namespace ixian::plan {

// All image tasks that the roots need, those that others stand on first. The graph has passed over the roots.
// One that a root depends on as a task, and no image stands on, gets no key: its Dockerfile need not even be
// there.
class ImageOrder {
 public:
  ImageOrder(const task::TaskGraph& graph, keys::StageResolver& keys) : graph_(graph), keys_(keys) {}

  std::vector<task::TaskId> run(const std::vector<task::TaskId>& roots);

  // The roots, and what they stand on.
  bool is_standing(task::TaskId id) const { return standing_.contains(id); }

 private:
  void find_standing(task::TaskId root);
  void visit(task::TaskId id);

  const task::TaskGraph& graph_;
  keys::StageResolver& keys_;
  std::set<task::TaskId> seen_;
  std::set<task::TaskId> standing_;
  std::vector<task::TaskId> order_;
};

}  // namespace ixian::plan
