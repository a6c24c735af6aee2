// Maps of user namespaces, "inside outside count", and /etc/subuid, "name:first:count", of which an
// unprivileged user may take ranges. Root inside is always ourselves, so that what it makes is ours; ids from
// 1 on are the ranges, one behind the other.
#include "process/id_maps.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"

namespace ixian::process {
namespace {

bool read_number(std::string_view text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return !text.empty() && error == std::errc() && end == text.data() + text.size() && value <= UINT32_MAX;
}

}  // namespace

std::vector<IdRange> subordinate_map(std::string_view file, std::string_view name, std::uint32_t id,
                                     std::uint32_t self) {
  std::vector<IdRange> map = {{0, self, 1}};
  std::uint64_t next = 1;
  for (std::string_view line : base::split(file, '\n')) {
    const auto fields = base::split(base::trim(line), ':');
    if (fields.size() != 3 || (fields[0] != name && fields[0] != std::to_string(id))) continue;
    IdRange range;
    if (!read_number(fields[1], range.outside) || !read_number(fields[2], range.count)) continue;
    if (range.count == 0) continue;
    range.inside = next;
    next += range.count;
    map.push_back(range);
  }
  return map;
}

std::vector<IdRange> parse_map(std::string_view text) {
  std::vector<IdRange> map;
  for (std::string_view line : base::split(text, '\n')) {
    std::vector<std::string> words;
    IdRange range;
    if (base::split_words(line, words) && words.size() == 3 && read_number(words[0], range.inside) &&
        read_number(words[1], range.outside) && read_number(words[2], range.count)) {
      map.push_back(range);
    }
  }
  return map;
}

std::vector<std::string> map_words(const std::vector<IdRange>& map) {
  std::vector<std::string> words;
  for (const auto& range : map) {
    for (const auto value : {range.inside, range.outside, range.count}) {
      words.push_back(std::to_string(value));
    }
  }
  return words;
}

std::string map_text(const std::vector<IdRange>& map) {
  std::string text;
  for (const auto& range : map) text += fmt::format("{} {} {}\n", range.inside, range.outside, range.count);
  return text;
}

}  // namespace ixian::process
