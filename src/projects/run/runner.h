// Carries a plan out.
//
// The front door of this room: tasks and images are made here, as plans say. What comes in is a TaskPlan;
// what goes out is a Report, and records of what succeeded. The three types to know are RunContext, all that
// a run needs, Report, and ImageBuilder (image_builder.h), which builds, pulls and pushes for the tasks that
// are images.
#pragma once

#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/error.h"
#include "base/event.h"
#include "plan/image_planner.h"
#include "plan/task_plan.h"
#include "task/graph.h"
#include "task/state_store.h"
#include "task/states.h"

namespace ixian::run {

struct Failure {
  std::string task;
  base::Error error;
};

struct Report {
  std::size_t ran = 0;
  std::size_t up_to_date = 0;
  std::vector<Failure> failures;         // in the order in which they happened
  std::vector<std::string> not_started;  // because of a failure or an interruption
  bool interrupted = false;

  bool ok() const { return failures.empty() && !interrupted; }
};

// What a run works with; all outlive it.
struct RunContext {
  const task::TaskGraph& graph;
  task::TaskStates& states;
  task::StateStore& store;
  std::string builder_folder;  // where the locks are
  base::EventSink& sink;
  base::Cancellation& cancellation;
  plan::ImagePlanner* images = nullptr;  // null where the graph has no image tasks
};

struct RunOptions {
  unsigned jobs = 1;  // tasks at a time
  bool terminal =
      true;  // the task that was asked for writes to our standard output itself, and may read the terminal
};

// Runs the plan with at most `jobs` tasks at a time.
//
// Independent tasks run in parallel on threads; the task that was asked for, and every task when `jobs` is 1,
// runs on the calling thread and has the terminal. A task's lock is held while it is checked, run and
// recorded, unless it was asked for by name and has no checks: commands such as a shell may be open twice.
// Whatever the plan says is complete is asked again just before its turn if anything has run since. Image
// tasks wait for all that makes what images are made from, and are planned then; where the plan says so their
// execute() is called. A failure, or a request to stop, starts no new work and waits for what runs. Does not
// throw for what a task throws; that is in the report.
Report run_plan(const plan::TaskPlan& plan, const plan::TaskOptions& options, const RunOptions& run_options,
                RunContext& context);

}  // namespace ixian::run
