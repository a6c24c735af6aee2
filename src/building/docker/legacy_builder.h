// What the builder of a Docker daemon is asked through its API: the one that Docker had before BuildKit,
// which needs gRPC. It knows less of the language.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/source_text.h"
#include "dockerfile/dockerfile.h"
#include "engine/stage_job.h"

namespace ixian::docker {

// An instruction as the builder counts them.
struct BuilderStep {
  std::string stage;  // its name, "" of an ARG before the first FROM
  std::string title;  // on one line, as it is written
  base::Position at;
};

struct LegacyBuild {
  base::SourcePtr source;
  std::vector<BuilderStep> steps;   // from the first to the last one of the target
  std::vector<std::string> images;  // that it begins with or takes from, as references
};

// Throws Error{kUsage}, at its place in the Dockerfile, for what the builder cannot do, with what to do; and
// for what of `job` it cannot; Error as dockerfile::parse() does.
LegacyBuild plan_classic_build(const engine::StageJob& job);

}  // namespace ixian::docker
