// A record of a PAX header is "<length> <key>=<value>\n", whose length counts itself, and whose value may
// hold anything, line ends too. Times are decimal, with a fraction; they are kept as seconds rounded down and
// nanoseconds above these, as the system has them, so -0.5 is -1 and 500 000 000.
#include "tar/pax.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ixian::tar {
namespace {

constexpr std::uint32_t kSecond = 1'000'000'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace

bool for_each_pax_record(std::string_view text,
                         const std::function<void(std::string_view key, std::string_view value)>& on_record) {
  while (!text.empty()) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (error != std::errc() || digits == text.size() || text[digits] != ' ') return false;
    if (length > text.size() || length < digits + 2 || text[length - 1] != '\n') return false;
    const std::string_view record = text.substr(digits + 1, length - digits - 2);
    const auto equals = record.find('=');
    if (equals == std::string_view::npos || equals == 0) return false;
    on_record(record.substr(0, equals), record.substr(equals + 1));
    text.remove_prefix(length);
  }
  return true;
}

std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;  // the space, "=" and the newline
  std::size_t length = rest;
  // The length's own digits may make it one digit longer.
  for (std::size_t next; (next = rest + fmt::formatted_size("{}", length)) != length;) length = next;
  return fmt::format("{} {}={}\n", length, key, value);
}

std::optional<PaxTime> parse_pax_time(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  std::string_view fraction = text.substr(std::min(point + 1, text.size()));
  if (whole.empty() || !all_digits(whole) || !all_digits(fraction)) return std::nullopt;

  PaxTime time;
  if (std::from_chars(whole.data(), whole.data() + whole.size(), time.seconds).ec != std::errc()) {
    return std::nullopt;
  }
  bool below = fraction.size() > 9 && fraction.find_first_not_of('0', 9) != std::string_view::npos;
  for (std::size_t i = 0; i < 9; ++i) {
    time.nanoseconds =
        time.nanoseconds * 10 + (i < fraction.size() ? static_cast<std::uint32_t>(fraction[i] - '0') : 0);
  }
  if (!negative) return time;
  time.seconds = -time.seconds;
  // Rounded down as a whole: further digits make a time before 1970 an earlier one.
  if (below) ++time.nanoseconds;
  if (time.nanoseconds > 0) {
    const std::uint32_t borrowed = time.nanoseconds;
    --time.seconds;
    time.nanoseconds = kSecond - borrowed;
  }
  return time;
}

std::string pax_time(const PaxTime& time) {
  std::int64_t seconds = time.seconds;
  std::uint32_t fraction = time.nanoseconds;
  std::string sign;
  if (seconds < 0) {
    sign = "-";
    if (fraction > 0) {
      ++seconds;
      fraction = kSecond - fraction;
    }
  }
  const std::uint64_t magnitude = seconds < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(seconds)
                                              : static_cast<std::uint64_t>(seconds);
  std::string text = fmt::format("{}{}", sign, magnitude);
  if (fraction > 0) {
    text += fmt::format(".{:09}", fraction);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text;
}

}  // namespace ixian::tar
