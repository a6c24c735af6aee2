// The options of `ix build` that are there for command lines written for other tools.
#pragma once

#include <vector>

#include "cli/command.h"

namespace ixian::build_flags {

// What `docker build`, `docker buildx build` and `buildah build` have besides build_spec()'s own options,
// none of it shown in help: done, taken without effect (OptionSpec::inert), or refused with what to do
// instead.
std::vector<cli::OptionSpec> compat_options();

}  // namespace ixian::build_flags
