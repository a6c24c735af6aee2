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

// What an image that a registry has under `key` must be, for the first `steps` instructions of the stage.
cache::CacheQuery expected_state(const steps::BuildPlan& plan, const steps::StagePlan& stage,
                                 std::size_t steps, const std::string& key, const snapshot::LayerStack& base);

// Whether what was found stands on what is below it now: a stage that was run again without the cache has the
// key that it had, and perhaps other layers.
bool stands_on(const snapshot::LayerStack& found, const snapshot::LayerStack& below);

// Whether a mount of a RUN shows files that are in no definition: those of another stage or image.
bool shows_other_files(const steps::Step& step, std::size_t mount);

// Of the files that a mount shows, for the key by content; null for those of the context, which are in the
// definition, and where it shows none. `layers` are those of its origin.
base::Json mounted_content(const steps::Step& step, std::size_t mount, const snapshot::LayerStack& layers,
                           base::Cancellation& cancellation);

}  // namespace ixian::embedded
