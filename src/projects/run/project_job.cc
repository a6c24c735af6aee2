// An image stage of a project as a job for an engine: what the key covers, and how the project wants it
// built. Files are seen as git sees them and all times are fixed, so that equal keys give equal images on all
// machines.
#include "run/project_job.h"

#include <fmt/format.h>

#include <cstdlib>
#include <stdexcept>

#include "base/error.h"
#include "base/text.h"
#include "oci/platform.h"

namespace ixian::run {
namespace {

// "file:/run/secret" or "env:TOKEN".
engine::SecretSource secret_source(const std::string& id, const std::string& where) {
  if (where.starts_with("env:")) return {id, "", where.substr(4)};
  if (where.starts_with("file:")) return {id, where.substr(5), ""};
  throw base::Error(base::ErrorCode::kProject,
                    fmt::format("invalid source of the secret {}: {} (expected: file:/path or env:NAME)", id,
                                where.substr(0, where.find(':'))));
}

// "default", "ID=PLACE,PLACE". Whether they are there is asked by the RUN that needs them.
engine::SshSource ssh_source(const std::string& text) {
  const std::size_t equals = text.find('=');
  engine::SshSource source{text.substr(0, equals), {}};
  if (equals != std::string::npos) {
    for (const std::string_view place : base::split(std::string_view(text).substr(equals + 1), ','))
      source.places.emplace_back(place);
  } else if (const char* agent = ::getenv("SSH_AUTH_SOCK"); agent != nullptr && *agent != '\0') {
    source.places = {agent};
  }
  return source;
}

}  // namespace

engine::BuildNetwork parse_build_network(const std::string& text) {
  if (text == "default") return engine::BuildNetwork::kDefault;
  if (text == "none") return engine::BuildNetwork::kNone;
  if (text == "host") return engine::BuildNetwork::kHost;
  throw base::Error(
      base::ErrorCode::kProject,
      fmt::format("invalid value \"{}\" for DOCKER.BUILD_NETWORK (expected: default, none, host)", text));
}

engine::RunLimits parse_run_limits(const std::string& memory, const std::string& pids, const std::string& shm,
                                   const std::vector<std::string>& ulimits) {
  try {
    engine::RunLimits limits;
    if (!memory.empty()) limits.memory = engine::parse_memory_limit("DOCKER.BUILD_MEMORY", memory);
    if (!pids.empty()) limits.pids = engine::parse_pids_limit("DOCKER.BUILD_PIDS_LIMIT", pids);
    if (!shm.empty()) limits.shm = engine::parse_shm_size("DOCKER.BUILD_SHM_SIZE", shm);
    for (const std::string& ulimit : ulimits)
      limits.ulimits.push_back(engine::parse_ulimit("DOCKER.BUILD_ULIMITS", ulimit));
    return limits;
  } catch (const std::invalid_argument& error) {
    throw base::Error(base::ErrorCode::kProject, error.what());
  }
}

fetch::FetchLimits parse_fetch_limits(const std::string& bytes, const std::string& time) {
  try {
    fetch::FetchLimits limits;
    if (!bytes.empty()) limits.bytes = fetch::parse_fetch_limit("DOCKER.FETCH_LIMIT", bytes);
    if (!time.empty()) limits.time = fetch::parse_fetch_timeout("DOCKER.FETCH_TIMEOUT", time);
    return limits;
  } catch (const std::invalid_argument& error) {
    throw base::Error(base::ErrorCode::kProject, error.what());
  }
}

engine::StageJob make_stage_job(const task::StageDeclaration& stage, const std::string& name,
                                const ProjectBuildOptions& run_options) {
  engine::StageJob job;
  job.of_project = true;
  job.dockerfile = stage.dockerfile;
  job.dockerfile_name = stage.dockerfile_name;
  job.dockerfile_path = stage.dockerfile_path;
  job.context = stage.context;
  for (const task::StageContext& each : stage.contexts)
    job.contexts.push_back({each.name, each.image, each.remote, each.folder});
  job.excluded = run_options.excluded;
  job.tags = {name};
  job.target = stage.target;
  if (!stage.platform.empty()) job.platform = oci::parse_platform(stage.platform);
  job.build_args = stage.build_args;
  for (const auto& [id, where] : stage.secrets) job.secrets.push_back(secret_source(id, where));
  for (const std::string& text : stage.ssh) job.ssh.push_back(ssh_source(text));
  // Keys see files as git does, so layers must, too.
  job.modes = engine::ContextModes::kGit;
  job.source_date_epoch = run_options.source_date_epoch;
  job.jobs = run_options.jobs;
  job.network = run_options.network;
  job.proxies = run_options.proxies;
  job.limits = run_options.limits;
  return job;
}

}  // namespace ixian::run
