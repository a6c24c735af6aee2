// The command line of `ix build`.
#pragma once

#include <string>
#include <vector>

#include "engine/stage_job.h"
#include "exporter/output.h"
#include "fetch/fetch_limits.h"

namespace ixian::commands {

// The names are those of -t.
struct BuildOptions : exporter::ExportOptions {
  engine::StageJob job;
  bool dry_run = false;
  bool fills_standard_output = false;  // one of the files above goes there, and nothing else should
  fetch::FetchLimits fetch_limits;     // of ADD
};

// Reads the Dockerfile, too. Throws base::Error{kUsage}.
BuildOptions parse_build_options(const std::vector<std::string>& args);

std::string build_usage();

}  // namespace ixian::commands
