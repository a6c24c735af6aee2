// Points in time as protocols, cloud services and image configurations write them, and spans as people do.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ixian::base {

using WallTime = std::chrono::system_clock::time_point;

// RFC 3339 and what else goes by the name of ISO 8601: "2026-01-31T12:00:00Z", with a space in place of the
// T, with fractions (they are dropped), and as zone "+01:00", "+0100", "+01", "UTC", "GMT" or nothing, which
// is UTC. A leap second is the second after it. nullopt for anything else, whichever year it is.
std::optional<std::chrono::sys_seconds> parse_timestamp(std::string_view text);

// The three forms of RFC 9110 section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37
// GMT" (a year that would lie more than 50 years after `now` is of the century before), "Sun Nov  6 08:49:37
// 1994". nullopt for anything else. The name of the day is not checked against the date, and years that
// system_clock cannot hold are the nearest that it can.
std::optional<WallTime> parse_http_date(std::string_view text, WallTime now);

// RFC 3339 in UTC, "2026-01-31T12:00:00.123456789Z": of now, or of `fixed`, in seconds since 1970 and without
// a fraction.
std::string rfc3339_text(const std::optional<std::int64_t>& fixed);

// "2026-01-31 12:00:00 UTC", for people.
std::string utc_text(WallTime time);

// "2s", "0.4s".
std::string duration_text(std::chrono::milliseconds time);

}  // namespace ixian::base
