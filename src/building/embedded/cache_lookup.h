// How far a stage's instructions are known before anything is run.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/cancel.h"
#include "cache/cache_image.h"
#include "cache/cache_importer.h"
#include "cache/local_cache.h"
#include "steps/build_plan.h"

namespace ixian::embedded {

// The layers of the base image at the bottom of a stage, which can be pulled.
snapshot::LayerStack layers_of_base(const steps::BuildPlan& plan, const steps::StagePlan& stage);

struct KnownSteps {
  std::size_t steps = 0;          // of the stage, from its first one
  snapshot::StageSnapshot state;  // what they came to
  std::string place;              // the repository that said so; "" is this machine
};

// From the last instruction backwards: what is below a hit is not even looked at. Registries are asked for
// what is above the last hit on this machine. nullopt where nothing is known. `base` is layers_of_base().
std::optional<KnownSteps> find_known_steps(const steps::BuildPlan& plan, const steps::StagePlan& stage,
                                           cache::LocalCache& cache, cache::CacheImporter& reading,
                                           const snapshot::LayerStack& base);

// What this machine has under `key`, a step's key by content, if it stands on `below`, the stage's layers so
// far. A stage that was run again without the cache has the key that it had, and perhaps other layers.
std::optional<snapshot::StageSnapshot> find_here(cache::LocalCache& cache, const std::string& key,
                                                 const snapshot::LayerStack& base,
                                                 const snapshot::LayerStack& below);

// The same of registries, for the step at `index`. Its key by definition has been asked for by
// find_known_steps() and is not asked for again.
std::optional<KnownSteps> find_elsewhere(const steps::BuildPlan& plan, const steps::StagePlan& stage,
                                         std::size_t index, const std::string& key,
                                         cache::CacheImporter& reading, const snapshot::LayerStack& base,
                                         const snapshot::LayerStack& below);

// Whether a mount of a RUN shows files that are in no definition: those of another stage or image.
bool shows_other_files(const steps::Step& step, std::size_t mount);

// Of the files that a mount shows, for the key by content; null for those of the context, which are in the
// definition, and where it shows none. `layers` are those of its origin.
base::Json mounted_content(const steps::Step& step, std::size_t mount, const snapshot::LayerStack& layers,
                           base::Cancellation& cancellation);

}  // namespace ixian::embedded
