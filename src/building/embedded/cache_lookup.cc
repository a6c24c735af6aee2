// The last instruction that is known is what counts: what is below it need not be there at all. This machine
// is asked first and backwards, which costs nothing; registries, where each question costs a round, get all
// that is above that in one go.
#include "embedded/cache_lookup.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "base/thread_pool.h"
#include "context/selection.h"
#include "context/wildcard.h"
#include "snapshot/layers_view.h"

namespace ixian::embedded {
namespace {

std::size_t outcomes_of(const steps::StagePlan& stage, std::size_t steps) {
  return static_cast<std::size_t>(std::count_if(stage.steps.begin(),
                                                stage.steps.begin() + static_cast<std::ptrdiff_t>(steps),
                                                [](const steps::Step& each) { return each.makes_layer; }));
}

// A step is uncertain where a stage that it takes from runs without the cache, and may come to something else
// under the same key by definition.
bool may_be_asked(const steps::Step& step) {
  return step.makes_layer && step.certain;
}

// What an image that a registry has under `key` must be, for the first `steps` instructions of the stage.
cache::CacheQuery expected_state(const steps::BuildPlan& plan, const steps::StagePlan& stage,
                                 std::size_t steps, const std::string& key,
                                 const snapshot::LayerStack& base) {
  std::size_t outcomes = outcomes_of(stage, steps);
  const steps::StagePlan* below = &stage;
  while (const auto* from = std::get_if<stages::FromStage>(&below->base)) {
    below = &plan.stages.at(from->index);
    outcomes += outcomes_of(*below, below->steps.size());
  }
  return {key, outcomes, base};
}

bool stands_on(const snapshot::LayerStack& found, const snapshot::LayerStack& below) {
  const snapshot::LayerStack upper = snapshot::non_empty(found);
  const snapshot::LayerStack lower = snapshot::non_empty(below);
  // Empty layers say nothing about what is below: they are not compared, and never part of the image.
  return lower.size() <= upper.size() &&
         std::equal(lower.begin(), lower.end(), upper.begin(),
                    [](const auto& one, const auto& other) { return one->diff_id() == other->diff_id(); });
}

std::optional<KnownSteps> known_here(const steps::StagePlan& stage, cache::LocalCache& cache,
                                     const snapshot::LayerStack& base) {
  for (std::size_t i = stage.steps.size(); i > 0; --i) {
    const steps::Step& step = stage.steps[i - 1];
    if (!may_be_asked(step)) continue;
    auto found = cache.find(step.key, base);
    // A stale entry does not end the search: an older instruction may have a good one.
    if (found && cache.is_current(*found)) return KnownSteps{i, std::move(*found), ""};
  }
  return std::nullopt;
}

std::optional<KnownSteps> known_elsewhere(const steps::BuildPlan& plan, const steps::StagePlan& stage,
                                          cache::LocalCache& cache, cache::CacheImporter& reading,
                                          const snapshot::LayerStack& base, std::size_t above) {
  if (reading.empty()) return std::nullopt;
  std::vector<cache::CacheQuery> wanted;
  std::vector<std::size_t> steps;
  for (std::size_t i = above; i < stage.steps.size(); ++i) {
    if (!may_be_asked(stage.steps[i])) continue;
    wanted.push_back(expected_state(plan, stage, i + 1, stage.steps[i].key, base));
    steps.push_back(i + 1);
  }
  auto hit = reading.find_last(wanted);
  if (!hit || !cache.is_current(hit->state)) return std::nullopt;
  return KnownSteps{steps[hit->index], std::move(hit->state), hit->place};
}

}  // namespace

snapshot::LayerStack layers_of_base(const steps::BuildPlan& plan, const steps::StagePlan& stage) {
  if (const auto* from = std::get_if<stages::FromStage>(&stage.base))
    return layers_of_base(plan, plan.stages.at(from->index));
  return stage.base_image ? stage.base_image->layers : snapshot::LayerStack();
}

std::optional<KnownSteps> find_known_steps(const steps::BuildPlan& plan, const steps::StagePlan& stage,
                                           cache::LocalCache& cache, cache::CacheImporter& reading,
                                           const snapshot::LayerStack& base) {
  if (!stage.use_cache) return std::nullopt;
  auto here = known_here(stage, cache, base);
  auto further = known_elsewhere(plan, stage, cache, reading, base, here ? here->steps : 0);
  return further ? std::move(further) : std::move(here);
}

std::optional<snapshot::StageSnapshot> find_here(cache::LocalCache& cache, const std::string& key,
                                                 const snapshot::LayerStack& base,
                                                 const snapshot::LayerStack& below) {
  auto found = cache.find(key, base);
  if (!found || !stands_on(found->layers, below)) return std::nullopt;
  return found;
}

std::optional<KnownSteps> find_elsewhere(const steps::BuildPlan& plan, const steps::StagePlan& stage,
                                         std::size_t index, const std::string& key,
                                         cache::CacheImporter& reading, const snapshot::LayerStack& base,
                                         const snapshot::LayerStack& below) {
  if (reading.empty() || key == stage.steps[index].key) return std::nullopt;
  auto hit = reading.find_last({expected_state(plan, stage, index + 1, key, base)});
  if (!hit || !stands_on(hit->state.layers, below)) return std::nullopt;
  return KnownSteps{index + 1, std::move(hit->state), std::move(hit->place)};
}

bool shows_other_files(const steps::Step& step, std::size_t mount) {
  const auto& run = std::get<dockerfile::Run>(step.instruction.body);
  return run.mounts.at(mount).kind != dockerfile::MountKind::kTmpfs &&
         !std::holds_alternative<stages::FromContext>(step.origins[mount]);
}

base::Json mounted_content(const steps::Step& step, std::size_t mount, const snapshot::LayerStack& layers,
                           base::Cancellation& cancellation) {
  if (!shows_other_files(step, mount)) return nullptr;
  const auto& run = std::get<dockerfile::Run>(step.instruction.body);
  const snapshot::LayersView view(layers);
  context::SelectionOptions options;
  options.where = base::shown(run.mounts[mount].from);
  auto shown = context::select(view, {context::literal(run.mounts[mount].source)}, options);
  return {{"content", context::digest_of(view, shown, {true, base::processor_count()}, cancellation)}};
}

}  // namespace ixian::embedded
