// A task's hash covers its checkers' states and its dependencies' hashes, so that equal hashes mean that
// nothing below has changed. An image's hash is its stage key instead, which covers its content.
//
// Two locks would be in each other's way: making an image's key may run the project's Python, which may ask
// for the hash of another task. So keys are made first and without the lock; under it only what never calls
// back is left, apart from a checker's key that asks for a HASH. Such a call comes on the same thread, so the
// lock is recursive, and a circle is found by the list of those being asked.
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
  if (auto again = std::find(asking_.begin(), asking_.end(), id); again != asking_.end()) {
    std::string ring;
    for (; again != asking_.end(); ++again) ring += graph_[*again].name + " → ";
    throw base::Error(base::ErrorCode::kProject,
                      fmt::format("the hash of task {0} depends on itself: {1}{0}\nhint: remove the HASH of "
                                  "a dependent task from the checker's key",
                                  graph_[id].name, ring));
  }
  if (is_image(id)) return {{"image", key_below(id)}};
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
    depends[graph_[dependency].name] = is_image(dependency) ? key_below(dependency) : hash(dependency);
  }
  return {{"checks", std::move(checks)}, {"depends", std::move(depends)}};
}

// Of an image that another task depends on. One that cannot be named yet, for want of its Dockerfile perhaps,
// is an error for whoever builds it.
std::string TaskStates::key_below(TaskId id) {
  try {
    return image_key_(id);
  } catch (const base::Error& error) {
    if (error.code() != base::ErrorCode::kProject) throw;
    return "";
  }
}

base::Json TaskStates::state(TaskId id) {
  if (is_image(id)) return {{"image", image_key_(id)}};
  hash(id);
  std::lock_guard lock(mutex_);
  hash(id);
  return known_.at(id).state;
}

std::string TaskStates::hash(TaskId id) {
  // Making a key takes time, and may call Python code that asks for hashes itself: not while others wait.
  if (is_image(id)) return image_key_(id);
  if (image_key_) {
    for (TaskId each : graph_.order(id)) {
      if (is_image(each)) key_below(each);
    }
  }
  std::lock_guard lock(mutex_);
  if (auto known = known_.find(id); known != known_.end()) return known->second.hash;
  for (TaskId each : graph_.order(id)) {
    if (known_.contains(each)) continue;
    base::Json state = own_state(each);
    std::string hash = is_image(each) ? key_below(each) : base::sha256_hex(base::canonical_json(state));
    known_[each] = {std::move(state), std::move(hash)};
  }
  return known_.at(id).hash;
}

void TaskStates::forget() {
  std::lock_guard lock(mutex_);
  known_.clear();
}

}  // namespace ixian::task
