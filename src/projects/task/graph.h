// Tasks and who needs whom.
//
// The front door of this room. What comes in is the list of tasks that a project declares; what goes out is
// an order in which to run them, and for each a hash of all that it depends on. The three types to know are
// Task (task.h), Checker, which knows the state of something (files, for the most part), and TaskStates,
// which makes hashes of states. StateStore keeps what was true when a task last succeeded. Running tasks is
// the matter of src/run.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "task/task.h"

namespace ixian::task {

using TaskId = std::size_t;

// Immutable once made; may be read by several threads. A name that a task depends on need not exist, and
// rings may stand in it: that is an error of those who ask for an order over them, not of all others.
class TaskGraph {
 public:
  TaskGraph() = default;

  // Names are unique; of two tasks with one name the first counts.
  explicit TaskGraph(std::vector<Task> tasks);

  TaskGraph(TaskGraph&&) = default;
  TaskGraph& operator=(TaskGraph&&) = default;

  std::size_t size() const { return tasks_.size(); }
  const Task& operator[](TaskId id) const { return tasks_[id]; }
  const std::vector<Task>& tasks() const { return tasks_; }

  static constexpr TaskId kNone = static_cast<TaskId>(-1);
  TaskId find(std::string_view name) const;  // kNone where there is none

  // Like find(), but throws Error{kUsage} with near names for a name that does not exist or is not for this
  // RUN_CONTEXT.
  TaskId require(std::string_view name) const;

  // Direct dependencies without repetition, in the order in which they are written. Valid for tasks that
  // order() has passed over.
  const std::vector<TaskId>& dependencies(TaskId id) const { return edges_[id]; }

  // `root` and all that it needs, each once, dependencies before dependents, otherwise in the order in which
  // they are written. Time grows with the tasks and edges reached. Throws Error{kProject} that shows the
  // ring, or names who asked for the task that does not exist.
  std::vector<TaskId> order(TaskId root) const;

 private:
  [[noreturn]] void fail_unknown(TaskId asker) const;
  [[noreturn]] void fail_ring(const std::vector<TaskId>& path, TaskId again) const;

  std::vector<Task> tasks_;
  std::unordered_map<std::string_view, TaskId> index_;  // views into tasks_
  std::vector<std::vector<TaskId>> edges_;
  std::vector<bool> has_unknown_;
};

}  // namespace ixian::task
