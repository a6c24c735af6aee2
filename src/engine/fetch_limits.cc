#include "engine/fetch_limits.h"

#include <fmt/format.h>

#include <array>

namespace ixian::engine {

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 4> kUnits = {"bytes", "KiB", "MiB", "GiB"};
  std::size_t unit = 0;
  while (unit + 1 < kUnits.size() && bytes != 0 && bytes % 1024 == 0) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{} {}", bytes, kUnits.at(unit));
}

}  // namespace ixian::engine
