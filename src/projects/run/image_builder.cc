// The plan says where each image is, from answers that registries gave some time ago. When a part of one
// turns out to be gone, the loss is noted where all who ask registries see it, and the image is planned anew:
// found elsewhere, or built. What stands on it then tries again. Each round loses something that nobody
// believes in any more, so it ends.
//
// Pushes run beside the building, at most four at once, and are not undone by a failure: what is whole is of
// use to others.
#include "run/image_builder.h"

#include <fmt/format.h>

#include "base/activity.h"
#include "oci/copy_image.h"
#include "oci/made_for.h"
#include "run/prefix_sink.h"
#include "run/project_job.h"

namespace ixian::run {
namespace {

constexpr unsigned kPushesAtOnce = 4;
constexpr std::size_t kShownDigits = 12;
constexpr int kMostAttempts = 100;  // each finds something lost that was not known to be

// With as much of the key as tells images apart.
std::string shown_name(const plan::ImageStep& step) {
  std::string name = step.image;
  if (!step.key.empty() && name.ends_with(step.key))
    name.replace(name.size() - step.key.size(), std::string::npos, step.key.substr(0, kShownDigits) + "…");
  return name;
}

// The image of a stage, as a reference, where the plan says that it is.
std::string place_of(const plan::ImageStep& step) {
  return oci::parse_reference(step.place == plan::CacheResult::kRegistryHit ? step.found_at : step.image)
      .text();
}

ImageServices with_losses(ImageServices services) {
  if (!services.losses) services.losses = std::make_shared<oci::Losses>();
  return services;
}

}  // namespace

ImageBuilder::ImageBuilder(ImageServices services, ImageBuildOptions build_options, base::EventSink& sink,
                           base::Cancellation& cancellation)
    : services_(with_losses(std::move(services))),
      build_options_(std::move(build_options)),
      sink_(sink),
      cancellation_(cancellation) {}

ImageBuilder::~ImageBuilder() = default;

void ImageBuilder::make(plan::ImagePlanner& images, const plan::ImageStep& step) {
  const keys::ResolvedStage& stage = images.keyed(step.id);
  const bool pushes =
      step.push || (step.place == plan::CacheResult::kMiss && build_options_.push_instructions);
  if (pushes && services_.announce) services_.announce(images);
  if (step.place == plan::CacheResult::kMiss) build(images, stage, step);
  if (step.place != plan::CacheResult::kNotNeeded && services_.note) services_.note(stage);
  if (step.push) push_later(images, step);
}

// An image that it stands on may turn out to be lost, and is made again then.
void ImageBuilder::build(plan::ImagePlanner& images, const keys::ResolvedStage& stage,
                         const plan::ImageStep& step) {
  for (int attempt = 1;; ++attempt) {
    try {
      return build_once(images, stage, step);
    } catch (const engine::LostResult& lost) {
      if (attempt == kMostAttempts) throw base::Error(lost.why());
      make_lost_stage(images, stage, lost);
    }
  }
}

void ImageBuilder::make_lost_stage(plan::ImagePlanner& images, const keys::ResolvedStage& standing,
                                   const engine::LostResult& lost) {
  const std::lock_guard lock(remaking_);
  for (const task::TaskId id : standing.stages) {
    const plan::ImageStep step = images.step(id);
    if (place_of(step) != lost.stage()) continue;
    return make_again(images, step, lost.message());
  }
  // Somebody else has made it again meanwhile, and it is in another place now.
}

// Where the plan thought it was, it is not: it is looked for in the places that are left, and built where
// there is none.
void ImageBuilder::make_again(plan::ImagePlanner& images, const plan::ImageStep& lost,
                              const std::string& reason) {
  const std::lock_guard lock(remaking_);
  const task::TaskId id = lost.id;
  const plan::ImageStep now = images.step(id);
  if (now.place != lost.place || place_of(now) != place_of(lost)) return;  // somebody else has, meanwhile
  const std::string place = lost.place == plan::CacheResult::kRegistryHit ? lost.found_at : lost.image;
  const oci::Reference reference = oci::parse_reference(place);
  if (lost.place == plan::CacheResult::kRegistryHit)
    services_.losses->note(reference.name(), reference.identifier());
  else
    services_.engine().remove_image(lost.image);
  sink_.log(base::kNoActivity, base::LogLevel::kWarning,
            fmt::format("image {} is incomplete and is rebuilt: {}", place, reason));
  const auto plan = images.plan_again(id, lost.push || place == lost.image);
  for (plan::ImageStep step : plan->steps) {
    if (step.place == plan::CacheResult::kNotNeeded) continue;
    if (step.id == id) step.for_.push_back(id);  // somebody needs it: by its name, and all of it
    make(images, step);
  }
}

void ImageBuilder::build_once(plan::ImagePlanner& images, const keys::ResolvedStage& stage,
                              const plan::ImageStep& step) {
  const task::StageDeclaration& declared = stage.declared;
  engine::StageJob job = make_stage_job(declared, stage.image(), build_options_.project);
  job.build_args = arguments(images, stage);
  job.pinned = stage.pinned;
  for (const task::TaskId id : stage.stages) job.stages.insert(place_of(images.step(id)));
  job.annotations[std::string(oci::kMadeFor)] = stage.key;
  job.no_cache = step.forced;
  // What is only pushed onward needs no layer that nobody has read. Others look for an image under its name.
  job.lazy_layers = step.push && step.for_.empty();
  if (build_options_.look_up) job.listings_from = listings_from(images, stage);
  if (step.push) job.listings_to = declared.repository;
  for (const std::string& repository : build_options_.cache_from)
    job.cache_from.push_back(repository.empty() ? declared.repository : repository);
  if (build_options_.push_instructions)
    job.cache_to = build_options_.cache_to.empty() ? declared.repository : build_options_.cache_to;
  engine::Engine& engine = services_.engine();
  if (!step.forced && engine.resolve(stage.image())) return;  // another ix was quicker
  const engine::BuiltStage built = build_job(job, declared.name);
  const std::lock_guard lock(mutex_);
  built_.insert_or_assign(stage.image(), built);
  if (!built.complete) unnamed_[stage.image()] = built.manifest.descriptor.digest.text();
}

// What cannot be used is written in the project, and is no fault of the command line.
engine::BuiltStage ImageBuilder::build_job(const engine::StageJob& job, const std::string& stage) {
  try {
    return services_.engine().build(job, named_sink(stage), cancellation_);
  } catch (const base::Error& error) {
    if (error.code() != base::ErrorCode::kUsage) throw;
    throw base::Error(base::ErrorCode::kTaskFailed, error.message(), error.context());
  }
}

// Instructions may still be on their way to the cache when a build is over, and tell of themselves.
base::EventSink& ImageBuilder::named_sink(const std::string& name) {
  const std::lock_guard lock(mutex_);
  sinks_.push_back(std::make_unique<PrefixSink>(sink_, name));
  return *sinks_.back();
}

// Those of the key; a stage that was found in another repository is named there.
std::map<std::string, std::string> ImageBuilder::arguments(plan::ImagePlanner& images,
                                                           const keys::ResolvedStage& stage) {
  std::map<std::string, std::string> values = stage.arguments;
  for (const task::StageArgument& argument : stage.declared.stage_args) {
    const auto found = values.find(argument.name);
    if (found == values.end() || stage.declared.build_args.contains(argument.name)) continue;
    const plan::ImageStep other = images.step(images.graph().find(argument.task));
    if (other.place == plan::CacheResult::kRegistryHit)
      found->second = keys::argument_value(argument, other.found_at);
  }
  return values;
}

// The repositories of the images that it stands on.
std::vector<std::string> ImageBuilder::listings_from(plan::ImagePlanner& images,
                                                     const keys::ResolvedStage& stage) {
  std::set<std::string> repositories;
  for (const task::TaskId id : stage.stages) {
    const plan::ImageStep other = images.step(id);
    if (other.place == plan::CacheResult::kRegistryHit)
      repositories.insert(oci::parse_reference(other.found_at).name());
  }
  return {repositories.begin(), repositories.end()};
}

void ImageBuilder::push_later(plan::ImagePlanner& images, const plan::ImageStep& step) {
  const std::lock_guard lock(mutex_);
  if (!begun_.insert(step.image).second) return;
  if (!pushers_) pushers_ = std::make_unique<base::ThreadPool>(kPushesAtOnce);
  pushers_->submit([this, &images, step] {
    try {
      push(images, step);
    } catch (const base::Cancelled&) {
      // The run tells of that.
    } catch (const base::Error& error) {
      const std::lock_guard guard(mutex_);
      failures_.push_back({step.task, error});
    } catch (const std::exception& error) {
      const std::lock_guard guard(mutex_);
      failures_.push_back({step.task, base::Error(base::ErrorCode::kTaskFailed, error.what())});
    }
  });
}

void ImageBuilder::push(plan::ImagePlanner& images, plan::ImageStep step) {
  cancellation_.throw_if_requested();
  base::Activity activity(sink_, {"push " + step.stage, shown_name(step)});
  activity.run([&] {
    std::string note;
    for (int attempt = 1;; ++attempt) {
      try {
        note = send(step, activity.id());
        break;
      } catch (const oci::Lost& lost) {
        if (attempt == kMostAttempts) throw;
        make_again(images, step, lost.message());
      } catch (const engine::LostResult& lost) {
        if (attempt == kMostAttempts) throw base::Error(lost.why());
        make_again(images, step, lost.message());
      }
      // Made again, it may be somewhere else.
      step = images.step(step.id);
    }
    activity.end(base::ActivityStatus::kDone, note);
  });
}

// Returns what is worth a word.
std::string ImageBuilder::send(const plan::ImageStep& step, base::ActivityId activity) {
  const oci::Reference to = oci::parse_reference(step.image);
  const auto repo = services_.open_repo(to, true);
  if (repo->find(to.identifier()) && oci::is_complete(*repo, to.identifier(), *services_.losses))
    return "already pushed by another build";
  if (step.place == plan::CacheResult::kRegistryHit) {
    const oci::Reference from = oci::parse_reference(step.found_at);
    oci::CopyOptions options;
    options.events = &sink_;
    options.activity = activity;
    oci::copy_image(*services_.open_repo(from, false), from.identifier(), *repo, to.identifier(), options,
                    cancellation_);
  } else {
    services_.engine().export_image(exported_name(step.image), *repo, to.identifier(), cancellation_);
  }
  return "";
}

std::string ImageBuilder::exported_name(const std::string& image) {
  const std::lock_guard lock(mutex_);
  const auto found = unnamed_.find(image);
  return found == unnamed_.end() ? image : found->second;
}

std::vector<PushFailure> ImageBuilder::finish() {
  std::unique_ptr<base::ThreadPool> pushers;
  {
    const std::lock_guard lock(mutex_);
    pushers = std::move(pushers_);
  }
  pushers.reset();
  services_.engine().wait_for_cache(sink_);
  const std::lock_guard lock(mutex_);
  return std::move(failures_);
}

std::optional<engine::BuiltStage> ImageBuilder::built(const std::string& image) {
  const std::lock_guard lock(mutex_);
  const auto found = built_.find(image);
  return found == built_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> ImageBuilder::cache_tags(const std::string& image) {
  const std::lock_guard lock(mutex_);
  const auto found = built_.find(image);
  return found == built_.end() ? std::vector<std::string>{} : found->second.cache_tags;
}

}  // namespace ixian::run
