// Flags and options of ix's own commands.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ixian::cli {

// Removes `flag` from `args`; whether it was there.
bool take_flag(std::vector<std::string>& args, std::string_view flag);

// Removes `--name VALUE` or `--name=VALUE`; the last one counts. Throws base::Error{kUsage} where the value
// is missing.
std::optional<std::string> take_option(std::vector<std::string>& args, std::string_view name);

// What is left must be `least` to `most` plain arguments. Throws base::Error{kUsage} with `usage` ("ix image
// copy SOURCE DESTINATION"), in which all options stand that there are.
void require_arguments(const std::vector<std::string>& args, std::size_t least, std::size_t most,
                       const std::string& usage);

// For an option that `command` ("image copy", the name of a task) does not have: one of ix's own stands in
// the wrong place; of another, `known` may have what was meant. `usage` is "" or a call.
base::Error unknown_option(const std::string& option, std::string_view command,
                           const std::vector<std::string>& known, const std::string& usage);

}  // namespace ixian::cli
