#include "fetch/fetch_limits.h"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "dockerfile/go_values.h"

namespace ixian::fetch {

std::uint64_t parse_fetch_limit(const std::string& name, std::string_view text) {
  const auto bytes = dockerfile::parse_size(text);
  if (!bytes || *bytes == 0)
    throw std::invalid_argument(
        fmt::format("invalid value \"{1}\" for {0} (expected: a size such as 500m or 8g)", name, text));
  return *bytes;
}

std::chrono::seconds parse_fetch_timeout(const std::string& name, std::string_view text) {
  const auto time = dockerfile::parse_duration(text);
  if (!time || *time < std::chrono::seconds(1)) {
    throw std::invalid_argument(
        fmt::format("invalid value \"{1}\" for {0} (expected: a duration of at least 1s, such as 90s or 2h)",
                    name, text));
  }
  return std::chrono::duration_cast<std::chrono::seconds>(*time);
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 4> kUnits = {"bytes", "KiB", "MiB", "GiB"};
  std::size_t unit = 0;
  while (unit + 1 < kUnits.size() && bytes != 0 && bytes % 1024 == 0) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{} {}", bytes, kUnits.at(unit));
}

}  // namespace ixian::fetch
