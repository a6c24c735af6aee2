// Dates as HTTP writes them.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace ixian::http {

// The three forms of RFC 9110 section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37
// GMT" (a year that would lie more than 50 years after `now` is of the century before), "Sun Nov  6 08:49:37
// 1994". nullopt for anything else. The name of the day is not checked against the date,
// and years that system_clock cannot hold are the nearest that it can.
std::optional<std::chrono::system_clock::time_point> parse_http_date(
    std::string_view text, std::chrono::system_clock::time_point now);

}  // namespace ixian::http
