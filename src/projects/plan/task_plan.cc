// Tasks are decided in the order in which they would run, so that each knows which of its dependencies will.
// Images come in one go (a plan for all of them saves rounds), and only when it is certain that nothing
// before them runs: a task that writes a file of a build context changes keys, and until it has run nobody
// knows them. Such images are planned as "unknown until its inputs are ready", and planned in earnest while
// running.
#include "plan/task_plan.h"

#include <algorithm>
#include <unordered_set>

namespace ixian::plan {

bool TaskPlan::nothing_to_do() const {
  return std::none_of(steps.begin(), steps.end(),
                      [](const TaskStep& step) { return step.decision.runs || step.cleans; });
}

RunHistory::RunHistory(const task::TaskGraph& graph, const std::vector<task::TaskId>& order,
                       task::StateStore& store)
    : graph_(graph) {
  std::vector<std::string> names;
  for (task::TaskId id : order) names.push_back(graph[id].name);
  records_ = store.load_many(names);
  for (task::TaskId id : order) {
    if (graph_[id].is_virtual()) update_virtual(id);
  }
}

void RunHistory::update_virtual(task::TaskId id) {
  // A sum changes with each of them, and an image's number may become smaller.
  std::uint64_t sum = 0;
  for (task::TaskId dependency : graph_.dependencies(id)) sum += of(dependency);
  constexpr std::uint64_t kSigned = ~0ULL >> 1;
  other_runs_[id] = sum & kSigned;
}

void RunHistory::update_image(task::TaskId id, const std::string& key) {
  constexpr int kHexDigits = 15;  // what a signed number of SQLite holds
  other_runs_[id] = key.empty() ? 0 : std::stoull(key.substr(0, kHexDigits), nullptr, 16);
}

std::uint64_t RunHistory::of(task::TaskId id) const {
  if (auto found = other_runs_.find(id); found != other_runs_.end()) return found->second;
  const task::TaskRecord* known = record(id);
  return known == nullptr ? 0 : known->run;
}

const task::TaskRecord* RunHistory::record(task::TaskId id) const {
  auto found = records_.find(graph_[id].name);
  return found == records_.end() ? nullptr : &found->second;
}

std::map<std::string, std::uint64_t> RunHistory::of_dependencies(task::TaskId id) const {
  std::map<std::string, std::uint64_t> runs;
  for (task::TaskId dependency : graph_.dependencies(id)) runs[graph_[dependency].name] = of(dependency);
  return runs;
}

void RunHistory::update(task::TaskId id, task::TaskRecord record) {
  records_[graph_[id].name] = std::move(record);
}

namespace {

class Planner {
 public:
  Planner(const task::TaskGraph& graph, task::TaskStates& states, task::StateStore& store, task::TaskId root,
          const TaskOptions& options, ImagePlanner* images)
      : graph_(graph),
        states_(states),
        options_(options),
        images_(images),
        order_(graph.order(root)),
        runs_(graph, order_, store),
        steps_(order_.size()) {}

  TaskPlan run() {
    TaskPlan plan;
    const std::vector<bool> before = image_input_tasks(graph_, order_);
    bool before_runs = false;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      // Tasks that images wait for are decided first, though others may stand before them in the order.
      if (before[i]) before_runs |= decide_task(i);
    }
    const bool has_images = images_ != nullptr && std::any_of(order_.begin(), order_.end(),
                                                              [&](auto id) { return graph_[id].is_image(); });
    if (has_images && !before_runs) plan.images = images_->plan(order_, options_);
    for (std::size_t i = 0; i < order_.size(); ++i) {
      if (before[i]) continue;
      if (has_images && graph_[order_[i]].is_image())
        decide_image(i, plan.images.get());
      else
        decide_task(i);
    }
    plan.steps = std::move(steps_);
    return plan;
  }

 private:
  TaskStep& begin(std::size_t i) {
    const task::TaskId id = order_[i];
    TaskStep& step = steps_[i];
    step.id = id;
    step.name = graph_[id].name;
    step.is_virtual = graph_[id].is_virtual();
    step.cleans = options_.cleans(is_root(i)) && graph_[id].clean;
    return step;
  }

  bool is_root(std::size_t i) const { return i + 1 == order_.size(); }

  bool decide_task(std::size_t i) {
    TaskStep& step = begin(i);
    DecisionInputs inputs;
    for (task::TaskId dependency : graph_.dependencies(step.id)) {
      if (running_.contains(dependency)) inputs.running.push_back(graph_[dependency].name);
    }
    if (step.is_virtual) {
      runs_.update_virtual(step.id);
      step.decision.runs = !inputs.running.empty();
      step.decision.reason = step.decision.runs ? Reason::kDependency : Reason::kComplete;
      step.decision.because = std::move(inputs.running);
    } else {
      inputs.forced = options_.forces(is_root(i));
      if (is_root(i)) inputs.args = options_.args;
      inputs.record = runs_.record(step.id);
      inputs.dependency_runs = runs_.of_dependencies(step.id);
      step.decision = decide(graph_, states_, step.id, inputs);
    }
    if (step.decision.runs) running_.insert(step.id);
    return step.decision.runs;
  }

  void decide_image(std::size_t i, const ImagePlan* images) {
    TaskStep& step = begin(i);
    if (images == nullptr) {
      step.decision = {true, Reason::kImageInputsRun, {}, {}};
      running_.insert(step.id);
      return;
    }
    const ImageStep& stage = *images->find(step.id);
    step.decision = image_decision(stage);
    // An image that is only pulled or pushed changes nothing for those that depend on it.
    if (stage.place == CacheResult::kMiss) running_.insert(step.id);
    runs_.update_image(step.id, stage.key);
  }

  const task::TaskGraph& graph_;
  task::TaskStates& states_;
  const TaskOptions& options_;
  ImagePlanner* const images_;
  const std::vector<task::TaskId> order_;
  RunHistory runs_;
  std::vector<TaskStep> steps_;
  std::unordered_set<task::TaskId> running_;
};

}  // namespace

Decision image_decision(const ImageStep& stage) {
  const bool builds = stage.place == CacheResult::kMiss;
  if (builds && stage.forced) return {true, Reason::kForced, {}, {}};
  if (builds && !stage.unknown_at.empty())
    return {true, Reason::kImageUnknown, stage.unknown_at, stage.missing_at};
  if (builds && stage.unasked) return {true, Reason::kImageUnasked, {}, {}};
  if (builds) return {true, Reason::kImageMissing, stage.missing_at, {}};
  if (stage.push) {
    std::string text = describe(stage);
    for (const std::string& repository : stage.missing_at) text += ", not in " + repository;
    return {true, Reason::kImagePush, {std::move(text)}, {}};
  }
  return {false, Reason::kImage, {describe(stage)}, {}};
}

TaskPlan make_plan(const task::TaskGraph& graph, task::TaskStates& states, task::StateStore& store,
                   task::TaskId root, const TaskOptions& options, ImagePlanner* images) {
  return Planner(graph, states, store, root, options, images).run();
}

base::Json to_json(const TaskPlan& plan) {
  base::Json steps = base::Json::array();
  for (const auto& step : plan.steps) {
    steps.push_back({{"task", step.name},
                     {"action", step.decision.runs ? "run" : "skip"},
                     {"why", describe(step.decision)},
                     {"reason", name_of(step.decision.reason)},
                     {"virtual", step.is_virtual},
                     {"clean", step.cleans}});
  }
  base::Json json = {{"steps", std::move(steps)}, {"nothing_to_do", plan.nothing_to_do()}};
  if (plan.images) json["images"] = to_json(*plan.images);
  return json;
}

}  // namespace ixian::plan
