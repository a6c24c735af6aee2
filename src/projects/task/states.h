// What the checkers of a graph say now, and the hash of each task made from it.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "task/graph.h"

namespace ixian::task {

// Asks each checker once and remembers the answer until forget(). Thread-safe: one thread asks at a time. A
// checker may ask for other tasks' hashes while it is asked; a ring of those is an Error{kProject} that shows
// it.
class TaskStates {
 public:
  // `image_key` gives the key of an image task, which is its hash. Null where the graph has none.
  using ImageKey = std::function<std::string(TaskId)>;
  explicit TaskStates(const TaskGraph& graph, ImageKey image_key = nullptr)
      : graph_(graph), image_key_(std::move(image_key)) {}

  const std::vector<std::shared_ptr<Checker>>& checkers(TaskId id);

  // {"checks": [{"class": …, "state": …}], "depends": {name: hash}}: what identifies the output of the task.
  // Checkers that do not contribute are left out.
  base::Json state(TaskId id);

  // SHA-256 of the canonical state, in hex; of an image task, its key.
  std::string hash(TaskId id);

  // After a task has run: files are no longer what they were.
  void forget();

  // While it is held, no other thread uses a checker.
  std::unique_lock<std::recursive_mutex> guard() { return std::unique_lock(mutex_); }

 private:
  struct Known {
    base::Json state;
    std::string hash;
  };

  base::Json own_state(TaskId id);
  std::string key_below(TaskId id);
  bool is_image(TaskId id) const { return image_key_ && graph_[id].is_image(); }

  const TaskGraph& graph_;
  const ImageKey image_key_;
  // Guards all below. Recursive, as a checker may ask for another task's hash.
  std::recursive_mutex mutex_;
  std::unordered_map<TaskId, std::vector<std::shared_ptr<Checker>>> checkers_;
  std::unordered_map<TaskId, Known> known_;
  std::vector<TaskId> asking_;
};

}  // namespace ixian::task
