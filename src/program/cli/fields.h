// Values of options that have parts.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ixian::cli {

using Fields = std::vector<std::pair<std::string, std::string>>;

// "a=b,c=d" with double quotes around fields that hold commas, as CSV has it. `flag` is for messages. Throws
// base::Error{kUsage}.
Fields parse_fields(const std::string& flag, const std::string& text);

}  // namespace ixian::cli
