// Texts of the tables, laid out for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ixian::cli {

inline constexpr std::size_t kPageWidth = 79;

// A line, or several where `text` is wider; a word is never parted. Empty text is one empty line.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

// Paragraphs, without their line ends; those that begin with four spaces are literal, as they are.
struct Paragraph {
  bool literal = false;
  std::string text;
};
std::vector<Paragraph> paragraphs(std::string_view text);

// Rows of two columns, the second at `column`; where the first does not leave room, the second begins on the
// next line.
std::string two_columns(const std::vector<std::pair<std::string, std::string>>& rows, std::size_t indent,
                        std::size_t column);

}  // namespace ixian::cli
