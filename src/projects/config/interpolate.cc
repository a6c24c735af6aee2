// A brace is itself unless it surely belongs to a variable, because texts that are rendered also hold JSON,
// shell and templates of Go (`docker inspect --format {{.Id}}`), and nobody escapes these. So "{{" means "{"
// only in a text all of whose braces can be read so; one brace that fits nothing, and all doubled ones in the
// text stay as they are.
#include "config/interpolate.h"

#include <algorithm>

namespace ixian::config {
namespace {

bool is_variable_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

bool is_variable(std::string_view name) {
  return !name.empty() && name.front() != '.' && name.back() != '.' &&
         name.find("..") == std::string_view::npos && std::all_of(name.begin(), name.end(), is_variable_char);
}

// `{{.Name}}` at the start of `text`: how long it is, else 0.
std::size_t go_template_length(std::string_view text) {
  if (!text.starts_with("{{.")) return 0;
  const auto end = text.find("}}");
  if (end == std::string_view::npos) return 0;
  const std::string_view name = text.substr(2, end - 2);
  return std::all_of(name.begin(), name.end(), is_variable_char) ? end + 2 : 0;
}

// The length of `{variable}` at the start of `text`, else 0.
std::size_t variable_length(std::string_view text) {
  const auto end = text.find('}');
  if (!text.starts_with('{') || end == std::string_view::npos) return 0;
  return is_variable(text.substr(1, end - 1)) ? end + 1 : 0;
}

bool is_doubled(std::string_view text) {
  return text.size() > 1 && text[1] == text[0];
}

// Whether every brace belongs to a variable or is doubled.
bool escapes_braces(std::string_view text) {
  for (auto brace = text.find_first_of("{}"); brace != std::string_view::npos;
       brace = text.find_first_of("{}")) {
    text.remove_prefix(brace);
    std::size_t length = is_doubled(text) ? 2 : variable_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// Walks over `text`: on_text for what stands for itself, on_variable for each variable.
template <typename OnText, typename OnVariable>
void scan(std::string_view text, OnText on_text, OnVariable on_variable) {
  const bool escaped = escapes_braces(text);
  while (!text.empty()) {
    const auto brace = std::min(text.find_first_of("{}"), text.size());
    on_text(text.substr(0, brace));
    text.remove_prefix(brace);
    if (text.empty()) return;
    std::size_t taken = 1;
    if (const auto length = go_template_length(text); length > 0) {
      on_text(text.substr(0, length));
      taken = length;
    } else if (escaped && is_doubled(text)) {
      on_text(text.substr(0, 1));
      taken = 2;
    } else if (const auto variable = variable_length(text); variable > 0) {
      on_variable(text.substr(1, variable - 2));
      taken = variable;
    } else {
      on_text(text.substr(0, 1));
    }
    text.remove_prefix(taken);
  }
}

}  // namespace

std::string render(std::string_view text, const Lookup& lookup) {
  std::string out;
  scan(
      text, [&](std::string_view plain) { out += plain; },
      [&](std::string_view variable) { out += lookup(variable); });
  return out;
}

std::vector<std::string> variables(std::string_view text) {
  std::vector<std::string> names;
  scan(
      text, [](std::string_view) {},
      [&](std::string_view variable) {
        if (std::find(names.begin(), names.end(), variable) == names.end()) {
          names.emplace_back(variable);
        }
      });
  return names;
}

bool needs_rendering(std::string_view text) {
  return text.find_first_of("{}") != std::string_view::npos;
}

}  // namespace ixian::config
