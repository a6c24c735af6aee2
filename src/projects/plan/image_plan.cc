#include "plan/image_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace ixian::plan {
namespace {

const char* place_name(CacheResult place) {
  switch (place) {
    case CacheResult::kLocalHit:
      return "local";
    case CacheResult::kRegistryHit:
      return "registry";
    case CacheResult::kMiss:
      return "build";
    case CacheResult::kNotNeeded:
      return "unneeded";
  }
  return "";
}

}  // namespace

const ImageStep* ImagePlan::find(task::TaskId id) const {
  const auto found =
      std::find_if(steps.begin(), steps.end(), [&](const ImageStep& step) { return step.id == id; });
  return found == steps.end() ? nullptr : &*found;
}

bool ImagePlan::builds() const {
  return std::any_of(steps.begin(), steps.end(),
                     [](const ImageStep& step) { return step.place == CacheResult::kMiss; });
}

bool ImagePlan::pushes() const {
  return std::any_of(steps.begin(), steps.end(), [](const ImageStep& step) { return step.push; });
}

void require_pushable(const ImagePlan& plan) {
  for (const ImageStep& step : plan.steps) {
    if (step.push_refused.empty()) continue;
    throw base::Error(
        base::ErrorCode::kRegistry,
        fmt::format(
            "nothing was built: {} cannot be pushed: {}\nhint: use --no-push to build it without pushing",
            step.image, step.push_refused));
  }
}

base::Json to_json(const ImagePlan& plan) {
  base::Json steps = base::Json::array();
  for (const ImageStep& step : plan.steps) {
    base::Json needed_by = base::Json::array();
    for (const task::TaskId id : step.for_) needed_by.push_back(plan.find(id)->task);
    steps.push_back({{"task", step.task},
                     {"stage", step.stage},
                     {"key", step.key},
                     {"image", step.image},
                     {"place", place_name(step.place)},
                     {"forced", step.forced},
                     {"found_at", step.found_at},
                     {"bytes", step.bytes},
                     {"push", step.push},
                     {"push_refused", step.push_refused},
                     {"unknown_at", step.unknown_at},
                     {"needed_by", std::move(needed_by)}});
  }
  return {{"steps", std::move(steps)},
          {"questions", plan.questions},
          {"rounds", plan.rounds},
          {"builds", plan.builds()},
          {"pushes", plan.pushes()}};
}

std::string describe(const ImageStep& step) {
  switch (step.place) {
    case CacheResult::kLocalHit:
      return "local cache hit";
    case CacheResult::kRegistryHit:
      return fmt::format("registry cache hit ({})", step.found_at.substr(0, step.found_at.rfind(':')));
    case CacheResult::kMiss:
      return "cache miss";
    case CacheResult::kNotNeeded:
      return "not needed";
  }
  return "";
}

PushPolicy parse_push_policy(const std::string& text) {
  if (text == "never") return PushPolicy::kNever;
  if (text == "final") return PushPolicy::kFinal;
  if (text == "stages") return PushPolicy::kStages;
  if (text == "all") return PushPolicy::kAll;
  throw base::Error(base::ErrorCode::kProject,
                    fmt::format("invalid value \"{}\" for DOCKER.PUSH (expected: never, final, stages, all)",
                                base::printable_path(text)));
}

}  // namespace ixian::plan
