// Every stage that is needed gets a thread, begun when somebody first needs it, and a future that all who
// need it wait for. A thread that waits costs nothing; what is scarce is instructions at once, which a
// semaphore bounds. A pool with a queue of stages was not taken: a stage finds out only while it runs which
// others it needs, and a pool full of waiting stages stands still.
//
// The first failure stops all others; what it threw is what the build throws. A lost result stops nobody: the
// build begins anew and finds in the cache whatever is finished by then.
#include "embedded/solver.h"

#include "base/thread_pool.h"
#include "base/threads.h"
#include "embedded/stage_builder.h"

namespace ixian::embedded {

Semaphore::Slot::Slot(Semaphore& turns) : turns_(turns) {
  std::unique_lock lock(turns_.mutex_);
  turns_.freed_.wait(lock, [&] { return turns_.left_ > 0; });
  --turns_.left_;
}

Semaphore::Slot::~Slot() {
  {
    const std::lock_guard lock(turns_.mutex_);
    ++turns_.left_;
  }
  turns_.freed_.notify_one();
}

Solver::Solver(const engine::StageJob& job, const steps::BuildPlan& plan, const steps::PlanContext& sources,
               snapshot::LayerContext& services, const CacheSet& caches,
               executor::RunCredentials& credentials,
               std::shared_ptr<const context::DirectoryView> plain_context)
    : job_(job),
      plan_(plan),
      sources_(sources),
      services_(services),
      caches_(caches),
      credentials_(credentials),
      plain_context_(std::move(plain_context)),
      cache_(services, caches.repos),
      turns_(job.jobs == 0 ? base::processor_count() : job.jobs) {}

// A stage that still runs may begin another one.
Solver::~Solver() {
  while (true) {
    std::vector<std::thread> threads;
    {
      const std::lock_guard lock(mutex_);
      threads.swap(threads_);
    }
    if (threads.empty()) return;
    for (std::thread& thread : threads) thread.join();
  }
}

std::shared_future<snapshot::StageSnapshot> Solver::start(std::size_t stage) {
  const std::lock_guard lock(mutex_);
  if (const auto known = stages_.find(stage); known != stages_.end()) return known->second;
  const auto running = std::make_shared<std::packaged_task<snapshot::StageSnapshot()>>(
      [this, stage] { return run_stage(stage); });
  threads_.push_back(base::start_thread([running] { (*running)(); }));
  return stages_.emplace(stage, running->get_future().share()).first->second;
}

snapshot::StageSnapshot Solver::run_stage(std::size_t stage) {
  try {
    return StageBuilder(*this, plan_.stages.at(stage)).run();
  } catch (const engine::LostResult&) {
    // The build begins anew, and finds in the cache what is finished now: nobody is stopped.
    const std::lock_guard lock(mutex_);
    lost_ = std::current_exception();
    throw;
  } catch (...) {
    failed(std::current_exception());
    throw;
  }
}

void Solver::failed(std::exception_ptr error) {
  {
    const std::lock_guard lock(mutex_);
    if (first_error_) return;
    first_error_ = std::move(error);
  }
  services_.cancellation().request();
}

snapshot::StageSnapshot Solver::build() {
  const auto target = start(plan_.target);
  target.wait();
  // A stage that was told to stop because another one had failed is not what went wrong. No stage may still
  // run when its build is over.
  std::vector<std::shared_future<snapshot::StageSnapshot>> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [index, stage] : stages_) all.push_back(stage);
  }
  for (const auto& stage : all) stage.wait();
  const std::lock_guard lock(mutex_);
  if (first_error_) std::rethrow_exception(first_error_);
  if (lost_) std::rethrow_exception(lost_);
  return target.get();
}

}  // namespace ixian::embedded
