#include "plan/image_order.h"

#include <deque>
#include <utility>

namespace ixian::plan {

using task::TaskId;

std::vector<TaskId> ImageOrder::run(const std::vector<TaskId>& roots) {
  for (const TaskId root : roots) find_standing(root);
  for (const TaskId root : roots) visit(root);
  return std::move(order_);
}

// By the keys of stages, breadth first and without recursion: there may be a thousand in a row.
void ImageOrder::find_standing(TaskId root) {
  std::deque<TaskId> queue{root};
  while (!queue.empty()) {
    const TaskId id = queue.front();
    queue.pop_front();
    if (!graph_[id].is_image() || !standing_.insert(id).second) continue;
    for (const TaskId below : keys_.of(id).stages) queue.push_back(below);
  }
}

void ImageOrder::visit(TaskId id) {
  if (!seen_.insert(id).second) return;
  for (const TaskId below : graph_.dependencies(id)) visit(below);
  if (!graph_[id].is_image()) return;
  if (is_standing(id)) {
    for (const TaskId below : keys_.of(id).stages) {
      // Reached only through a Dockerfile: the graph has not been asked for what it depends on, and may
      // find a ring.
      if (!seen_.contains(below)) graph_.order(below);
      visit(below);
    }
  }
  order_.push_back(id);
}

}  // namespace ixian::plan
