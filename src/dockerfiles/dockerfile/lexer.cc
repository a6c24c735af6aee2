// How an instruction's line is cut: the keyword, flags, and the rest as one text, as words between spaces, or
// as words with quotes, which stay on until variables are expanded. Every word keeps its place in the file.
#include "dockerfile/lexer.h"

#include "base/characters.h"

namespace ixian::dockerfile {
namespace {

std::size_t skip_spaces(const std::string& text, std::size_t at, std::size_t end) {
  while (at < end && base::is_space(text[at])) ++at;
  return at;
}

std::size_t skip_word(const std::string& text, std::size_t at, std::size_t end) {
  while (at < end && !base::is_space(text[at])) ++at;
  return at;
}

// One flag with its quotes and escapes taken off. Leaves `at` behind it.
std::string read_flag(const std::string& text, std::size_t& at, std::size_t end, char escape) {
  std::string flag;
  char quote = 0;
  for (; at < end && (quote != 0 || !base::is_space(text[at])); ++at) {
    const char c = text[at];
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else if (c == escape) {
      if (at + 1 < end) flag += text[++at];
    } else {
      flag += c;
    }
  }
  return flag;
}

}  // namespace

Statement split_statement(const LogicalLine& line, std::size_t begin, std::size_t end, char escape) {
  const std::string& text = line.text;
  while (end > begin && base::is_space(text[end - 1])) --end;
  begin = skip_spaces(text, begin, end);
  std::size_t at = skip_word(text, begin, end);
  Statement statement{&line, line.word(begin, at), {}, at, end};
  for (;;) {
    at = skip_spaces(text, at, end);
    if (text.compare(at, 2, "--") != 0 || at + 2 > end) break;
    const std::size_t start = at;
    std::string flag = read_flag(text, at, end, escape);
    // It ends the flags, and belongs to nothing.
    if (flag == "--") {
      at = skip_spaces(text, at, end);
      break;
    }
    statement.flags.push_back({std::move(flag), line.at(start)});
  }
  statement.begin = at;
  return statement;
}

std::vector<base::Word> plain_words(const LogicalLine& line, std::size_t begin, std::size_t end) {
  std::vector<base::Word> words;
  for (std::size_t at = skip_spaces(line.text, begin, end); at < end; at = skip_spaces(line.text, at, end)) {
    const std::size_t start = at;
    at = skip_word(line.text, at, end);
    words.push_back(line.word(start, at));
  }
  return words;
}

std::vector<base::Word> quoted_words(const LogicalLine& line, std::size_t begin, std::size_t end,
                                     char escape) {
  const std::string& text = line.text;
  std::vector<base::Word> words;
  for (std::size_t at = skip_spaces(text, begin, end); at < end; at = skip_spaces(text, at, end)) {
    base::Word word{"", line.at(at)};
    char quote = 0;
    for (; at < end && (quote != 0 || !base::is_space(text[at])); ++at) {
      const char c = text[at];
      if (c == escape && quote != '\'') {
        if (at + 1 == end) continue;  // an escape at the very end is dropped
        word.text += c;
        word.text += text[++at];
        continue;
      }
      if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else if (c == quote) {
        quote = 0;
      }
      word.text += c;
    }
    if (!word.empty()) words.push_back(std::move(word));
  }
  return words;
}

}  // namespace ixian::dockerfile
