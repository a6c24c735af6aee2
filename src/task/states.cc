#include "task/states.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/sha256.h"

namespace ixian::task {

const std::vector<std::shared_ptr<Checker>>& TaskStates::checkers(TaskId id) {
  std::lock_guard lock(mutex_);
  auto found = checkers_.find(id);
  if (found != checkers_.end()) return found->second;
  std::vector<std::shared_ptr<Checker>> made;
  if (graph_[id].make_checkers) made = graph_[id].make_checkers();
  return checkers_.emplace(id, std::move(made)).first->second;
}

base::Json TaskStates::own_state(TaskId id) {
  if (std::find(asking_.begin(), asking_.end(), id) != asking_.end()) {
    std::string ring;
    for (TaskId open : asking_) ring += graph_[open].name + " → ";
    throw base::Error(
        base::ErrorCode::kProject,
        fmt::format("The hash of the task {0} needs itself: {1}{0}. A checker's key must not hold the "
                    "HASH of a task that depends on it.",
                    graph_[id].name, ring));
  }
  asking_.push_back(id);
  struct Pop {
    std::vector<TaskId>& stack;
    ~Pop() { stack.pop_back(); }
  } pop{asking_};
  base::Json checks = base::Json::array();
  for (const auto& checker : checkers(id)) {
    if (!checker->contributes_to_key()) continue;
    const std::string name = checker->id();
    checks.push_back({{"class", name.substr(0, name.find(':'))}, {"state", checker->state()}});
  }
  base::Json depends = base::Json::object();
  for (TaskId dependency : graph_.dependencies(id)) {
    depends[graph_[dependency].name] = hash(dependency);
  }
  return {{"checks", std::move(checks)}, {"depends", std::move(depends)}};
}

base::Json TaskStates::state(TaskId id) {
  std::lock_guard lock(mutex_);
  hash(id);
  return own_state(id);
}

std::string TaskStates::hash(TaskId id) {
  std::lock_guard lock(mutex_);
  if (auto known = hashes_.find(id); known != hashes_.end()) return known->second;
  for (TaskId each : graph_.order(id)) {
    if (hashes_.contains(each)) continue;
    hashes_[each] = base::sha256_hex(base::canonical_json(own_state(each)));
  }
  return hashes_.at(id);
}

void TaskStates::forget() {
  std::lock_guard lock(mutex_);
  hashes_.clear();
}

}  // namespace ixian::task
