// Limits as `docker run` takes them. Some of Docker's spellings of "none" are two, -1 and 0; here zero is
// none.
#include "engine/run_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <stdexcept>

#include "base/text.h"
#include "dockerfile/go_values.h"

namespace ixian::engine {
namespace {

constexpr std::uint64_t kLeastMemory = 6u << 20;  // Docker's: nothing can be started with less
constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

constexpr std::array<std::string_view, 15> kNames = {"core",    "cpu",      "data",   "fsize",      "locks",
                                                     "memlock", "msgqueue", "nice",   "nofile",     "nproc",
                                                     "rss",     "rtprio",   "rttime", "sigpending", "stack"};

[[noreturn]] void wrong(const std::string& what, std::string_view text, std::string_view right) {
  throw std::invalid_argument(fmt::format("{} is {}, not {}.", what, right, text));
}

bool is_none(std::string_view text) {
  return text == "-1" || text == "0";
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> limit_value(std::string_view text) {
  return text == "-1" || text == "unlimited" ? std::optional(kUnlimited) : whole_number(text);
}

}  // namespace

std::uint64_t parse_pids_limit(const std::string& what, std::string_view text) {
  if (is_none(text)) return 0;
  const auto count = whole_number(text);
  if (!count) wrong(what, text, "a number of processes and threads, or -1 for no limit");
  return *count;
}

std::uint64_t parse_memory_limit(const std::string& what, std::string_view text) {
  if (is_none(text)) return 0;
  const auto bytes = dockerfile::parse_size(text);
  if (!bytes || *bytes < kLeastMemory)
    wrong(what, text, "a size such as 512m or 2g, at least 6m, or -1 for no limit");
  return *bytes;
}

std::uint64_t parse_shm_size(const std::string& what, std::string_view text) {
  const auto bytes = dockerfile::parse_size(text);
  if (!bytes || *bytes == 0) wrong(what, text, "a size such as 64m or 2g");
  return *bytes;
}

std::uint64_t parse_cpu_number(const std::string& what, std::string_view text) {
  if (is_none(text)) return 0;
  const auto number = whole_number(text);
  if (!number) wrong(what, text, "a whole number, 0 for no limit");
  return *number;
}

std::string parse_cpu_list(const std::string& what, std::string_view text) {
  for (const std::string_view range : base::split(text, ',')) {
    const std::size_t dash = range.find('-');
    const auto first = whole_number(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : whole_number(range.substr(dash + 1));
    if (!first || !last || *first > *last) wrong(what, text, "numbers and ranges, such as 0-3,7");
  }
  return std::string(text);
}

Ulimit parse_ulimit(const std::string& what, std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const std::string_view values = equals == std::string_view::npos ? "" : text.substr(equals + 1);
  const std::size_t colon = values.find(':');
  const auto soft = limit_value(values.substr(0, colon));
  const auto hard = colon == std::string_view::npos ? soft : limit_value(values.substr(colon + 1));
  if (std::find(kNames.begin(), kNames.end(), name) == kNames.end() || !soft || !hard || *soft > *hard)
    wrong(what, text, "NAME=SOFT[:HARD], such as nofile=1024:4096, with a name of setrlimit(2)");
  std::string upper = "RLIMIT_";
  for (const char c : name) upper += static_cast<char>(c - 'a' + 'A');
  return {upper, *soft, *hard};
}

}  // namespace ixian::engine
