// Link (RFC 8288), as lists that come in parts use it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ixian::registry {

// The target of the first link whose rel has the word "next", as it was written (maybe relative); nullopt
// where there is none. A field that is not written as RFC 8288 has it could have been meant as one, so that
// the list would seem to end: then std::invalid_argument, with the field, printable and not too long.
std::optional<std::string> next_link(const std::vector<std::string_view>& fields);

}  // namespace ixian::registry
