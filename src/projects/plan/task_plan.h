// What `ix TASK` would do, found by asking only: which tasks run, in which order, and why.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "plan/decision.h"
#include "plan/image_planner.h"
#include "plan/task_options.h"
#include "task/graph.h"
#include "task/state_store.h"
#include "task/states.h"

namespace ixian::plan {

struct TaskStep {
  task::TaskId id = task::TaskGraph::kNone;
  std::string name;
  bool is_virtual = false;
  bool cleans = false;
  Decision decision;  // of a virtual target: runs when a dependency does
};

struct TaskPlan {
  std::vector<TaskStep> steps;  // dependencies first; the last one is the task that was asked for
  std::shared_ptr<const ImagePlan>
      images;  // null: there are none, or others must run before they can be planned

  bool nothing_to_do() const;
};

// Throws what order(), the checkers and the keys of images throw. Time grows with tasks, edges and what the
// checkers look at. `images` may be null where the graph has no image tasks.
TaskPlan make_plan(const task::TaskGraph& graph, task::TaskStates& states, task::StateStore& store,
                   task::TaskId root, const TaskOptions& options, ImagePlanner* images = nullptr);

Decision image_decision(const ImageStep& stage);

// As `ix plan --json` prints it.
base::Json to_json(const TaskPlan& plan);

// The last success of each task of an order, as a number that differs from that of any other one. A virtual
// target has none of its own: it stands for all below it. Not thread-safe.
class RunHistory {
 public:
  RunHistory(const task::TaskGraph& graph, const std::vector<task::TaskId>& order, task::StateStore& store);

  std::uint64_t of(task::TaskId id) const;
  const task::TaskRecord* record(task::TaskId id) const;
  std::map<std::string, std::uint64_t> of_dependencies(task::TaskId id) const;

  // After a success of `id`.
  void update(task::TaskId id, task::TaskRecord record);

  // After all that a virtual target gathers has ended.
  void update_virtual(task::TaskId id);

  // An image's success is its key: whoever was made with another one runs again.
  void update_image(task::TaskId id, const std::string& key);

 private:
  const task::TaskGraph& graph_;
  std::unordered_map<std::string, task::TaskRecord> records_;
  std::unordered_map<task::TaskId, std::uint64_t> other_runs_;  // of virtual targets and images
};

}  // namespace ixian::plan
