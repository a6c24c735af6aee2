// Text for the command line and its messages. Letters are ASCII here: names of tasks, fields and instructions
// are, and whoever needs more has base/utf8.
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "base/utf8.h"

namespace ixian::base {
namespace {

template <typename Part>
std::string join_parts(const std::vector<Part>& parts, std::string_view separator) {
  std::string out;
  for (const auto& part : parts) {
    if (&part != parts.data()) out += separator;
    out += part;
  }
  return out;
}

// Letters inserted, left out or replaced, and neighbours that changed places (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        table[i][j] = i + j;
        continue;
      }
      const std::size_t replaced = table[i - 1][j - 1] + (a[i - 1] != b[j - 1] ? 1 : 0);
      table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
      }
    }
  }
  return table[a.size()][b.size()];
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string join(const std::vector<std::string_view>& parts, std::string_view separator) {
  return join_parts(parts, separator);
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return join_parts(parts, separator);
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string to_lower(std::string_view ascii) {
  std::string out(ascii);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string to_upper(std::string_view ascii) {
  std::string out(ascii);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::vector<std::string> suggestions(std::string_view typed, const std::vector<std::string>& candidates) {
  // What is there is not what is wrong.
  if (std::find(candidates.begin(), candidates.end(), typed) != candidates.end()) return {};
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const auto& candidate : candidates) {
    const std::size_t distance = edit_distance(to_lower(typed), to_lower(candidate));
    const bool prefix = typed.size() >= 3 && candidate.starts_with(typed);
    // What somebody began to type is nearer than what differs in one letter.
    if (prefix) {
      near.emplace_back(0, candidate);
    } else if (distance <= std::max<std::size_t>(1, typed.size() / 3)) {
      near.emplace_back(distance, candidate);
    }
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string> names;
  for (auto& [distance, name] : near) {
    if (names.size() < 3) names.push_back(std::move(name));
  }
  return names;
}

std::string did_you_mean(std::string_view typed, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongest = 64;
  if (typed.size() > kLongest) return "";
  std::vector<std::string> short_ones;
  for (const std::string& candidate : candidates) {
    if (candidate.size() <= kLongest) short_ones.push_back(candidate);
  }
  const auto names = suggestions(typed, short_ones);
  return names.empty() ? "" : " (did you mean " + join(names, " or ") + "?)";
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  std::string text = std::to_string(count) + " ";
  if (count == 1 || many.empty()) text += one;
  if (count != 1) text += many.empty() ? "s" : many;
  return text;
}

bool split_words(std::string_view command, std::vector<std::string>& words) {
  words.clear();
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (quote == '\'') {
      if (c == '\'')
        quote = 0;
      else
        word += c;
    } else if (c == '\\' && i + 1 < command.size()) {
      const char next = command[i + 1];
      // A line goes on.
      if (next == '\n') {
        ++i;
        continue;
      }
      // Within double quotes a backslash is itself before anything else, as in POSIX shells.
      const bool special = next == '"' || next == '\\' || next == '$' || next == '`';
      if (quote == '"' && !special) word += c;
      word += next;
      in_word = true;
      ++i;
    } else if (quote == '"') {
      if (c == '"')
        quote = 0;
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (is_space(c)) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(std::move(word));
  return quote == 0;
}

std::string shell_quote(std::string_view word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("@%+=:,./-_").find(c) != std::string_view::npos;
  });
  if (plain) return std::string(word);
  std::string out = "'";
  for (char c : word) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

namespace {

// U+0080 to U+009F, which terminals obey.
bool is_c1_control(std::string_view text) {
  return text.size() > 1 && text[0] == '\xc2' && static_cast<unsigned char>(text[1]) < 0xa0;
}

}  // namespace

std::string printable_path(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (std::size_t i = 0; i < path.size();) {
    const auto byte = static_cast<unsigned char>(path[i]);
    if (byte == '\\') {
      out += "\\\\";
      ++i;
    } else if (byte >= 0x20 && byte < 0x7f) {
      out += path[i++];
    } else if (std::size_t length = utf8_length(path.substr(i));
               byte >= 0x80 && length > 0 && !is_c1_control(path.substr(i))) {
      out += path.substr(i, length);
      i += length;
    } else {
      out += fmt::format("\\x{:02x}", byte);
      ++i;
    }
  }
  return out;
}

std::string from_printable_path(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
    } else if (text[i + 1] == 'x' && i + 3 < text.size()) {
      unsigned byte = 0;
      std::from_chars(text.data() + i + 2, text.data() + i + 4, byte, 16);
      out += static_cast<char>(byte);
      i += 3;
    } else {
      out += text[++i];
    }
  }
  return out;
}

std::string errno_text(int error_number) {
  std::string text = std::generic_category().message(error_number);
  const bool word = text.size() > 1 && text[1] >= 'a' && text[1] <= 'z';
  if (word) text[0] = to_lower(text.substr(0, 1))[0];
  return text;
}

}  // namespace ixian::base
