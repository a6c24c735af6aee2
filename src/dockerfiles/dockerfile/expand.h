// Variables, quotes and escapes in a word, as BuildKit's shell lexer treats them.
//
// $name ${name} ${name:-word} ${name-word} ${name:+word} ${name+word} ${name:?message} ${name?message}
// ${name#pattern} ${name##pattern} ${name%pattern} ${name%%pattern} ${name/pattern/word}
// ${name//pattern/word}
//
// In a pattern, * is any text and ? any character, both within a line; a backslash makes *, ?, / and } plain.
// In 'single quotes' nothing is special, in "double quotes" only $, the quote and the escape character.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ixian::dockerfile {

// The value of a variable; nullopt where it is not set.
using VariableLookup = std::function<std::optional<std::string>(std::string_view name)>;

struct ExpandMode {
  char escape = '\\';
  bool quotes_are_plain = false;  // quotes are characters as any other (content of heredocs)
  bool keep_quotes = false;       // quotes are obeyed, and stay
  bool keep_escapes = false;      // escapes are obeyed, and stay
  bool keep_unset = false;        // a variable that is not set stays as it is written
};

struct Expansion {
  std::string text;                // one word, whatever the values hold
  std::vector<std::string> words;  // split at white space, also that of values, but not at what is quoted
  std::set<std::string> found;     // the variables that were asked for
  std::set<std::string> missing;
};

// Why a word cannot be expanded: one sentence that can be shown, without its full stop. `offset` is where in
// the word, in bytes.
class ExpandError : public std::invalid_argument {
 public:
  ExpandError(const std::string& reason, std::size_t offset)
      : std::invalid_argument(reason), offset_(offset) {}
  std::size_t offset() const { return offset_; }

 private:
  std::size_t offset_;
};

// Throws ExpandError: a quote or brace left open, an unknown modifier, ${name:?…} of a variable that is not
// there, braces nested more than 64 deep, a result larger than kMostBytes.
Expansion expand(std::string_view word, const VariableLookup& lookup, const ExpandMode& mode = {});

// False: expand() would return `word` unchanged.
bool needs_expansion(std::string_view word, char escape);

}  // namespace ixian::dockerfile
