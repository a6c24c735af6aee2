// What a Dockerfile takes from outside for one target: images, build arguments, files of the context.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "keys/partial_scope.h"
#include "stages/remote_source.h"
#include "stages/stage_graph.h"
#include "task/stage_declaration.h"

namespace ixian::keys {

// One COPY or ADD, or one mount, that reads the build context.
struct ContextRead {
  std::vector<std::string> sources;  // for context::select()
  std::vector<std::string> excludes;
  bool parents = false;
  std::string context{};  // a named one; "" is the image's own
  base::Position at;
  base::SourcePtr source;  // what `at` points into
};

// What an image that is none of the project's means for a Dockerfile that stands on it.
struct BaseFacts {
  PartialEnvironment environment;
  std::vector<std::string> triggers;  // its ONBUILD instructions
};

struct DockerfileInputs {
  struct Image {
    const task::StageArgument* stage = nullptr;  // of the declared ones: an image of the project
    std::string name;                            // of a foreign image, as the Dockerfile names it
    std::string platform;
    bool unknown = false;  // the Dockerfile stands on it, and nobody has said what that means
    base::Position at;
    base::SourcePtr source;
  };
  std::vector<Image> images;  // in the order of the file, once each for its platform

  // A stage of the Dockerfile that the target needs, the triggers of its base among its instructions.
  struct Stage {
    std::size_t index = 0;  // in the Dockerfile
    stages::InputRef base;
    std::string platform;
    base::Position at;
    std::vector<stages::StageInstruction> steps;  // of an ARG that is given a value, the default is gone
  };
  std::vector<Stage> stages;
  char escape = '\\';

  // Names of build arguments and stage arguments on offer that stages of the target see.
  std::set<std::string> arguments;
  // Values that stages see of ARGs above the first FROM, and of automatic ones (TARGETARCH, BUILDPLATFORM …).
  // Parts of them may stand for stages: see with_real_names().
  std::map<std::string, std::string> values;
  // Names of all arguments on offer that the target has a use for: `arguments`, and those that only say which
  // image or platform is meant.
  std::set<std::string> used;
  // Those of the declared build arguments that a build is given: the former, and what every RUN sees unasked
  // (proxies).
  std::set<std::string> given;
  std::vector<std::string> unused;  // declared build arguments that the Dockerfile has no ARG for

  // What ADD takes from elsewhere.
  struct Remote {
    stages::RemoteSource what;
    base::Position at;
    base::SourcePtr source;
  };
  std::vector<Remote> remotes;
  std::vector<std::string> untold;  // such sources, as they are written, whose address is known late

  std::vector<ContextRead> reads;
  bool whole_context = false;  // which files are read cannot be told, so all of them count

  // For a Dockerfile that stands on this image.
  PartialEnvironment environment;
  std::vector<std::string> triggers;  // its ONBUILD instructions
};

// What is known of the image that a stage argument stands for; null where that has not been read yet.
using InputsOfStage = std::function<const DockerfileInputs*(const task::StageArgument& argument)>;

// What is known of a foreign image that the target stands on; null where nobody has been asked yet.
using FactsOfBase = std::function<const BaseFacts*(const std::string& image, const std::string& platform)>;

// `platform` is the target's. nullopt as soon as `inputs_of_stage` gives null, which it is only asked for of
// stages that the target stands on. Of a base that `facts_of_base` knows nothing of, neither triggers nor
// environment are counted, and its image is marked: ask, and read again. Points into `declared`. Throws
// Error{kTaskFailed} or {kUsage} at the place in the Dockerfile, and what `inputs_of_stage` throws. No I/O of
// its own.
std::optional<DockerfileInputs> dockerfile_inputs(const task::StageDeclaration& declared,
                                                  const std::string& platform,
                                                  const InputsOfStage& inputs_of_stage,
                                                  const FactsOfBase& facts_of_base);

// What the declared contexts mean for a StageGraph.
std::vector<stages::NamedContext> named_contexts(const task::StageDeclaration& declared);

// What the Dockerfile is read with: arguments that stand for stages have values that no image is called.
stages::ScopeOptions options_of(const task::StageDeclaration& declared, const std::string& platform);

// Whether arguments that stand for stages have been used in parts of the name ("$FROM_REPOSITORY:1").
bool holds_stage_argument(const std::string& image_name);

// The one of the declared arguments that such a name is, null where it is another image's.
const task::StageArgument* stage_named(const task::StageDeclaration& declared, const std::string& image_name);

// Such a name with the stages' real names in place of the arguments; any other as it is.
std::string with_real_names(std::string name, const task::StageDeclaration& declared,
                            const std::function<std::string(const std::string& task)>& image_of);

}  // namespace ixian::keys
