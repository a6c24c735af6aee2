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
class Turns {
 public:
  explicit Turns(unsigned count) : left_(count) {}
  class Turn {
   public:
    explicit Turn(Turns& turns);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Turns& turns_;
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
struct BuildCaches {
  cache::CacheRepos& repos;
  cache::RegistryCache& reading;
  cache::CacheWriter& writer;
  std::shared_ptr<const cache::CacheWriter::Build> writing;  // null: nothing is
};

// Invariant: a stage is begun once, however many need it. Threads: `mutex_` guards the futures, the threads
// and the two errors; all else is constant or guards itself. Owner: one call of Engine::build(), which
// outlives all stage threads.
class BuildRun {
 public:
  // All outlive the run. `services.cancellation()` is this build's own: it is asked to stop when a stage
  // fails, so that the others do.
  BuildRun(const engine::StageJob& job, const steps::BuildPlan& plan, const steps::PlanSources& sources,
           snapshot::LayerServices& services, const BuildCaches& caches, executor::SecretValues& secrets,
           std::shared_ptr<const context::DiskView> plain_context);
  ~BuildRun();

  // Builds the target. Everything that it holds is written, and its trees are in the store. Throws what the
  // first instruction that failed threw; LostResult, where none has, and all that could go on has ended.
  snapshot::StageState build();

  const BuildCounts& counts() const { return counts_; }

 private:
  friend class StageRun;

  // Begins the stage if nobody has, on a thread of its own.
  std::shared_future<snapshot::StageState> start(std::size_t stage);
  snapshot::StageState run_stage(std::size_t stage);
  void failed(std::exception_ptr error);

  const engine::StageJob& job_;
  const steps::BuildPlan& plan_;
  const steps::PlanSources& sources_;
  snapshot::LayerServices& services_;
  const BuildCaches& caches_;
  executor::SecretValues& secrets_;
  const std::shared_ptr<const context::DiskView> plain_context_;
  cache::BuildCache cache_;
  Turns turns_;
  BuildCounts counts_;
  std::mutex mutex_;
  // Guarded by `mutex_`, as is all below. A stage's future is made by whoever first needs the stage; the
  // others wait for it.
  std::map<std::size_t, std::shared_future<snapshot::StageState>> stages_;
  std::vector<std::thread> threads_;  // one a stage
  std::exception_ptr first_error_;
  std::exception_ptr lost_;  // the last LostResult
};

}  // namespace ixian::embedded
