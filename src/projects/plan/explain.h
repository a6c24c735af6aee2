// Why a task runs, down to the file, the argument or the dependency that changed since its last success.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "plan/task_plan.h"

namespace ixian::plan {

struct Change {
  std::string what;  // "src/a.py", "arguments", "lib"
  std::string how;   // "changed", "added", "removed", "was [], now [--prod]"
};

struct Explanation {
  std::string task;
  Decision decision;
  std::vector<Change> changes;  // empty where the decision says it all
  std::vector<std::string>
      dependencies;  // those that run and thereby make this one run; each has its own Explanation
};

// For the last step of the plan and all that make it run, dependents first, each once. Empty where nothing
// runs.
std::vector<Explanation> explain(const TaskPlan& plan, const task::TaskGraph& graph, task::TaskStates& states,
                                 task::StateStore& store, const TaskOptions& options);

// The differences between two JSON objects of facts, sorted by name; nested objects as `a.b`.
std::vector<Change> differences(const base::Json& before, const base::Json& now);

// As `ix why --json` prints it.
base::Json to_json(const std::vector<Explanation>& explanations);

}  // namespace ixian::plan
