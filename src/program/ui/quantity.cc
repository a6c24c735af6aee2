// Times and amounts for people: as many digits as one reads, and never a value that has not been reached.
#include "ui/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace ixian::ui {
namespace {

// Whole seconds, never rounded up: a clock does not show what has not passed.
std::uint64_t whole(double seconds) {
  return static_cast<std::uint64_t>(std::floor(std::max(0.0, seconds)));
}

std::string format_long(std::uint64_t seconds) {
  if (seconds < 3600) return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
  return fmt::format("{}h{:02}m", seconds / 3600, seconds % 3600 / 60);
}

bool is_bytes(std::string_view unit) {
  return unit == "B";
}

std::string format_count(double count, std::string_view unit) {
  if (is_bytes(unit)) return format_bytes(count);
  const auto number = fmt::format("{}", std::llround(count));
  return unit.empty() ? number : fmt::format("{} {}", number, unit);
}

}  // namespace

std::string format_duration(double seconds) {
  if (seconds >= 59.95) return format_long(std::max<std::uint64_t>(60, whole(seconds)));
  return fmt::format("{:.1f}s", std::max(0.0, seconds));
}

std::string format_elapsed(double seconds) {
  if (seconds >= 60) return format_long(whole(seconds));
  return fmt::format("{}s", whole(seconds));
}

std::string format_clock(double seconds) {
  const auto total = whole(seconds);
  if (total < 3600) return fmt::format("{}:{:02}", total / 60, total % 60);
  return fmt::format("{}:{:02}:{:02}", total / 3600, total % 3600 / 60, total % 60);
}

std::string format_bytes(double bytes) {
  static constexpr std::array kUnits = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  std::size_t unit = 0;
  // 999.5 would be rounded to "1000".
  while (bytes >= 999.5 && unit + 1 < kUnits.size()) {
    bytes /= 1000;
    ++unit;
  }
  const int decimals = unit > 0 && bytes < 9.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}", bytes, decimals, kUnits[unit]);
}

std::string format_progress(const base::Progress& progress) {
  const auto done = static_cast<double>(progress.done);
  if (progress.total == 0) return format_count(done, progress.unit);
  const auto total = static_cast<double>(progress.total);
  if (!is_bytes(progress.unit)) {
    return fmt::format("{} of {}", progress.done, format_count(total, progress.unit));
  }
  // Never 100 % before it is.
  const double percent = std::floor(100 * std::min(1.0, done / total));
  return fmt::format("{:.0f} % of {}", percent, format_bytes(total));
}

std::string format_rate(double per_second, std::string_view unit) {
  if (!std::isfinite(per_second) || per_second < 0.5) return "";
  return format_count(per_second, unit) + "/s";
}

}  // namespace ixian::ui
