// `ix TASK`.
#pragma once

#include "cli/options.h"

namespace ixian::app {
class Workspace;
}  // namespace ixian::app

namespace ixian::commands {

// Returns the exit code. Failures have been reported to the sink by then. Throws base::Error for what is
// wrong before anything runs.
int run_task(app::Workspace& workspace, const cli::Options& options);

}  // namespace ixian::commands
