// Link (RFC 8288), as tag lists use it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ixian::registry {

// The target of the first link whose rel has the word "next", as it was written (maybe relative); nullopt
// where there is none.
std::optional<std::string> next_link(const std::vector<std::string_view>& fields);

}  // namespace ixian::registry
