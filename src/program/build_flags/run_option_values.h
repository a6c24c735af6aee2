// The values of `ix build`'s options that say what a RUN gets.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/run_limits.h"

namespace ixian::build_flags {

// All throw base::Error{kUsage}.

// Of --add-host: "name:address", "name=address", an IPv6 address with or without brackets; several with
// commas between. Names with their addresses.
std::vector<std::pair<std::string, std::string>> parse_extra_hosts(const std::string& text);

// Of --dns.
std::string parse_name_server(const std::string& text);

// What only holds of several limits together.
void check_together(const engine::RunLimits& limits);

}  // namespace ixian::build_flags
