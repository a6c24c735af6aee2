// JSON as this program uses it: keys sorted, canonical when hashed, bounded when read from outside.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace ixian::base {

using Json = nlohmann::json;

// Keys sorted, no white space, UTF-8 as it is: equal values give equal bytes. What hashes are made over.
// Bytes that are not UTF-8 become U+FFFD, so escape names with printable_path() first where that matters.
std::string canonical_json(const Json& value);

// Parses at most `max_bytes` nested at most `max_depth` deep. Throws std::invalid_argument with the reason.
Json parse_json(std::string_view text, std::size_t max_bytes = 64u << 20, int max_depth = 256);

// The same for what strangers wrote, where two readers must not see two things in one document: an object
// that has a key twice is refused too, and so is a byte order mark. The reason is one short line that can be
// printed.
Json parse_json_strict(std::string_view text, std::size_t max_bytes = 64u << 20, int max_depth = 256);

}  // namespace ixian::base
