// Who builds images: this program itself, or a daemon that it asks.
//
// The room's front door: an Engine gets a StageJob (stage_job.h) and gives a BuiltStage. Whoever wants images
// built knows these three, and not how.
#pragma once

#include <optional>
#include <string>

#include "base/cancel.h"
#include "base/error.h"
#include "base/event.h"
#include "base/json.h"
#include "engine/forecast.h"
#include "engine/lost_result.h"
#include "engine/stage_job.h"
#include "oci/image_repo.h"
#include "stages/lint.h"

namespace ixian::engine {

// Thread-safe: several stages may be built at once. Outlived by nothing that it gives out.
class Engine {
 public:
  virtual ~Engine() = default;

  // What the engine has under `name`, a reference as text; nullopt where there is nothing. For a daemon that
  // knows no manifests the digest is the image's ID.
  virtual std::optional<oci::Descriptor> resolve(const std::string& name) = 0;

  // The `config` object of the configuration of such an image, where the engine knows it by its ID and has no
  // manifest of it; null otherwise.
  virtual base::Json image_runtime(const std::string&) { return nullptr; }

  // Builds the stage, or finds that it has been built. Every stage and instruction is an activity of `sink`,
  // with each line that its command writes. The image is in the engine's place when this returns, under
  // `job.tags`, or without a name (`job.lazy_layers`: see there). What goes to `job.cache_to` may still be
  // written in the background then, so that `sink` and `cancellation` outlive the engine. Throws
  // Error{kTaskFailed} for an instruction that failed, whose message names the instruction, its line in the
  // Dockerfile and its exit code; Error{kUsage} for a Dockerfile, a target or a secret that cannot be used;
  // Error{kRegistry} for a base image, LostResult for one of `job.stages`; Cancelled, after which nothing is
  // left but what the cache can use.
  virtual BuiltStage build(const StageJob& job, base::EventSink& sink, base::Cancellation& cancellation) = 0;

  // What build() would do, without any of it: nothing is written in the engine's place or anywhere else.
  // Throws what build() throws before it runs anything; Error{kUsage} where an engine cannot tell.
  virtual BuildForecast forecast(const StageJob&, base::EventSink&, base::Cancellation&) {
    throw base::Error(base::ErrorCode::kUsage, "this engine does not support --dry-run");
  }

  // What is allowed in the job's Dockerfile and probably not meant. Nothing is run. An engine that can ask
  // for base images knows more of them; one that cannot be had is no error. What keeps the file from being
  // built is the report's `failure`.
  virtual stages::LintReport check(const StageJob& job, base::EventSink& sink,
                                   base::Cancellation& cancellation);

  // Names the image that `ref` finds in `from` `name`, moving what is missing. `name` is a reference as text.
  virtual void import_image(oci::ImageRepo& from, const std::string& ref, const std::string& name,
                            base::Cancellation& cancellation) = 0;

  // Copies the image `name` (a reference, or the digest of a manifest that build() gave) to `ref` of `to`,
  // moving what is missing there. Throws LostResult where a part of it can be had no more, and could be built
  // again.
  virtual oci::Descriptor export_image(const std::string& name, oci::ImageRepo& to, const std::string& ref,
                                       base::Cancellation& cancellation) = 0;

  // Returns when nothing is written to a `cache_to` any more: it is there, or was given up. An activity of
  // `sink` where that is still to be waited for. The destructor does the same, without a word.
  virtual void wait_for_cache(base::EventSink&) {}

  // Takes the name away. False where there is none of that name.
  virtual bool remove_image(const std::string& name) = 0;
};

}  // namespace ixian::engine
