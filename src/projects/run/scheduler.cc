// Which steps of a plan may begin. Besides what the graph says, an image waits for all tasks that come before
// images (image_input_tasks()): they may write files that a context takes in, and the graph does not say
// which.
#include "run/scheduler.h"

#include <unordered_map>

#include "plan/image_planner.h"

namespace ixian::run {

std::vector<task::TaskId> ids(const plan::TaskPlan& plan) {
  std::vector<task::TaskId> all;
  for (const auto& step : plan.steps) all.push_back(step.id);
  return all;
}

Scheduler::Scheduler(const plan::TaskPlan& plan, const task::TaskGraph& graph)
    : waiting_for_(plan.steps.size(), 0), dependents_(plan.steps.size()) {
  const std::vector<bool> before = plan::image_input_tasks(graph, ids(plan));
  std::unordered_map<task::TaskId, std::size_t> position;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    position[plan.steps[i].id] = i;
    for (task::TaskId dependency : graph.dependencies(plan.steps[i].id)) wait(i, position.at(dependency));
  }
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    // Keys read files that such a task may write, and nobody knows which.
    for (std::size_t other = 0; graph[plan.steps[i].id].is_image() && other < before.size(); ++other) {
      if (before[other]) wait(i, other);
    }
    if (waiting_for_[i] == 0) ready_.push_back(i);
  }
}

void Scheduler::wait(std::size_t step, std::size_t other) {
  ++waiting_for_[step];
  dependents_[other].push_back(step);
}

void Scheduler::finish(std::size_t step) {
  for (std::size_t dependent : dependents_[step]) {
    if (--waiting_for_[dependent] == 0) ready_.push_back(dependent);
  }
}

}  // namespace ixian::run
