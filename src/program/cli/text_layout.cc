#include "cli/text_layout.h"

#include "base/text.h"
#include "base/utf8.h"

namespace ixian::cli {

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  for (const std::string_view word : base::split(text, ' ')) {
    if (word.empty()) continue;
    std::string& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (base::display_width(line) + 1 + base::display_width(word) <= width) {
      line += ' ';
      line += word;
    } else {
      lines.emplace_back(word);
    }
  }
  return lines;
}

std::vector<Paragraph> paragraphs(std::string_view text) {
  std::vector<Paragraph> all;
  bool inside = false;
  for (const std::string_view line : base::split(text, '\n')) {
    if (line.empty()) {
      inside = false;
      continue;
    }
    const bool literal = line.starts_with("    ");
    if (!inside || all.back().literal != literal) {
      all.push_back({literal, ""});
      inside = true;
    } else {
      all.back().text += literal ? '\n' : ' ';
    }
    all.back().text += literal ? line.substr(4) : line;
  }
  return all;
}

std::string two_columns(const std::vector<std::pair<std::string, std::string>>& rows, std::size_t indent,
                        std::size_t column) {
  std::string out;
  for (const auto& [left, right] : rows) {
    std::string line = std::string(indent, ' ') + left;
    for (const std::string& part : wrap(right, kPageWidth - column)) {
      if (!part.empty() && base::display_width(line) + 2 > column) {
        out += line + "\n";
        line.clear();
      }
      if (!part.empty()) line.append(column - base::display_width(line), ' ');
      out += line + part + "\n";
      line.clear();
    }
  }
  return out;
}

}  // namespace ixian::cli
