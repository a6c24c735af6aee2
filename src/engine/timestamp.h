// Times in image configurations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ixian::engine {

// RFC 3339 in UTC: of now with nanoseconds, or of `fixed`, in seconds since 1970.
std::string timestamp(const std::optional<std::int64_t>& fixed);

}  // namespace ixian::engine
