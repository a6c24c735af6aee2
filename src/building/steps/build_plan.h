// What is to be done for an image, before anything is: data that only asking has made.
//
// The front door of this room: from a StageJob and its Dockerfile to Steps with their keys. Out comes a
// BuildPlan of StagePlans, which nobody changes any more, and, once stages are built, what their images say
// of them (image_manifest.h). Questions are asked for it, but no layer is read and nothing is run.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "context/selection.h"
#include "engine/stage_job.h"
#include "fetch/fetcher.h"
#include "pattern/ignore_rules.h"
#include "snapshot/base_images.h"
#include "stages/lint.h"
#include "stages/scope.h"
#include "stages/stage_graph.h"
#include "steps/image_config_builder.h"
#include "steps/mounted_context.h"

namespace ixian::steps {

// An instruction with its words replaced by their values.
struct Step {
  dockerfile::Instruction instruction;
  base::SourcePtr source;  // that its position points into
  std::vector<stages::InputRef> origins;
  std::string title;         // the instruction as it is written, on one line
  std::string history;       // the same in Docker's words
  bool makes_layer = false;  // RUN, COPY, ADD, WORKDIR

  // Of instructions that make files.
  std::shared_ptr<const ImageConfigBuilder> settings;  // as they are before it
  std::vector<stages::Variable> environment;           // of a RUN
  std::optional<std::string> hostname;                 // of a RUN, where a build argument says one
  std::vector<context::SelectedSource> selection;      // of a COPY or ADD from the context
  std::vector<stages::RemoteSource> remote;            // of an ADD, in the order of its sources
  base::Json definition;
  std::string key;  // by definition
  bool certain =
      true;  // no stage that it stands on or takes from is run without the cache, so `key` may be asked

  // An error at the instruction: "Dockerfile:3:1: …" with the line below.
  base::Error error(const std::string& sentence) const {
    return source->error(instruction.where.begin, sentence);
  }
};

struct StagePlan {
  std::size_t index = 0;
  std::string label;
  oci::Platform platform;
  stages::InputRef base;
  std::shared_ptr<const snapshot::BaseImage> base_image;  // where it is one
  std::string base_key;
  std::vector<Step> steps;
  std::shared_ptr<const ImageConfigBuilder> settings;  // of its image
  bool use_cache = true;
  bool certain = true;  // what takes from it may be asked for by its key by definition

  // Of the last instruction that makes files, else of the base.
  std::string key() const;
};

struct BuildPlan {
  std::size_t target = 0;
  std::map<std::size_t, StagePlan> stages;  // those that the target needs
  std::map<std::string, std::shared_ptr<const snapshot::BaseImage>>
      images;  // of COPY --from and mounts, by name
  std::optional<std::int64_t> source_date_epoch;
  std::vector<std::string> build_arguments;  // proxies, for every RUN: "NAME=value"
};

// What planning asks.
struct PlanContext {
  std::shared_ptr<const context::FileView>
      context;                    // without what .dockerignore leaves out; null: there is none
  files::StatCache& known_files;  // of the context
  snapshot::BaseImages& bases;
  fetch::Fetcher& remote;
  base::EventSink& sink;
  base::Cancellation& cancellation;
  MountedContext& mounted;                                                  // of `context`
  const pattern::IgnoreRules* ignored = nullptr;                            // what is left out of `context`
  std::map<std::string, std::shared_ptr<const context::FileView>> named{};  // by name, of directories

  // What a COPY or ADD takes from: of the context that its origin names, null where there is none.
  const std::shared_ptr<const context::FileView>& context_of(const Step& step) const;
};

// Tells what lint() finds to the sink, first of all, whether or not the plan can be made. Throws Error that
// points at the place in the Dockerfile; Error{kUsage} for a target that is not there.
BuildPlan make_build_plan(const engine::StageJob& job, const PlanContext& sources);

// As Engine::check(), of the target, or of the whole file where the job names none.
stages::LintReport check_dockerfile(const engine::StageJob& job, const PlanContext& sources);

// What a step takes from stages and images, for its key; `key_of` gives a stage's.
base::Json origin_keys(const Step& step, const BuildPlan& plan,
                       const std::function<std::string(std::size_t stage)>& key_of);

}  // namespace ixian::steps
