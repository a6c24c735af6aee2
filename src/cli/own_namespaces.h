// The namespaces that building happens in, which a process can only enter while it has one thread.
#pragma once

#include "cli/options.h"

namespace ixian::cli {

// Called first of all: enters where the command line is certain to be one of ours that needs it. A project
// may have a task of that name, and is not loaded yet; then nothing happens here.
void enter_own_namespaces(const Options& options, bool project_exists);

// For the command itself: where the namespaces have not been entered, starts this program anew, in place,
// which then does that first.
void require_own_namespaces();

}  // namespace ixian::cli
