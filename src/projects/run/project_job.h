// What an engine is asked to build for a project.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/stage_job.h"
#include "fetch/fetch_limits.h"
#include "task/stage_declaration.h"

namespace ixian::run {

// The same for all images of a run.
struct ProjectBuildOptions {
  std::vector<std::string> excluded;  // as in engine::StageJob
  unsigned jobs = 0;
  std::int64_t source_date_epoch = 0;
  engine::BuildNetwork network = engine::BuildNetwork::kDefault;
  std::map<std::string, std::string> proxies;  // as in engine::StageJob
  engine::RunLimits limits;
};

// "default", "none" or "host", as DOCKER.BUILD_NETWORK has it. Throws Error{kProject}.
engine::BuildNetwork parse_build_network(const std::string& text);

// DOCKER.BUILD_MEMORY and its like, "" where they are unset. Throws Error{kProject}.
engine::RunLimits parse_run_limits(const std::string& memory, const std::string& pids, const std::string& shm,
                                   const std::vector<std::string>& ulimits);

// DOCKER.FETCH_LIMIT and DOCKER.FETCH_TIMEOUT, in the same way.
fetch::FetchLimits parse_fetch_limits(const std::string& bytes, const std::string& time);

// The declared stage as an image of that name, from files as git knows them. Its build arguments are those
// that are declared. Throws Error{kProject} for a secret that cannot be meant; Error{kUsage} for a platform.
engine::StageJob make_stage_job(const task::StageDeclaration& stage, const std::string& name,
                                const ProjectBuildOptions& run_options);

}  // namespace ixian::run
