// The command line of `ix build`.
#pragma once

#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/parser.h"
#include "engine/stage_job.h"
#include "exporter/output.h"
#include "fetch/fetch_limits.h"

namespace ixian::commands {

// The names are those of -t.
struct BuildOptions : exporter::ExportOptions {
  engine::StageJob job;
  bool fills_standard_output = false;  // an output goes there, and nothing else should
  fetch::FetchLimits fetch_limits;     // of ADD
};

cli::CommandSpec build_spec();

// Reads the Dockerfile, too. Throws base::Error{kUsage}.
BuildOptions read_build_options(const cli::ParsedCommand& line);

// The options of build_spec() that it knows what to do with. For tests.
std::vector<std::string_view> handled_build_options();

}  // namespace ixian::commands
