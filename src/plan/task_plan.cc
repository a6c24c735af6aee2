#include "plan/task_plan.h"

#include <algorithm>
#include <unordered_set>

namespace ixian::plan {

bool TaskPlan::nothing_to_do() const {
  return std::none_of(steps.begin(), steps.end(),
                      [](const Step& step) { return step.decision.runs || step.cleans; });
}

LatestRuns::LatestRuns(const task::TaskGraph& graph, const std::vector<task::TaskId>& order,
                       task::StateStore& store)
    : graph_(graph) {
  std::vector<std::string> names;
  for (task::TaskId id : order) names.push_back(graph[id].name);
  records_ = store.load_many(names);
  for (task::TaskId id : order) {
    if (graph_[id].is_virtual()) update_virtual(id);
  }
}

void LatestRuns::update_virtual(task::TaskId id) {
  std::uint64_t latest = 0;
  for (task::TaskId dependency : graph_.dependencies(id)) latest = std::max(latest, of(dependency));
  virtual_runs_[id] = latest;
}

std::uint64_t LatestRuns::of(task::TaskId id) const {
  if (auto found = virtual_runs_.find(id); found != virtual_runs_.end()) return found->second;
  const task::TaskRecord* known = record(id);
  return known == nullptr ? 0 : known->run;
}

const task::TaskRecord* LatestRuns::record(task::TaskId id) const {
  auto found = records_.find(graph_[id].name);
  return found == records_.end() ? nullptr : &found->second;
}

std::map<std::string, std::uint64_t> LatestRuns::of_dependencies(task::TaskId id) const {
  std::map<std::string, std::uint64_t> runs;
  for (task::TaskId dependency : graph_.dependencies(id)) runs[graph_[dependency].name] = of(dependency);
  return runs;
}

void LatestRuns::update(task::TaskId id, task::TaskRecord record) {
  records_[graph_[id].name] = std::move(record);
}

TaskPlan make_plan(const task::TaskGraph& graph, task::TaskStates& states, task::StateStore& store,
                   task::TaskId root, const Options& options) {
  const auto order = graph.order(root);
  const LatestRuns runs(graph, order, store);
  std::unordered_set<task::TaskId> running;
  TaskPlan plan;
  for (task::TaskId id : order) {
    const bool is_root = id == root;
    Step step;
    step.id = id;
    step.name = graph[id].name;
    step.is_virtual = graph[id].is_virtual();
    step.cleans = options.cleans(is_root) && graph[id].clean;
    Situation situation;
    for (task::TaskId dependency : graph.dependencies(id)) {
      if (running.contains(dependency)) situation.running.push_back(graph[dependency].name);
    }
    if (step.is_virtual) {
      step.decision.runs = !situation.running.empty();
      step.decision.reason = step.decision.runs ? Reason::kDependency : Reason::kComplete;
      step.decision.because = std::move(situation.running);
    } else {
      situation.forced = options.forces(is_root);
      if (is_root) situation.args = options.args;
      situation.record = runs.record(id);
      situation.dependency_runs = runs.of_dependencies(id);
      step.decision = decide(graph, states, id, situation);
    }
    if (step.decision.runs) running.insert(id);
    plan.steps.push_back(std::move(step));
  }
  return plan;
}

base::Json to_json(const TaskPlan& plan) {
  base::Json steps = base::Json::array();
  for (const auto& step : plan.steps) {
    steps.push_back({{"task", step.name},
                     {"action", step.decision.runs ? "run" : "skip"},
                     {"why", describe(step.decision)},
                     {"virtual", step.is_virtual},
                     {"clean", step.cleans}});
  }
  return {{"steps", std::move(steps)}, {"nothing_to_do", plan.nothing_to_do()}};
}

}  // namespace ixian::plan
