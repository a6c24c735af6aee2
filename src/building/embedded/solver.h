// Carries a plan out: the stages that the target needs, independent ones at once, and no instruction whose
// outcome is known.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/event.h"
#include "cache/cache_exporter.h"
#include "cache/cache_importer.h"
#include "cache/local_cache.h"
#include "executor/file_step.h"
#include "executor/run_step.h"
#include "steps/build_plan.h"

namespace ixian::embedded {

// How many instructions run at once.
// Thread-safe.
class Semaphore {
 public:
  explicit Semaphore(unsigned count) : left_(count) {}
  class Slot {
   public:
    explicit Slot(Semaphore& turns);
    ~Slot();
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

   private:
    Semaphore& turns_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  unsigned left_;
};

struct BuildCounts {
  std::atomic<unsigned> instructions{0};
  std::atomic<unsigned> cached{0};
};

// Where outcomes are kept beyond this machine. All of it outlives the run.
struct CacheSet {
  cache::CacheRepos& repos;
  cache::CacheImporter& reading;
  cache::CacheExporter& writer;
  std::shared_ptr<const cache::CacheExporter::Build> writing;  // null: nothing is
};

// Invariant: a stage is begun once, however many need it. Threads: `mutex_` guards the futures, the threads
// and the two errors; all else is constant or guards itself. Owner: one call of Engine::build(), which
// outlives all stage threads.
class Solver {
 public:
  // All outlive the run. `services.cancellation()` is this build's own: it is asked to stop when a stage
  // fails, so that the others do.
  Solver(const engine::StageJob& job, const steps::BuildPlan& plan, const steps::PlanContext& sources,
         snapshot::LayerContext& services, const CacheSet& caches, executor::RunCredentials& credentials,
         std::shared_ptr<const context::DirectoryView> plain_context);
  ~Solver();

  // Builds the target. Everything that it holds is written, and its trees are in the store. Throws what the
  // first instruction that failed threw; LostResult, where none has, and all that could go on has ended.
  snapshot::StageSnapshot build();

  const BuildCounts& counts() const { return counts_; }

 private:
  friend class StageBuilder;

  // Begins the stage if nobody has, on a thread of its own.
  std::shared_future<snapshot::StageSnapshot> start(std::size_t stage);
  snapshot::StageSnapshot run_stage(std::size_t stage);
  void failed(std::exception_ptr error);

  const engine::StageJob& job_;
  const steps::BuildPlan& plan_;
  const steps::PlanContext& sources_;
  snapshot::LayerContext& services_;
  const CacheSet& caches_;
  executor::RunCredentials& credentials_;
  const std::shared_ptr<const context::DirectoryView> plain_context_;
  cache::LocalCache cache_;
  Semaphore turns_;
  BuildCounts counts_;
  std::mutex mutex_;
  // Guarded by `mutex_`, as is all below. A stage's future is made by whoever first needs the stage; the
  // others wait for it.
  std::map<std::size_t, std::shared_future<snapshot::StageSnapshot>> stages_;
  std::vector<std::thread> threads_;  // one a stage
  std::exception_ptr first_error_;
  std::exception_ptr lost_;  // the last LostResult
};

}  // namespace ixian::embedded
