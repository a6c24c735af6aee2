// Carries out what an image plan says: builds stages, and pushes what is due while others are still built.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/error.h"
#include "base/event.h"
#include "base/thread_pool.h"
#include "engine/engine.h"
#include "oci/image_repo.h"
#include "oci/losses.h"
#include "oci/reference.h"
#include "plan/image_planner.h"
#include "run/project_job.h"

namespace ixian::run {

struct PushFailure {
  std::string task;
  base::Error error;
};

// What building and pushing need from elsewhere. Any thread may call these.
struct ImageServices {
  std::function<engine::Engine&()> engine;  // made when it is first asked for

  // A repository of a registry. Throws Error{kRegistry} for pushing to one that is not configured.
  std::function<std::shared_ptr<oci::ImageRepo>(const oci::Reference& reference, bool push)> open_repo;

  // Told before anything of the run is pushed, as often as a stage is made that may push. May be empty.
  std::function<void(plan::ImagePlanner& images)> announce;

  // What registries turned out to have lost; shared with whoever opens their repositories; null: with nobody.
  std::shared_ptr<oci::Losses> losses;

  // Told of each image that this run has made or found, with the inputs that led to it.
  std::function<void(const keys::ResolvedStage& stage)> note;
};

struct ImageBuildOptions {
  ProjectBuildOptions project;
  std::vector<std::string> cache_from;  // repositories that are asked for instructions; "" is the image's own
  std::string cache_to;                 // the repository that gets instructions; "" is the image's own
  bool push_instructions = false;
  bool look_up = true;  // registries may be asked
};

// Invariant: an image is pushed only after it has been built or found here, and once; what several stages
// miss is made by one of them. Thread-safe: stages are built by the threads that ask, pushes run on threads
// of its own. Owner: whoever runs the plan, for one run; what `services` lead to outlives it.
class ImageBuilder {
 public:
  ImageBuilder(ImageServices services, ImageBuildOptions build_options, base::EventSink& sink,
               base::Cancellation& cancellation);
  ~ImageBuilder();

  // Makes sure that the image of a planned stage is where the plan wants it. Building is over when this
  // returns; a push goes on in the background until finish(). `images` knows where the stages are that it
  // stands on; what of those turns out to be lost is made again. Throws what Engine::build throws.
  void make(plan::ImagePlanner& images, const plan::ImageStep& step);

  // Waits for what is being pushed, instructions included. What failed is told once. A push goes on even
  // where a build has failed: others can use what it brings.
  std::vector<PushFailure> finish();

  // What the engine calls an image of this run: by its digest where layers of it have not been needed so far.
  std::string exported_name(const std::string& image);

  // What building an image of this run came to; nullopt where it was not built.
  std::optional<engine::BuiltStage> built(const std::string& image);

  // The tags in the cache repository that stand for the instructions of an image that this run has built.
  std::vector<std::string> cache_tags(const std::string& image);

 private:
  void build(plan::ImagePlanner& images, const keys::ResolvedStage& stage, const plan::ImageStep& step);
  void build_once(plan::ImagePlanner& images, const keys::ResolvedStage& stage, const plan::ImageStep& step);
  void make_lost_stage(plan::ImagePlanner& images, const keys::ResolvedStage& standing,
                       const engine::LostResult& lost);
  void make_again(plan::ImagePlanner& images, const plan::ImageStep& lost, const std::string& reason);
  std::vector<std::string> listings_from(plan::ImagePlanner& images, const keys::ResolvedStage& stage);
  engine::BuiltStage build_job(const engine::StageJob& job, const std::string& stage);
  base::EventSink& named_sink(const std::string& name);
  std::map<std::string, std::string> arguments(plan::ImagePlanner& images, const keys::ResolvedStage& stage);
  void push_later(plan::ImagePlanner& images, const plan::ImageStep& step);
  void push(plan::ImagePlanner& images, plan::ImageStep step);
  std::string send(const plan::ImageStep& step, base::ActivityId activity);

  const ImageServices services_;
  const ImageBuildOptions build_options_;
  base::EventSink& sink_;
  base::Cancellation& cancellation_;

  std::recursive_mutex remaking_;  // what several stages miss is made once
  std::mutex mutex_;               // guards all below
  std::vector<std::unique_ptr<base::EventSink>> sinks_;
  std::map<std::string, std::string> unnamed_;  // images whose layers are not all here → digest
  std::set<std::string> begun_;
  std::map<std::string, engine::BuiltStage> built_;  // by image
  std::vector<PushFailure> failures_;
  std::unique_ptr<base::ThreadPool> pushers_;
};

}  // namespace ixian::run
