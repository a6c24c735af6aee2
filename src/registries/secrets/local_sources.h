// Secrets that this machine has: variables, files, and what commands print.
//
// All throw Error{kRegistry} with what is wrong and what to do; which reference it was, the caller adds.
#pragma once

#include <string>

#include "aws/credentials.h"
#include "base/cancel.h"
#include "base/secret.h"

namespace ixian::secrets {

// A variable that is set, and not to nothing.
base::Secret load_from_environment(const std::string& name, const aws::Environment& environment);

// The whole file without one newline at its end. "~/" is the home folder; a relative path starts in the
// current one.
base::Secret load_from_file(const std::string& path, const aws::Environment& environment);

// What `/bin/sh -c command` prints on its standard output, without one newline at its end. It is given a
// minute, no terminal, and an empty standard input.
base::Secret load_from_command(const std::string& command, base::Cancellation& cancellation);

}  // namespace ixian::secrets
