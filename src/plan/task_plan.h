// What `ix TASK` would do, found by asking only: which tasks run, in which order, and why.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "plan/decision.h"
#include "task/graph.h"
#include "task/state_store.h"
#include "task/states.h"

namespace ixian::plan {

struct Options {
  bool force = false;      // the task that was asked for runs
  bool force_all = false;  // all that it needs run too
  bool clean = false;      // the task is cleaned first, and runs
  bool clean_all = false;  // all are cleaned first, and run
  std::vector<std::string> args;

  bool forces(bool is_root) const { return force_all || clean_all || (is_root && (force || clean)); }
  bool cleans(bool is_root) const { return clean_all || (is_root && clean); }
};

struct Step {
  task::TaskId id = task::TaskGraph::kNone;
  std::string name;
  bool is_virtual = false;
  bool cleans = false;
  Decision decision;  // of a virtual target: runs when a dependency does
};

struct TaskPlan {
  std::vector<Step> steps;  // dependencies first; the last one is the task that was asked for

  bool nothing_to_do() const;
};

// Throws what order() and the checkers throw. Time grows with tasks, edges and what the checkers look at.
TaskPlan make_plan(const task::TaskGraph& graph, task::TaskStates& states, task::StateStore& store,
                   task::TaskId root, const Options& options);

base::Json to_json(const TaskPlan& plan);

// The last success of each task of an order. A virtual target has none of its own: it stands for the latest
// one below it. Not thread-safe.
class LatestRuns {
 public:
  LatestRuns(const task::TaskGraph& graph, const std::vector<task::TaskId>& order, task::StateStore& store);

  std::uint64_t of(task::TaskId id) const;
  const task::TaskRecord* record(task::TaskId id) const;
  std::map<std::string, std::uint64_t> of_dependencies(task::TaskId id) const;

  // After a success of `id`.
  void update(task::TaskId id, task::TaskRecord record);

  // After all that a virtual target gathers has ended.
  void update_virtual(task::TaskId id);

 private:
  const task::TaskGraph& graph_;
  std::unordered_map<std::string, task::TaskRecord> records_;
  std::unordered_map<task::TaskId, std::uint64_t> virtual_runs_;
};

}  // namespace ixian::plan
