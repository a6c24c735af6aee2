// Points in time as AWS and the programs around it write them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/json.h"

namespace ixian::aws {

using Time = std::chrono::system_clock::time_point;

// ISO 8601 ("2026-01-31T12:00:00Z", with fractions, "+01:00", "+0100", "UTC" or no zone, which is UTC) or
// seconds since 1970, whole or not. What lies beyond the year 2255 counts as then, before 1970 as 1970.
// Throws std::invalid_argument.
Time parse_time(std::string_view text);

// The same, or a JSON number of seconds.
Time parse_time(const base::Json& value);

// "2026-01-31 12:00:00 UTC".
std::string utc_text(Time time);

}  // namespace ixian::aws
