// One thread keeps the order: an outcome is in the cache only when all below it are. An entry costs an fsync,
// so that entries whose turn has come meanwhile are put as one group, by the last of them.
#include "embedded/outcome_writer.h"

#include <exception>
#include <memory>
#include <utility>

#include "cache/cache_image.h"

namespace ixian::embedded {

void OutcomeWriter::put(std::size_t index, const snapshot::StageSnapshot& state, cache::KeyLock lock) {
  const auto held = std::make_shared<cache::KeyLock>(std::move(lock));
  std::vector<std::string> keys = {stage_.steps[index].key};
  if (state.content_key != keys[0]) keys.push_back(state.content_key);
  ++waiting_;
  submit(stage_.steps[index], [this, index, state, keys, held] {
    std::exception_ptr error;
    try {
      pending_.push_back({index + 1, cache_.entry(keys, state, base_), state, std::move(*held)});
    } catch (...) {
      error = std::current_exception();
    }
    if (--waiting_ == 0) put_pending();
    if (error) std::rethrow_exception(error);
  });
}

void OutcomeWriter::put_pending() {
  std::vector<PendingEntry> all = std::exchange(pending_, {});
  std::vector<store::Store::CacheRecord> entries;
  for (const PendingEntry& each : all) entries.push_back(each.entry);
  cache_.put(entries);
  for (PendingEntry& each : all) {
    each.lock = cache::KeyLock();
    share(each.steps, each.entry.keys, each.state);
  }
}

void OutcomeWriter::share(std::size_t steps, const std::vector<std::string>& keys,
                          const snapshot::StageSnapshot& state) {
  const auto& writing = caches_.writing;
  if (!writing || !writing->repo->usable()) return;
  caches_.writer.write(writing, cache::make_cache_image(plan_, stage_.index, steps, state, keys), keys,
                       state.layers);
}

void OutcomeWriter::submit(const steps::Step& step, std::function<void()> work) {
  const auto task =
      std::make_shared<std::packaged_task<void()>>([&step, work = std::move(work)] { blame(step, work); });
  submitted_.push_back(task->get_future());
  writer_.submit([task] { (*task)(); });
}

bool OutcomeWriter::wait(bool throw_errors) {
  std::exception_ptr error;
  for (auto& each : submitted_) {
    try {
      each.get();
    } catch (...) {
      if (!error) error = std::current_exception();
    }
  }
  submitted_.clear();
  if (error && throw_errors) std::rethrow_exception(error);
  return !error;
}

}  // namespace ixian::embedded
