// Whether this machine can run a RUN at all, asked before anything is fetched for it.
#pragma once

#include <string>

#include "sandbox/run_spec.h"

namespace ixian::sandbox {

// Tries what run() will need: to be root, or so in a user namespace; the kinds of namespaces, and in them
// /proc and /sys; a runtime; for kIsolated the programs that carry the traffic. All that is missing is named
// at once. Throws Error{kTaskFailed}, or Error{kUsage} for programs that are to be installed. Some
// milliseconds the first time. Thread-safe.
void require_run(Network network, const std::string& other_networks);

}  // namespace ixian::sandbox
