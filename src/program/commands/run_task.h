// `ix TASK`.
#pragma once

#include "cli/options.h"

namespace ixian::cli {

class Workspace;

// Returns the exit code. Failures have been reported to the sink by then. Throws base::Error for what is
// wrong before anything runs.
int run_task(Workspace& workspace, const Options& options);

}  // namespace ixian::cli
