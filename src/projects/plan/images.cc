// The plans of images of one command. A plan answers for the order that it was made for; tasks that run may
// ask for other images (from Python), for which further plans are made. All are kept until files change, as a
// step that somebody has looked at must not change under him.
#include "plan/images.h"

#include <algorithm>
#include <set>

namespace ixian::plan {

std::vector<bool> before_images(const task::TaskGraph& graph, const std::vector<task::TaskId>& order) {
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

Images::Images(const task::TaskGraph& graph, keys::KeySources sources, std::function<ImageManner()> manner,
               base::EventSink& sink, base::Cancellation& cancellation)
    : graph_(graph),
      manner_(std::move(manner)),
      sink_(sink),
      cancellation_(cancellation),
      keys_(graph, std::move(sources)) {}

std::shared_ptr<const ImagePlan> Images::plan(const std::vector<task::TaskId>& order,
                                              const Options& options) {
  std::set<task::TaskId> wanted;
  for (const task::TaskId id : order) {
    if (graph_[id].is_image()) continue;
    for (const task::TaskId each : graph_.dependencies(id)) {
      if (graph_[each].is_image()) wanted.insert(each);
    }
  }
  if (graph_[order.back()].is_image()) wanted.insert(order.back());
  ImageWishes wishes;
  for (const task::TaskId id : order) {
    if (wanted.contains(id)) wishes.wanted.push_back(id);
    if (graph_[id].is_image() && options.forces(id == order.back())) wishes.forced.push_back(id);
  }
  const ImageManner manner = manner_();
  wishes.push = manner.push;
  auto made = make(std::move(wishes), manner);
  const std::lock_guard lock(mutex_);
  latest_ = made;
  return made;
}

std::shared_ptr<const ImagePlan> Images::plan_again(task::TaskId id, bool push) {
  const ImageManner manner = manner_();
  ImageWishes wishes;
  wishes.wanted = {id};
  // What is asked for by the way is not the command's final image.
  wishes.push = manner.push == PushPolicy::kFinal && !push ? PushPolicy::kNever : manner.push;
  return make(std::move(wishes), manner);
}

std::shared_ptr<const ImagePlan> Images::make(ImageWishes wishes, const ImageManner& manner) {
  wishes.look_up = manner.look_up;
  auto made = std::make_shared<const ImagePlan>(
      plan_images(graph_, keys_, manner.places, wishes, sink_, cancellation_));
  const std::lock_guard lock(mutex_);
  plans_.push_back(made);
  return made;
}

StageStep Images::step(task::TaskId id) {
  {
    const std::lock_guard lock(mutex_);
    // The latest knows best.
    for (auto known = plans_.rbegin(); known != plans_.rend(); ++known) {
      if (const StageStep* step = (*known)->find(id)) return *step;
    }
  }
  return *plan(graph_.order(id), {})->find(id);
}

std::shared_ptr<const ImagePlan> Images::latest() {
  const std::lock_guard lock(mutex_);
  return latest_;
}

void Images::forget() {
  keys_.forget();
  const std::lock_guard lock(mutex_);
  plans_.clear();
  latest_ = nullptr;
}

}  // namespace ixian::plan
