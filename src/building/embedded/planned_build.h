// All that a plan is made of, and the plan.
#pragma once

#include <memory>
#include <vector>

#include "cache/cache_importer.h"
#include "cache/cache_repos.h"
#include "context/directory_view.h"
#include "embedded/embedded_engine.h"
#include "embedded/unique_warnings.h"
#include "files/stat_cache.h"
#include "snapshot/base_images.h"
#include "steps/build_plan.h"
#include "steps/mounted_context.h"

namespace ixian::embedded {

struct OpenContext {
  std::shared_ptr<const context::FileView> view;        // null: there is none
  std::shared_ptr<const context::DirectoryView> plain;  // whose files are the context's, one for one; or null
  pattern::IgnoreRules ignored;
};

// What planning asks. Whatever is given outlives it; `seen`: warnings that are not told again.
struct PlanningSources {
  PlanningSources(const engine::StageJob& job, const EngineServices& services, cache::CacheRepos& repos,
                  SeenWarnings& seen, base::EventSink& sink, base::Cancellation& cancellation);

  const std::vector<std::shared_ptr<cache::CacheRepo>> read_from;  // cache_from
  const std::vector<std::shared_ptr<cache::CacheRepo>> listings;   // and whoever else may have some
  snapshot::LayerContext layers;
  cache::CacheImporter reading;
  snapshot::BaseImages bases;
  const OpenContext context;
  files::StatCache known_files;
  steps::MountedContext mounted;
  UniqueWarningSink sink;
  const steps::PlanContext sources;
};

// Lives as long as what is done by the plan. Throws as make_build_plan() does.
struct PlannedBuild : PlanningSources {
  PlannedBuild(const engine::StageJob& job, const EngineServices& services, cache::CacheRepos& repos,
               SeenWarnings& seen, base::EventSink& sink, base::Cancellation& cancellation);

  const steps::BuildPlan plan;
};

}  // namespace ixian::embedded
