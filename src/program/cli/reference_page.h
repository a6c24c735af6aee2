// The reference in docs/, made from tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace ixian::cli {

// A section in Markdown with the heading "ix image copy"; the subcommands' sections follow it.
std::string reference_section(const CommandSpec& command, std::string_view path,
                              const std::vector<OptionSpec>& globals);

// A table of options, for each of their groups.
std::string reference_options(const std::vector<OptionSpec>& options);

}  // namespace ixian::cli
