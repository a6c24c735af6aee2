// Points in time as AWS and the programs around it write them.
#pragma once

#include <chrono>
#include <string_view>

#include "base/json.h"

namespace ixian::aws {

using Time = std::chrono::system_clock::time_point;

// What base::parse_timestamp() reads, or seconds since 1970, whole or not. What lies beyond the year 2255
// counts as then, before 1970 as 1970. Throws std::invalid_argument.
Time parse_time(std::string_view text);

// The same, or a JSON number of seconds.
Time parse_time(const base::Json& value);

}  // namespace ixian::aws
