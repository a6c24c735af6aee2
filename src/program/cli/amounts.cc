// Sizes and ages as people write them. kB and MB are powers of ten, KiB and MiB of two, as on a disk's label
// and in `df -H`.
#include "cli/amounts.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace ixian::cli {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};
constexpr Unit kSizes[] = {{"", 1},       {"B", 1},         {"kB", 1e3},         {"KB", 1e3},
                           {"K", 1e3},    {"k", 1e3},       {"MB", 1e6},         {"M", 1e6},
                           {"GB", 1e9},   {"G", 1e9},       {"TB", 1e12},        {"T", 1e12},
                           {"KiB", 1024}, {"MiB", 1 << 20}, {"GiB", 1ull << 30}, {"TiB", 1ull << 40}};
constexpr Unit kAges[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}};

// "1.5GB", "10 GB": a number that is not negative, and one of the units.
template <std::size_t count>
std::optional<double> quantity(std::string_view text, const Unit (&units)[count]) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || std::signbit(number)) return std::nullopt;
  const std::string_view name = base::trim(text.substr(static_cast<std::size_t>(end - text.data())));
  for (const Unit& unit : units) {
    if (unit.name == name && number * unit.factor < 9e18) return number * unit.factor;
  }
  return std::nullopt;
}

}  // namespace

std::uint64_t parse_size(const std::string& option, const std::string& text) {
  if (const auto bytes = quantity(text, kSizes)) return static_cast<std::uint64_t>(*bytes);
  throw base::Error(
      base::ErrorCode::kUsage,
      fmt::format("invalid value \"{1}\" for {0} (expected: a size such as 10GB, 500MB or 2GiB)", option,
                  base::printable_path(text)));
}

std::chrono::seconds parse_age(const std::string& option, const std::string& text) {
  if (const auto seconds = quantity(text, kAges)) return std::chrono::seconds(std::llround(*seconds));
  throw base::Error(base::ErrorCode::kUsage,
                    fmt::format("invalid value \"{1}\" for {0} (expected: an age such as 7d, 12h, 30m or 2w)",
                                option, base::printable_path(text)));
}

}  // namespace ixian::cli
