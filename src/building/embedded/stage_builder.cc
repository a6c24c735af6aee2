// A stage is to run as few of its instructions as can be, and to fetch as little as can be for those that it
// runs. Each instruction that makes files has two keys: by definition (its text, its values, the context's
// files, the keys below it), which planning knows, and by content (what is below it and what it copies, byte
// for byte), which is known only when the stages that it takes from have been built.
//
// 1. Backwards through the definition keys, in this machine's cache, to the last one that is known. What is
//    below it is neither looked at nor fetched, and the stages that only that part takes from are not built.
// 2. The registries are asked for all definition keys above that hit, in one go, and give the last one that
//    they know.
// 3. Forwards from there: the stages that the rest needs are begun at once; each instruction then gets its
//    content key, is looked for by it here and in the registries, and is run where nobody knows it.
//
// To look for each key on the way up instead would cost a round trip per instruction, and would need the
// layers of every step only to find the next.
//
// A RUN's layer is written and its outcome is put into the cache by an OutcomeWriter, while the next
// instruction runs on the unwritten tree.
//
// Locks, in this order: the lock of a content key (of all processes on this machine; whoever waits for it
// finds the outcome in the cache afterwards), then one of the build's places for running instructions. A
// key's lock is held until its outcome is in the cache, so a stage finishes its own writing before it waits
// for another stage: that one may be waiting for a key that only this writing frees.
#include "embedded/stage_builder.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <variant>

#include "base/activity.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "base/time.h"
#include "embedded/cache_lookup.h"
#include "layer_files/from_tree.h"
#include "snapshot/blob_sink.h"
#include "snapshot/layers_view.h"
#include "steps/cache_key.h"
#include "steps/step_definition.h"

namespace ixian::embedded {
namespace {

const snapshot::LayerStack kNoLayers;
constexpr char kCached[] = " (cached)";

std::string lock_file(store::Store& store) {
  return store.folder() + "/build-locks";
}

}  // namespace

StageBuilder::StageBuilder(Solver& build, const steps::StagePlan& plan)
    : build_(build),
      plan_(plan),
      base_layers_(layers_of_base(build.plan_, plan)),
      outcomes_(build.plan_, plan, base_layers_, build.cache_, build.caches_) {}

StageBuilder::~StageBuilder() {
  finish_outcomes(false);
}

snapshot::StageSnapshot StageBuilder::run() {
  const std::size_t first = take_from_cache();
  check_runs(first);
  start_origins(first);
  if (first == 0) begin();
  try {
    for (std::size_t i = first; i < plan_.steps.size(); ++i) {
      if (plan_.steps[i].makes_layer) run_step(i);
    }
  } catch (...) {
    // What was done before is worth keeping.
    finish_outcomes(false);
    throw;
  }
  finish_outcomes(true);
  return std::move(state_);
}

// Returns the first step that is still to be done.
std::size_t StageBuilder::take_from_cache() {
  auto known = find_known_steps(build_.plan_, plan_, build_.cache_, build_.caches_.reading, base_layers_);
  if (!known) return 0;
  state_ = std::move(known->state);
  const std::string& key = plan_.steps[known->steps - 1].key;
  if (!known->place.empty()) {
    std::vector<std::string> keys = {key};
    if (state_.content_key != key) keys.push_back(state_.content_key);
    build_.cache_.put(keys, state_, base_layers_);
  }
  say_cached(known->steps, known->place);
  // What one registry knew, the one that is written to gets as well; not the one it came from.
  if (const auto& writing = build_.caches_.writing; writing && writing->repo->name() != known->place)
    outcomes_.share(known->steps, {key}, state_);
  return known->steps;
}

void StageBuilder::say_cached(std::size_t steps, const std::string& place) const {
  const auto count = static_cast<unsigned>(
      std::count_if(plan_.steps.begin(), plan_.steps.begin() + static_cast<std::ptrdiff_t>(steps),
                    [](const steps::Step& each) { return each.makes_layer; }));
  build_.counts_.instructions += count;
  build_.counts_.cached += count;
  std::string text = plan_.steps[steps - 1].title;
  if (count > 1) text = fmt::format("{} steps cached, up to {}", count, text);
  if (!place.empty())
    text += fmt::format(" (from {}{})", place, count > 1 ? "" : ", cached");
  else if (count <= 1)
    text += kCached;
  base::Activity(build_.services_.sink(),
                 {fmt::format("{} {}/{}", plan_.label, steps, plan_.steps.size()), text})
      .end(base::ActivityStatus::kSkipped, "cached");
}

// What is known to be in the way of a RUN is said before anything is fetched, or run, for the stage.
void StageBuilder::check_runs(std::size_t first) {
  for (std::size_t i = first; i < plan_.steps.size(); ++i) {
    const steps::Step& step = plan_.steps[i];
    if (!std::holds_alternative<dockerfile::Run>(step.instruction.body)) continue;
    blame(step, [&] { executor::check_run(step, run_input()); });
  }
}

// What the remaining instructions need from others is built meanwhile.
void StageBuilder::start_origins(std::size_t first) {
  const auto start = [&](const stages::InputRef& origin) {
    if (const auto* stage = std::get_if<stages::FromStage>(&origin)) build_.start(stage->index);
  };
  if (first == 0) start(plan_.base);
  for (std::size_t i = first; i < plan_.steps.size(); ++i) {
    for (const auto& origin : plan_.steps[i].origins) start(origin);
  }
}

void StageBuilder::begin() {
  if (const auto* from = std::get_if<stages::FromStage>(&plan_.base)) {
    state_ = build_.start(from->index).get();
    note_taken(from->index, state_);
    state_.took = took_;
    return;
  }
  state_.content_key = plan_.base_key;
  if (plan_.base_image) state_.layers = plan_.base_image->layers;
}

const snapshot::LayerStack& StageBuilder::origin_layers(const stages::InputRef& origin) {
  if (const auto* stage = std::get_if<stages::FromStage>(&origin)) {
    auto found = others_.find(stage->index);
    if (found == others_.end()) {
      // Nothing of ours may be waited for by the stage that we wait for.
      finish_outcomes(true);
      found = others_.emplace(stage->index, build_.start(stage->index).get()).first;
      note_taken(stage->index, found->second);
    }
    return found->second.layers;
  }
  if (const auto* image = std::get_if<stages::FromImage>(&origin))
    return build_.plan_.images.at(image->name)->layers;
  return kNoLayers;
}

void StageBuilder::note_taken(std::size_t stage, const snapshot::StageSnapshot& other) {
  for (const auto& [key, seen] : other.took) took_.insert_or_assign(key, seen);
  took_.insert_or_assign(build_.plan_.stages.at(stage).key(), snapshot::fingerprint(other.layers));
}

base::Json StageBuilder::mounted(const steps::Step& step, std::size_t index) {
  return mounted_content(step, index,
                         shows_other_files(step, index) ? origin_layers(step.origins[index]) : kNoLayers,
                         build_.services_.cancellation());
}

// What the step takes from elsewhere, by content. Waits for the stages that it takes from.
base::Json StageBuilder::content_origins(const steps::Step& step) {
  for (const auto& origin : step.origins) origin_layers(origin);
  copy_input_ = {};
  base::Json mounts = base::Json::array();
  if (std::holds_alternative<dockerfile::Run>(step.instruction.body)) {
    for (std::size_t i = 0; i < step.origins.size(); ++i) mounts.push_back(mounted(step, i));
    return mounts;
  }
  const auto* copy = std::get_if<dockerfile::Copy>(&step.instruction.body);
  if (copy == nullptr || copy->from.empty()) {
    copy_input_ = {build_.sources_.context_of(step), step.selection};
    return steps::origin_keys(step, build_.plan_, [](std::size_t) { return std::string(); });
  }
  std::vector<std::string> paths;
  for (const auto& source : copy->sources) paths.push_back(source.text);
  copy_input_.view = std::make_shared<snapshot::LayersView>(origin_layers(step.origins.at(0)));
  copy_input_.selection = context::select(*copy_input_.view, paths,
                                          steps::selection_options(*copy, copy->parents, copy->from.text));
  // Owners count where --chown does not replace them.
  const std::string digest =
      context::digest_of(*copy_input_.view, copy_input_.selection,
                         {copy->chown.empty(), base::processor_count()}, build_.services_.cancellation());
  return base::Json::array({{{"content", digest}}});
}

bool StageBuilder::take(const std::string& key, std::size_t index) {
  if (!plan_.use_cache) return false;
  auto found = find_here(build_.cache_, key, base_layers_, state_.layers);
  if (!found) return false;
  state_ = *std::move(found);
  for (const auto& [taken, seen] : took_) state_.took.insert_or_assign(taken, seen);
  const std::string& definition_key = plan_.steps[index].key;
  // Next time the definition alone finds it, before anything is read.
  build_.cache_.put({definition_key}, state_, base_layers_);
  outcomes_.share(index + 1, {definition_key, key}, state_);
  return true;
}

bool StageBuilder::take_from_registry(const std::string& key, std::size_t index) {
  if (!plan_.use_cache) return false;
  auto hit =
      find_elsewhere(build_.plan_, plan_, index, key, build_.caches_.reading, base_layers_, state_.layers);
  if (!hit) return false;
  state_ = std::move(hit->state);
  const std::string& definition_key = plan_.steps[index].key;
  for (const auto& [taken, seen] : took_) state_.took.insert_or_assign(taken, seen);
  build_.cache_.put({definition_key, key}, state_, base_layers_);
  outcomes_.share(index + 1, {definition_key}, state_);
  return true;
}

void StageBuilder::run_step(std::size_t index) {
  const steps::Step& step = plan_.steps[index];
  build_.services_.cancellation().throw_if_requested();
  build_.counts_.instructions += 1;
  base::Activity activity(build_.services_.sink());
  const auto begin_activity = [&](const char* note) {
    activity.begin({fmt::format("{} {}/{}", plan_.label, index + 1, plan_.steps.size()), step.title + note});
  };
  const auto work = [&] {
    const std::string key =
        steps::instruction_key(state_.content_key, step.definition, content_origins(step));
    bool cached = take(key, index);
    if (!cached) {
      // Whoever held the lock may have made it meanwhile: asked once more under the lock, and only then the
      // registry.
      cache::KeyLock lock(lock_file(build_.services_.store()), key, build_.services_.cancellation());
      cached = take(key, index) || take_from_registry(key, index);
      if (!cached) {
        const Semaphore::Slot turn(build_.turns_);
        begin_activity("");
        execute(index, activity.id(), key, std::move(lock));
      }
    }
    // An instruction that the cache answers begins no activity before it is known to be one: nobody sees it
    // hang.
    begin_activity(kCached);
    if (cached) build_.counts_.cached += 1;
    activity.end(cached ? base::ActivityStatus::kSkipped : base::ActivityStatus::kDone,
                 cached ? "cached" : "");
  };
  activity.run([&] {
    try {
      blame(step, work);
    } catch (const engine::LostResult&) {
      activity.end(base::ActivityStatus::kCancelled, "its base was lost");
      throw;
    }
  });
}

void StageBuilder::execute(std::size_t index, base::ActivityId activity, const std::string& key,
                           cache::KeyLock lock) {
  const steps::Step& step = plan_.steps[index];
  if (std::holds_alternative<dockerfile::Run>(step.instruction.body)) {
    run_command(step, activity);
  } else {
    write_files(step);
  }
  state_.content_key = key;
  for (const auto& [taken, seen] : took_) state_.took.insert_or_assign(taken, seen);
  outcomes_.put(index, state_, std::move(lock));
}

void StageBuilder::write_files(const steps::Step& step) {
  const executor::FileStepContext context{build_.services_, build_.sources_.remote, build_.job_.modes,
                                          build_.plan_.source_date_epoch};
  const auto written = executor::write_file_layer(step, copy_input_, state_.layers, context);
  snapshot::StepResult outcome{base::rfc3339_text(build_.plan_.source_date_epoch), nullptr, !written};
  if (written) {
    outcome.layer = std::make_shared<snapshot::LazyLayer>(build_.services_, written->blob, written->diff_id);
    state_.layers.push_back(outcome.layer);
  }
  state_.outcomes.push_back(std::move(outcome));
}

executor::RunInput StageBuilder::run_input() const {
  return {build_.sources_.mounted,
          build_.plain_context_,
          {},
          build_.job_.secrets,
          build_.job_.ssh,
          build_.credentials_,
          build_.plan_.build_arguments,
          build_.job_.network,
          build_.job_.new_privileges,
          build_.job_.limits,
          build_.job_.extra_hosts,
          build_.job_.dns,
          plan_.platform,
          build_.job_.of_project,
          executor::write_options(build_.plan_.source_date_epoch)};
}

void StageBuilder::run_command(const steps::Step& step, base::ActivityId activity) {
  const auto& run = std::get<dockerfile::Run>(step.instruction.body);
  // Nothing is mounted at this moment, so trees of written layers can move to their place in the store.
  for (const auto& layer : state_.layers) layer->commit(false);
  executor::RunInput input = run_input();
  for (std::size_t i = 0; i < step.origins.size() && i < run.mounts.size(); ++i) {
    if (std::holds_alternative<stages::FromStage>(step.origins[i]) ||
        std::holds_alternative<stages::FromImage>(step.origins[i]))
      input.origins[i] = snapshot::non_empty(origin_layers(step.origins[i]));
  }
  executor::RunChanges changes =
      executor::run_command_step(step, state_.layers, input, build_.services_, activity);
  // The command has seen the context by a bind mount; if a file of it changed meanwhile, the key would be a
  // lie.
  steps::check_mounted_context(step, build_.sources_);
  const auto promise = std::make_shared<std::promise<layer::WrittenLayer>>();
  auto layer = std::make_shared<snapshot::LazyLayer>(build_.services_, promise->get_future().share(),
                                                     std::move(changes.work), changes.upper);
  outcomes_.submit(step, [this, &step, promise, upper = changes.upper, root = changes.root] {
    try {
      blame(step, [&] {
        snapshot::BlobSink sink(build_.services_.store());
        layer::WrittenLayer written = layer_files::from_upper(
            upper, build_.services_.marks(), root, sink,
            executor::write_options(build_.plan_.source_date_epoch), build_.services_.cancellation());
        sink.keep(written);
        promise->set_value(std::move(written));
      });
    } catch (...) {
      promise->set_exception(std::current_exception());
      throw;
    }
  });
  state_.layers.push_back(layer);
  state_.outcomes.push_back({base::rfc3339_text(build_.plan_.source_date_epoch), std::move(layer), false});
}

void StageBuilder::finish_outcomes(bool throw_errors) {
  if (!outcomes_.wait(throw_errors)) return;
  for (const auto& layer : state_.layers) {
    try {
      layer->commit(true);
    } catch (...) {
      if (throw_errors) throw;
    }
  }
}

}  // namespace ixian::embedded
