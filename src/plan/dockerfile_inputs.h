// What a Dockerfile takes from outside for one target: images, build arguments, files of the context.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plan/known_scope.h"
#include "task/image_stage.h"

namespace ixian::plan {

// One COPY or ADD, or one mount, that reads the build context.
struct ContextRead {
  std::vector<std::string> sources;  // for context::select()
  std::vector<std::string> excludes;
  bool parents = false;
  dockerfile::Position at;
  dockerfile::SourcePtr source;  // what `at` points into
};

struct DockerfileInputs {
  struct Image {
    const task::StageArgument* stage = nullptr;  // of the declared ones: an image of the project
    std::string name;                            // of a foreign image, as the Dockerfile names it
    std::string platform;
    dockerfile::Position at;
    dockerfile::SourcePtr source;
  };
  std::vector<Image> images;  // in the order of the file, once each for its platform

  // Names of build arguments and stage arguments on offer that make a difference to the target.
  std::set<std::string> arguments;
  // Those of the declared build arguments that a build is given: the former, and what every RUN sees unasked
  // (proxies).
  std::set<std::string> given;
  std::vector<std::string> unused;  // declared build arguments that the Dockerfile has no ARG for

  std::vector<ContextRead> reads;
  bool whole_context = false;  // which files are read cannot be told, so all of them count

  // For a Dockerfile that stands on this image.
  KnownEnvironment environment;
  std::vector<std::string> triggers;  // its ONBUILD instructions
};

// What is known of the image that a stage argument stands for; null where that has not been read yet.
using InputsOfStage = std::function<const DockerfileInputs*(const task::StageArgument& argument)>;

// `platform` is the target's. nullopt as soon as `inputs_of_stage` gives null, which it is only asked for of
// stages that the target stands on. ONBUILD of foreign images is not known and not counted. Points into
// `declared`. Throws Error{kTaskFailed} or {kUsage} at the place in the Dockerfile, and what
// `inputs_of_stage` throws. No I/O of its own.
std::optional<DockerfileInputs> dockerfile_inputs(const task::ImageStage& declared,
                                                  const std::string& platform,
                                                  const InputsOfStage& inputs_of_stage);

// Whether arguments that stand for stages have been used in parts of the name ("$FROM_REPOSITORY:1").
bool holds_stage_argument(const std::string& image_name);

// Such a name with the stages' real names in place of the arguments; any other as it is.
std::string with_real_names(std::string name, const task::ImageStage& declared,
                            const std::function<std::string(const std::string& task)>& image_of);

}  // namespace ixian::plan
