// What a build would do, found by asking the caches.
#pragma once

#include "base/cancel.h"
#include "cache/cache_importer.h"
#include "cache/local_cache.h"
#include "engine/forecast.h"
#include "steps/build_plan.h"

namespace ixian::embedded {

// Asks the caches alone, by HEAD and for manifests; no layer is read or fetched. So what takes files from
// another stage or image is unknown where its key by definition is not in the cache.
engine::BuildForecast make_forecast(const steps::BuildPlan& plan, cache::LocalCache& cache,
                                    cache::CacheImporter& reading, base::Cancellation& cancellation);

}  // namespace ixian::embedded
