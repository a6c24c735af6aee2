// The plans of images of one command. A plan answers for the order that it was made for; tasks that run may
// ask for other images (from Python), for which further plans are made. All are kept until files change, as a
// step that somebody has looked at must not change under him.
#include "plan/image_planner.h"

#include <algorithm>
#include <set>

namespace ixian::plan {

std::vector<bool> image_input_tasks(const task::TaskGraph& graph, const std::vector<task::TaskId>& order) {
  std::set<task::TaskId> with_images;  // an image task, or one that needs one
  for (const task::TaskId id : order) {
    const auto& needs = graph.dependencies(id);
    if (graph[id].is_image() || std::any_of(needs.begin(), needs.end(),
                                            [&](task::TaskId each) { return with_images.contains(each); }))
      with_images.insert(id);
  }
  std::set<task::TaskId> below;
  for (auto id = order.rbegin(); id != order.rend(); ++id) {
    if (!graph[*id].is_image() && !below.contains(*id)) continue;
    below.insert(graph.dependencies(*id).begin(), graph.dependencies(*id).end());
  }
  std::vector<bool> before;
  for (const task::TaskId id : order) before.push_back(below.contains(id) && !with_images.contains(id));
  return before;
}

ImagePlanner::ImagePlanner(const task::TaskGraph& graph, keys::KeyCallbacks sources,
                           std::function<ImagePlanOptions()> plan_options, base::EventSink& sink,
                           base::Cancellation& cancellation)
    : graph_(graph),
      plan_options_(std::move(plan_options)),
      sink_(sink),
      cancellation_(cancellation),
      keys_(graph, std::move(sources)) {}

std::shared_ptr<const ImagePlan> ImagePlanner::plan(const std::vector<task::TaskId>& order,
                                                    const TaskOptions& options) {
  std::set<task::TaskId> wanted;
  for (const task::TaskId id : order) {
    if (graph_[id].is_image()) continue;
    for (const task::TaskId each : graph_.dependencies(id)) {
      if (graph_[each].is_image()) wanted.insert(each);
    }
  }
  if (graph_[order.back()].is_image()) wanted.insert(order.back());
  ImageRequest request;
  for (const task::TaskId id : order) {
    if (wanted.contains(id)) request.wanted.push_back(id);
    if (graph_[id].is_image() && options.forces(id == order.back())) request.forced.push_back(id);
  }
  const ImagePlanOptions plan_options = plan_options_();
  request.push = plan_options.push;
  auto made = make(std::move(request), plan_options);
  const std::lock_guard lock(mutex_);
  latest_ = made;
  return made;
}

std::shared_ptr<const ImagePlan> ImagePlanner::plan_again(task::TaskId id, bool push) {
  const ImagePlanOptions plan_options = plan_options_();
  ImageRequest request;
  request.wanted = {id};
  // What is asked for by the way is not the command's final image.
  request.push = plan_options.push == PushPolicy::kFinal && !push ? PushPolicy::kNever : plan_options.push;
  return make(std::move(request), plan_options);
}

std::shared_ptr<const ImagePlan> ImagePlanner::make(ImageRequest request,
                                                    const ImagePlanOptions& plan_options) {
  request.look_up = plan_options.look_up;
  auto made = std::make_shared<const ImagePlan>(
      plan_images(graph_, keys_, plan_options.places, request, sink_, cancellation_));
  const std::lock_guard lock(mutex_);
  plans_.push_back(made);
  return made;
}

ImageStep ImagePlanner::step(task::TaskId id) {
  {
    const std::lock_guard lock(mutex_);
    // The latest knows best.
    for (auto known = plans_.rbegin(); known != plans_.rend(); ++known) {
      if (const ImageStep* step = (*known)->find(id)) return *step;
    }
  }
  return *plan(graph_.order(id), {})->find(id);
}

std::shared_ptr<const ImagePlan> ImagePlanner::latest() {
  const std::lock_guard lock(mutex_);
  return latest_;
}

void ImagePlanner::forget() {
  keys_.forget();
  const std::lock_guard lock(mutex_);
  plans_.clear();
  latest_ = nullptr;
}

}  // namespace ixian::plan
