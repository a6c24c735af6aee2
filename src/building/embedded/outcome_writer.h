// What the steps of a stage came to, written while its next step runs.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/thread_pool.h"
#include "cache/key_lock.h"
#include "embedded/solver.h"

namespace ixian::embedded {

// An error that says which instruction it is about.
class PlacedError : public base::Error {
 public:
  using Error::Error;
};

// Work for a step that is done now or later, by whomever: what goes wrong is told of this step, and of no
// other that comes to wait for it.
template <typename Work>
void blame(const steps::Step& step, Work work) {
  try {
    work();
  } catch (const PlacedError&) {
    throw;
  } catch (const base::Error& error) {
    const base::Error placed = step.error(error.message());
    throw PlacedError(error.code(), placed.message(),
                      placed.context() + (error.context().empty() ? "" : "\n" + error.context()));
  }
}

// One thread of its own does what it is given, in that order. To be called by one thread.
class OutcomeWriter {
 public:
  // All outlive it. `base` is layers_of_base().
  OutcomeWriter(const steps::BuildPlan& plan, const steps::StagePlan& stage, const snapshot::LayerStack& base,
                cache::LocalCache& cache, const CacheSet& caches)
      : plan_(plan), stage_(stage), base_(base), cache_(cache), caches_(caches) {}

  // Work for the step.
  void submit(const steps::Step& step, std::function<void()> work);

  // Puts `state`, what the step at `index` came to, into the cache, and lets others have its key then.
  void put(std::size_t index, const snapshot::StageSnapshot& state, cache::KeyLock lock);

  // Lets other machines have the state that the first `steps` steps came to, in the background. At once, by
  // any thread.
  void share(std::size_t steps, const std::vector<std::string>& keys, const snapshot::StageSnapshot& state);

  // For all that has been submitted. Returns whether it went well; throws its first error if it is to.
  bool wait(bool throw_errors);

 private:
  // An outcome that is not yet in the cache. Nobody else may make it meanwhile.
  struct PendingEntry {
    std::size_t steps;
    store::Store::CacheRecord entry;
    snapshot::StageSnapshot state;
    cache::KeyLock lock;
  };
  void put_pending();

  const steps::BuildPlan& plan_;
  const steps::StagePlan& stage_;
  const snapshot::LayerStack& base_;
  cache::LocalCache& cache_;
  const CacheSet& caches_;
  std::vector<std::future<void>> submitted_;
  std::atomic<std::size_t> waiting_{0};  // outcomes whose turn is still to come
  std::vector<PendingEntry> pending_;    // the writer's
  base::ThreadPool writer_{1};
};

}  // namespace ixian::embedded
