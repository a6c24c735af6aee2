// Whether one task must run, and why.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "task/graph.h"
#include "task/state_store.h"
#include "task/states.h"

namespace ixian::plan {

enum class Reason {
  kComplete,        // nothing to do
  kForced,          // the user said so
  kDependency,      // a dependency runs
  kNoChecks,        // nothing tells whether it is complete
  kNeverCompleted,  // no success is recorded here
  kUnfinished,      // it has been started since its last success, and did not succeed
  kArguments,       // other arguments than at the last success
  kDependencyRan,   // a dependency has run since the last success of this one
  kChecks,          // a checker does not pass
  kImage,           // of an image task: nothing to do; `because` says where the image is
  kImageMissing,    // neither the engine nor the repositories `because` have the image
  kImageUnknown,    // neither the engine nor the repositories `changed` have it, and `because` could not be
                    // asked
  kImageUnasked,    // it is not here, and nobody else was to be asked
  kImagePush,       // the image is there, as `because` says, and its registry has not got it
  kImageInputsRun,  // tasks run first that make what the image is made from
};

struct Decision {
  bool runs = false;
  Reason reason = Reason::kComplete;
  std::vector<std::string> because;  // what the reason speaks of: dependencies, or the ids of checkers
  std::vector<std::string>
      changed;  // the parts of these checkers' states that are not as they were, where that can be told
};

// A reason as a few words for people: "dependency lib will run", "src/ changed", "forced by --force".
std::string describe(const Decision& decision);

// A reason for programs, which never changes: "dependency_runs", "cache_miss".
const char* name_of(Reason reason);

// What the decision depends on besides the task itself.
struct DecisionInputs {
  bool forced = false;
  std::vector<std::string> args;
  std::vector<std::string> running;          // direct dependencies that run, or have run, in this ix
  const task::TaskRecord* record = nullptr;  // of the last success, null where there is none
  std::map<std::string, std::uint64_t>
      dependency_runs;  // direct dependency → its last success, 0 where it keeps none
};

// Asks the checkers of a task that is not virtual. What they throw comes through as an Error that names the
// task.
Decision decide(const task::TaskGraph& graph, task::TaskStates& states, task::TaskId id,
                const DecisionInputs& inputs);

}  // namespace ixian::plan
