#include "engine/build_run.h"

#include "base/thread_pool.h"
#include "engine/stage_run.h"

namespace ixian::engine {

Turns::Turn::Turn(Turns& turns) : turns_(turns) {
  std::unique_lock lock(turns_.mutex_);
  turns_.freed_.wait(lock, [&] { return turns_.left_ > 0; });
  --turns_.left_;
}

Turns::Turn::~Turn() {
  {
    const std::lock_guard lock(turns_.mutex_);
    ++turns_.left_;
  }
  turns_.freed_.notify_one();
}

BuildRun::BuildRun(const StageJob& job, const BuildPlan& plan, const PlanSources& sources,
                   LayerServices& services, const BuildCaches& caches, std::string context_folder)
    : job_(job),
      plan_(plan),
      sources_(sources),
      services_(services),
      caches_(caches),
      context_folder_(std::move(context_folder)),
      cache_(services, caches.repos),
      turns_(job.jobs == 0 ? base::processor_count() : job.jobs) {}

BuildRun::~BuildRun() {
  for (auto& [index, stage] : stages_) stage.wait();
}

std::shared_future<StageState> BuildRun::start(std::size_t stage) {
  const std::lock_guard lock(mutex_);
  auto& known = stages_[stage];
  if (!known.valid())
    known = std::async(std::launch::async, [this, stage] { return run_stage(stage); }).share();
  return known;
}

StageState BuildRun::run_stage(std::size_t stage) {
  try {
    return StageRun(*this, plan_.stages.at(stage)).run();
  } catch (const LostResult&) {
    // The build begins anew, and finds in the cache what is finished now: nobody is stopped.
    const std::lock_guard lock(mutex_);
    lost_ = std::current_exception();
    throw;
  } catch (...) {
    failed(std::current_exception());
    throw;
  }
}

void BuildRun::failed(std::exception_ptr error) {
  {
    const std::lock_guard lock(mutex_);
    if (first_error_) return;
    first_error_ = std::move(error);
  }
  services_.cancellation().request();
}

StageState BuildRun::build() {
  const auto target = start(plan_.target);
  target.wait();
  // A stage that was told to stop because another one had failed is not what went wrong. No stage may still
  // run when its build is over.
  std::vector<std::shared_future<StageState>> all;
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

}  // namespace ixian::engine
