// Who waits for whom in a run.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "plan/task_plan.h"
#include "task/graph.h"

namespace ixian::run {

// The steps of a plan, by position. A step waits for the tasks that it depends on; an image task besides for
// all that makes what images are made from. Not thread-safe.
class Scheduler {
 public:
  Scheduler(const plan::TaskPlan& plan, const task::TaskGraph& graph);

  // Steps that wait for nothing, and have not been taken yet.
  std::deque<std::size_t>& ready() { return ready_; }

  // All steps that wait for this one.
  const std::vector<std::size_t>& dependents(std::size_t step) const { return dependents_[step]; }

  // After this step has ended: those for which it was the last one to wait for become ready.
  void finish(std::size_t step);

 private:
  void wait(std::size_t step, std::size_t other);

  std::vector<std::size_t> waiting_for_;
  std::vector<std::vector<std::size_t>> dependents_;
  std::deque<std::size_t> ready_;
};

std::vector<task::TaskId> ids(const plan::TaskPlan& plan);

}  // namespace ixian::run
