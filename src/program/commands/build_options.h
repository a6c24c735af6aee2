// The command line of `ix build`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "build_context/all_contexts.h"
#include "cli/command.h"
#include "cli/parser.h"
#include "engine/stage_job.h"
#include "exporter/output.h"
#include "fetch/fetch_limits.h"

namespace ixian::commands {

// --call: what is asked of the Dockerfile in place of a build.
struct BuildCall {
  enum class Method { kBuild, kCheck, kOutline, kTargets };
  Method method = Method::kBuild;
  bool json = false;
  bool ignore_status = false;  // warnings of kCheck do not make the exit code 1
};

// The names are those of -t.
struct BuildOptions : exporter::ExportOptions {
  engine::StageJob job;  // its context and its Dockerfile are opened later
  build_context::ContextRequest contexts;
  bool fills_standard_output = false;  // an output goes there, and nothing else should
  fetch::FetchLimits fetch_limits;     // of ADD
  BuildCall call;
  bool quiet = false;              // the image ID is all that is printed
  int retries = 5;                 // of a request to a registry
  std::string auth_file;           // "": that of REGISTRY_AUTH_FILE
  std::vector<std::string> notes;  // what was asked for and has no effect, one line each
};

cli::CommandSpec build_spec();

// Opens neither the context nor the Dockerfile. Throws base::Error{kUsage}.
BuildOptions read_build_options(const cli::ParsedCommand& line);

// The options of build_spec() that it knows what to do with, besides those without effect. For tests.
std::vector<std::string_view> handled_build_options();

}  // namespace ixian::commands
