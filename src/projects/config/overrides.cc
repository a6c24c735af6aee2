// A variable's text becomes a value of the type that it is spelled as: what reads back to just the same text
// is a number, so that 1.10 and 007 stay what they are. A list is JSON in brackets, or words between commas
// where the project's value is a list.
#include "config/overrides.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <stdexcept>

#include "base/text.h"

namespace ixian::config {
namespace {

std::optional<std::vector<std::string>> parse_path(std::string_view name) {
  std::vector<std::string> path;
  while (true) {
    const auto end = name.find("__");
    std::string_view part = name.substr(0, end);
    if (part.empty()) return std::nullopt;
    path.emplace_back(part);
    if (end == std::string_view::npos) return path;
    name.remove_prefix(end + 2);
  }
}

template <typename Number>
std::optional<Number> same_number(std::string_view text) {
  Number value{};
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  char buffer[64];
  auto written = std::to_chars(buffer, buffer + sizeof(buffer), value);
  if (std::string_view(buffer, static_cast<std::size_t>(written.ptr - buffer)) != text) {
    return std::nullopt;
  }
  return value;
}

base::Json parse_scalar(std::string_view text) {
  const std::string lower = base::to_lower(text);
  if (lower == "true") return true;
  if (lower == "false") return false;
  if (auto number = same_number<std::int64_t>(text)) return *number;
  const bool looks_like_float = text.find('.') != std::string_view::npos &&
                                text.find_first_not_of("-.0123456789") == std::string_view::npos;
  if (looks_like_float) {
    if (text.ends_with(".0")) {  // to_chars writes 1.0 as "1"
      if (same_number<std::int64_t>(text.substr(0, text.size() - 2))) {
        return std::stod(std::string(text));
      }
    } else if (auto number = same_number<double>(text)) {
      return *number;
    }
  }
  return std::string(text);
}

base::Json parse_words(std::string_view text) {
  base::Json list = base::Json::array();
  if (base::trim(text).empty()) return list;
  for (std::string_view word : base::split(text, ',')) list.push_back(parse_scalar(base::trim(word)));
  return list;
}

}  // namespace

std::vector<Override> read_overrides(const std::vector<std::string>& environment, std::string_view prefix) {
  std::vector<Override> overrides;
  for (std::string_view entry : environment) {
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos || !entry.starts_with(prefix)) continue;
    const std::string_view name = entry.substr(0, equals);
    if (name.size() <= prefix.size()) continue;
    if (auto path = parse_path(name.substr(prefix.size()))) {
      overrides.push_back({std::string(name), *path, std::string(entry.substr(equals + 1))});
    }
  }
  // The order of the environment is nobody's choice.
  std::sort(overrides.begin(), overrides.end(),
            [](const Override& a, const Override& b) { return a.variable < b.variable; });
  return overrides;
}

base::Json parse_value(std::string_view text, bool want_list) {
  const std::string_view trimmed = base::trim(text);
  if (trimmed.starts_with('[') && trimmed.ends_with(']')) {
    try {
      return base::parse_json(trimmed);
    } catch (const std::invalid_argument&) {
      // [a, b] without quotes: what people write in a shell.
      return parse_words(trimmed.substr(1, trimmed.size() - 2));
    }
  }
  if (want_list) return parse_words(text);
  return parse_scalar(text);
}

}  // namespace ixian::config
