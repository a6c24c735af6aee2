// Values as Go reads them, since those who wrote Dockerfiles have tried them with Docker: durations
// (time.ParseDuration), sizes (docker/go-units), truths (strconv.ParseBool). What is too large is none;
// nothing wraps around.
#include "dockerfile/go_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/characters.h"
#include "base/text.h"

namespace ixian::dockerfile {
namespace {

constexpr std::uint64_t kMostNanoseconds = INT64_MAX;
constexpr std::size_t kLongestNumber = 64;

std::string_view take_digits(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && base::is_digit(text[end])) ++end;
  const std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  return digits;
}

std::optional<std::uint64_t> unit_of(std::string_view unit) {
  struct Unit {
    std::string_view name;
    std::uint64_t nanoseconds;
  };
  static constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                                  {"us", 1000},
                                                  {"µs", 1000},
                                                  {"μs", 1000},
                                                  {"ms", 1000000},
                                                  {"s", 1000000000},
                                                  {"m", 60000000000},
                                                  {"h", 3600000000000}}};
  for (const Unit& known : kUnits) {
    if (known.name == unit) return known.nanoseconds;
  }
  return std::nullopt;
}

// One number with its unit. nullopt where it is malformed or too large.
std::optional<std::uint64_t> take_term(std::string_view& text) {
  const std::string_view whole = take_digits(text);
  std::string_view fraction;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = take_digits(text);
  }
  if (whole.empty() && fraction.empty()) return std::nullopt;
  std::size_t end = 0;
  while (end < text.size() && text[end] != '.' && !base::is_digit(text[end])) ++end;
  const auto unit = unit_of(text.substr(0, end));
  text.remove_prefix(end);
  if (!unit) return std::nullopt;

  std::uint64_t value = 0;
  for (const char c : whole) {
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
    if (value > kMostNanoseconds / *unit) return std::nullopt;
  }
  value *= *unit;
  double scale = static_cast<double>(*unit);
  double rest = 0;
  // Further digits are below a nanosecond whatever the unit.
  for (const char c : fraction.substr(0, 18)) {
    scale /= 10;
    rest += scale * (c - '0');
  }
  // What sums of tenths lack to a whole nanosecond.
  value += static_cast<std::uint64_t>(rest + 1e-6);
  if (value > kMostNanoseconds) return std::nullopt;
  return value;
}

struct PortRange {
  std::uint32_t first, last;
};

std::optional<PortRange> parse_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = parse_number(text.substr(0, dash), 10, 65535);
  if (!first) return std::nullopt;
  if (dash == std::string_view::npos) return PortRange{*first, *first};
  const auto last = parse_number(text.substr(dash + 1), 10, 65535);
  if (!last || *last < *first) return std::nullopt;
  return PortRange{*first, *last};
}

// An address that Docker takes and ignores. Only its characters are looked at.
bool is_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF:.%") == std::string_view::npos;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return std::chrono::nanoseconds(0);
  if (text.empty()) return std::nullopt;
  std::uint64_t total = 0;
  while (!text.empty()) {
    const auto term = take_term(text);
    if (!term || *term > kMostNanoseconds - total) return std::nullopt;
    total += *term;
  }
  const auto value = static_cast<std::int64_t>(total);
  return std::chrono::nanoseconds(negative ? -value : value);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::string unit = base::to_lower(text);
  std::size_t end = 0;
  while (end < text.size() && (base::is_digit(text[end]) || text[end] == '.')) ++end;
  unit.erase(0, end);
  if (unit.starts_with(' ')) unit.erase(0, 1);
  double number = 0;
  const char* const last = text.data() + end;
  const auto [stop, failure] = std::from_chars(text.data(), last, number, std::chars_format::fixed);
  if (end == 0 || end > kLongestNumber || failure != std::errc() || stop != last) return std::nullopt;

  constexpr std::string_view kPrefixes = "bkmgtp";
  if (!unit.empty()) {
    const std::size_t power = kPrefixes.find(unit.front());
    const std::string_view rest = std::string_view(unit).substr(1);
    if (power == std::string_view::npos || (!rest.empty() && (power == 0 || (rest != "b" && rest != "ib")))) {
      return std::nullopt;
    }
    number = std::ldexp(number, static_cast<int>(power) * 10);
  }
  if (number >= 9.2e18) return std::nullopt;
  return static_cast<std::uint64_t>(number);
}

std::optional<bool> parse_bool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "true", "True", "TRUE"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"0", "f", "F", "false", "False", "FALSE"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> parse_number(std::string_view text, int base, std::uint32_t most) {
  std::uint32_t value = 0;
  const char* const last = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), last, value, base);
  if (text.empty() || failure != std::errc() || stop != last || value > most) return std::nullopt;
  return value;
}

std::optional<std::vector<std::string>> parse_ports(std::string_view text) {
  std::string protocol = "tcp";
  std::string_view ports = text;
  std::string_view host;
  if (const std::size_t colon = ports.rfind(':'); colon != std::string_view::npos) {
    host = ports.substr(0, colon);
    ports = ports.substr(colon + 1);
  }
  if (const std::size_t slash = ports.find('/'); slash != std::string_view::npos) {
    if (slash + 1 < ports.size()) protocol = base::to_lower(ports.substr(slash + 1));
    ports = ports.substr(0, slash);
  }
  if (protocol != "tcp" && protocol != "udp" && protocol != "sctp") return std::nullopt;
  const auto range = parse_range(ports);
  if (!range) return std::nullopt;

  // [ip:]host-port in front is checked, and of no consequence.
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && colon > 0 && !is_address(host.substr(0, colon))) return std::nullopt;
  const std::string_view host_port = colon == std::string_view::npos ? host : host.substr(colon + 1);
  if (!host_port.empty()) {
    const auto host_range = parse_range(host_port);
    if (!host_range) return std::nullopt;
    const bool same = host_range->last - host_range->first == range->last - range->first;
    if (!same && range->first != range->last) return std::nullopt;
  }

  std::vector<std::string> result;
  for (std::uint32_t port = range->first; port <= range->last; ++port) {
    result.push_back(std::to_string(port) + "/" + protocol);
  }
  return result;
}

bool is_signal(std::string_view text) {
  static constexpr std::array<std::string_view, 36> kNames = {
      "ABRT", "ALRM", "BUS",  "CHLD", "CLD",  "CONT", "FPE",    "HUP",    "ILL",  "INT",  "IO",    "IOT",
      "KILL", "PIPE", "POLL", "PROF", "PWR",  "QUIT", "SEGV",   "STKFLT", "STOP", "SYS",  "TERM",  "TRAP",
      "TSTP", "TTIN", "TTOU", "URG",  "USR1", "USR2", "VTALRM", "WINCH",  "XCPU", "XFSZ", "RTMIN", "RTMAX"};
  if (const auto number = parse_number(text, 10, 64)) return *number > 0;
  std::string name = base::to_upper(text);
  if (name.starts_with("SIG")) name.erase(0, 3);
  if (std::find(kNames.begin(), kNames.end(), name) != kNames.end()) return true;
  // RTMIN+1 to RTMIN+15, RTMAX-1 to RTMAX-14.
  if (name.starts_with("RTMIN+")) return parse_number(name.substr(6), 10, 15).value_or(0) > 0;
  if (name.starts_with("RTMAX-")) return parse_number(name.substr(6), 10, 14).value_or(0) > 0;
  return false;
}

}  // namespace ixian::dockerfile
