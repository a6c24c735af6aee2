// Paths as numbers of 64 bits.
#pragma once

#include <cstdint>
#include <string_view>

namespace ixian::layer {

// SipHash-1-3 under a key of this process: who writes the names cannot know which ones meet.
std::uint64_t path_hash(std::uint64_t start, std::string_view bytes);

}  // namespace ixian::layer
