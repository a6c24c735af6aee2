// The image tasks of a graph as planning and running see them.
//
// The room's front door. In: a graph of tasks and what is asked for. Out: an ImagePlan, which says of each
// image where it is or that it must be built, by the ResolvedStage that names it; and a TaskPlan
// (task_plan.h), which says of each task whether it runs and why. Nothing is run, built or changed for it.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "keys/stage_key.h"
#include "plan/image_plan.h"
#include "plan/task_options.h"
#include "task/graph.h"

namespace ixian::plan {

// Which tasks of an order (dependencies first) make what images are made from: they are no image tasks, an
// image task needs them, and they need none. They run before any image is planned, since they may write what
// keys read. By position in `order`.
std::vector<bool> image_input_tasks(const task::TaskGraph& graph, const std::vector<task::TaskId>& order);

// Where images are looked for in this run, and what is pushed.
struct ImagePlanOptions {
  CacheSources places;
  PushPolicy push = PushPolicy::kNever;
  bool look_up = true;
};

// Thread-safe: `mutex_` guards the plans, the keys guard themselves. A plan that was given out never changes;
// where the world turns out to be another one, a new plan is made. Owner: the command, for one run.
class ImagePlanner {
 public:
  // `graph` and what the functions of the others speak of outlive it. `manner` is called by the first plan.
  ImagePlanner(const task::TaskGraph& graph, keys::KeyCallbacks sources,
               std::function<ImagePlanOptions()> plan_options, base::EventSink& sink,
               base::Cancellation& cancellation);

  // Where the images of an order are. Wanted are its last task, and whatever a task needs that is no image
  // task. `forced` as in Options.
  std::shared_ptr<const ImagePlan> plan(const std::vector<task::TaskId>& order, const TaskOptions& options);

  // Where an image is, and those below it, now that a place that had it turned out to have lost it. The
  // places know: their finders do not find it there any more.
  // `push`: it is to get to its repository again, if this run pushes at all.
  std::shared_ptr<const ImagePlan> plan_again(task::TaskId id, bool push);

  // The last plan that had this task in it, else one for it alone.
  ImageStep step(task::TaskId id);

  std::shared_ptr<const ImagePlan> latest();  // of an order; null where none has been made

  const task::TaskGraph& graph() const { return graph_; }
  const keys::ResolvedStage& keyed(task::TaskId id) { return keys_.of(id); }

  // After tasks have run that may have written what keys read.
  void forget();

 private:
  const task::TaskGraph& graph_;
  const std::function<ImagePlanOptions()> plan_options_;
  base::EventSink& sink_;
  base::Cancellation& cancellation_;
  keys::StageResolver keys_;
  // Guards both members below. Plans are made without it.
  std::mutex mutex_;
  std::shared_ptr<const ImagePlan> make(ImageRequest request, const ImagePlanOptions& plan_options);

  std::vector<std::shared_ptr<const ImagePlan>> plans_;
  std::shared_ptr<const ImagePlan> latest_;
};

}  // namespace ixian::plan
