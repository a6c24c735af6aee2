#include "build_results/ci.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "files/fs.h"

namespace ixian::build_results {
namespace {

// As GitHub's runner reads them back.
std::string escaped(std::string_view text, bool is_property) {
  std::string out;
  for (const char c : text) {
    const bool is_special = c == '%' || c == '\r' || c == '\n' || (is_property && (c == ':' || c == ','));
    if (is_special)
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out;
}

bool read_number(std::string_view text, unsigned& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::optional<MessagePlace> place_in(std::string_view message) {
  const std::size_t end = message.find(": ");
  const std::string_view head = message.substr(0, end);
  const std::size_t last = head.rfind(':');
  MessagePlace place;
  if (end == std::string_view::npos || last == std::string_view::npos || last == 0 ||
      !read_number(head.substr(last + 1), place.line))
    return std::nullopt;
  place.rest = message.substr(end + 2);
  // Two numbers are line and column.
  const std::size_t first = head.rfind(':', last - 1);
  unsigned line = 0;
  if (first != std::string_view::npos && read_number(head.substr(first + 1, last - first - 1), line)) {
    place.column = place.line;
    place.line = line;
  }
  return place;
}

std::string github_annotation(const std::string& message, const std::string& path,
                              const ui::Environment& environment) {
  const std::optional<MessagePlace> place = place_in(message);
  if (environment("GITHUB_ACTIONS") != "true" || path.empty() || !place) return "";
  std::string_view file = path;
  const std::string workspace = std::string(environment("GITHUB_WORKSPACE")) + "/";
  if (workspace.size() > 1 && file.starts_with(workspace)) file.remove_prefix(workspace.size());
  const std::string column = place->column == 0 ? "" : fmt::format(",col={}", place->column);
  return fmt::format("::error file={},line={}{}::{}", escaped(file, true), place->line, column,
                     escaped(place->rest, false));
}

void append_step_summary(const BuildReport& report, const ui::Environment& environment) noexcept try {
  const std::string path(environment("GITHUB_STEP_SUMMARY"));
  if (path.empty()) return;
  const files::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
  if (fd.valid()) ui::write_all(fd.get(), summary_markdown(report));
} catch (...) {  // no memory for it
}

}  // namespace ixian::build_results
