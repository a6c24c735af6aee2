// The flags of ix that are understood before and after its commands: one row each, of which all else is made.
#pragma once

#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/parser.h"

namespace ixian::cli {

const std::vector<OptionSpec>& global_flags();

// Those that a command obeys that only asks.
inline const std::vector<std::string_view> kOnlyAsks = {"--dry-run"};

// Those of a command that is about a plan: all that change what would run.
inline const std::vector<std::string_view> kPlans = {"--force",   "--force-all", "--clean", "--clean-all",
                                                     "--dry-run", "--jobs",      "--push",  "--no-push",
                                                     "--no-pull", "--engine"};

// Adds what the flags ask for. Throws base::Error{kUsage} for values that are none.
void apply_flags(Options& options, const std::vector<ParsedOption>& flags);

}  // namespace ixian::cli
