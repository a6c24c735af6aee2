// Where a line announces heredocs: words that start with "<<" after any digits, found with the quotes and
// escapes of the line as they are. The name without quotes ends the content; whether it was quoted says
// whether variables in the content are expanded.
#include "dockerfile/heredocs.h"

#include <algorithm>

#include "base/characters.h"
#include "dockerfile/expand.h"

namespace ixian::dockerfile {
namespace {

std::optional<std::string> nothing_set(std::string_view) {
  return std::nullopt;
}

std::ptrdiff_t count_quotes(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return c == '"' || c == '\''; });
}

}  // namespace

std::optional<Heredoc> heredoc_of_word(std::string_view word) {
  while (!word.empty() && base::is_digit(word.front())) word.remove_prefix(1);
  if (!word.starts_with("<<")) return std::nullopt;
  word.remove_prefix(2);
  Heredoc heredoc;
  if (word.starts_with('-')) {
    heredoc.strip_tabs = true;
    word.remove_prefix(1);
  }
  while (!word.empty() && base::is_space(word.front())) word.remove_prefix(1);
  if (word.empty() || word.find('<') != std::string_view::npos) return std::nullopt;

  // A name is quoted if taking the quotes away changes it.
  ExpandMode mode;
  mode.keep_unset = true;
  const Expansion name = expand(word, nothing_set, mode);
  if (name.words.size() != 1) return std::nullopt;
  mode.keep_quotes = true;
  const Expansion raw = expand(word, nothing_set, mode);
  heredoc.name = name.words.front();
  heredoc.expand = count_quotes(raw.text) == count_quotes(name.text);
  return heredoc;
}

std::vector<Heredoc> heredocs_of_line(std::string_view line) {
  std::vector<Heredoc> heredocs;
  if (line.find("<<") == std::string_view::npos) return heredocs;
  ExpandMode mode;
  mode.keep_quotes = mode.keep_escapes = mode.keep_unset = true;
  std::vector<std::string> words;
  try {
    words = expand(line, nothing_set, mode).words;
    // A quote that is not closed: the line announces nothing, and whoever reads it as words says so.
  } catch (const ExpandError&) {
    return heredocs;
  }
  for (const std::string& word : words) {
    if (auto heredoc = heredoc_of_word(word)) heredocs.push_back(*std::move(heredoc));
  }
  return heredocs;
}

std::string without_leading_tabs(std::string_view content) {
  std::string result;
  while (!content.empty()) {
    while (content.starts_with('\t')) content.remove_prefix(1);
    const std::size_t end = content.find('\n');
    const std::size_t length = end == std::string_view::npos ? content.size() : end + 1;
    result += content.substr(0, length);
    content.remove_prefix(length);
  }
  return result;
}

}  // namespace ixian::dockerfile
