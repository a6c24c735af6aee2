// Variables, quotes and escapes of a word, as BuildKit's shell lexer treats them: a shell's rules in part,
// and where it differs from a shell, we differ with it, as Dockerfiles rely on it. Forms are ${x}, ${x:-y},
// ${x-y}, ${x:+y}, ${x+y}, ${x:?y}, ${x?y}, ${x#p}, ${x##p}, ${x%p}, ${x%%p}, ${x/p/y} and ${x//p/y}. Depth
// and length are bounded, since a word may double itself at each level.
//
// Two results come of one pass: the text, and the words into which a shell would split it, as some
// instructions take several.
#include "dockerfile/expand.h"

#include <algorithm>
#include <utility>

#include "base/characters.h"
#include "base/source_text.h"
#include "pattern/shell_pattern.h"

namespace ixian::dockerfile {
namespace {

constexpr int kDeepestExpansion = 64;
constexpr std::string_view kSpaces = " \t\n\v\f\r";
constexpr std::string_view kSpecialNames = "@*#?-$!0";

// Words as they grow. White space ends one, unless it was quoted or escaped.
class WordList {
 public:
  void add(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find_first_of(kSpaces), text.size());
      word_ += text.substr(0, end);
      if (end == text.size()) return;
      if (!word_.empty()) words_.push_back(std::exchange(word_, ""));
      text.remove_prefix(end + 1);
    }
  }
  void add_quoted(std::string_view text) { word_ += text; }

  std::vector<std::string> take() {
    if (!word_.empty()) words_.push_back(std::move(word_));
    return std::move(words_);
  }

 private:
  std::string word_;
  std::vector<std::string> words_;
};

class Expander {
 public:
  Expander(std::string_view text, const VariableLookup& lookup, const ExpandMode& mode)
      : text_(text), lookup_(lookup), mode_(mode) {}

  Expansion expand() {
    WordList words;
    result_.text = read_until(kEnd, mode_.keep_escapes, &words);
    result_.words = words.take();
    return std::move(result_);
  }

 private:
  static constexpr char kEnd = '\0';

  std::string specials(char stop) const {
    std::string characters = {'$', '<', '"', '\'', mode_.escape};
    if (stop != kEnd) characters += stop;
    return characters;
  }

  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? kEnd : text_[at_]; }

  [[noreturn]] void fail(const std::string& reason) const { throw ExpandError(reason, at_); }

  void check_size(const std::string& text) const {
    if (text.size() > base::kMostBytes) fail("expands to more than 1 MiB");
  }

  // Up to the character `stop`, which is taken, or up to the end for kEnd. A NUL in the text is no end.
  std::string read_until(char stop, bool keep_escapes, WordList* words) {
    std::string text;
    while (!at_end()) {
      const char c = text_[at_];
      if (stop != kEnd && c == stop) {
        ++at_;
        return text;
      }
      if (c == '$') {
        const std::string value = read_dollar();
        text += value;
        if (words != nullptr) words->add(value);
      } else if (c == '<' && text_.substr(at_, 2) == "<<") {
        // White space after it belongs to the heredoc's name.
        const std::size_t start = at_;
        at_ += 2;
        while (peek() == ' ' || peek() == '\t' || peek() == '\r') ++at_;
        text += text_.substr(start, at_ - start);
        if (words != nullptr) words->add_quoted(text_.substr(start, at_ - start));
      } else if (!mode_.quotes_are_plain && (c == '"' || c == '\'')) {
        const std::string quoted = c == '"' ? read_double_quote(keep_escapes) : read_single_quote();
        text += quoted;
        if (words != nullptr) words->add_quoted(quoted);
      } else if (c == mode_.escape) {
        std::string escaped = keep_escapes ? std::string(1, c) : "";
        ++at_;
        if (!at_end()) escaped += text_[at_++];
        text += escaped;
        if (words != nullptr) words->add_quoted(escaped);
      } else {
        // All up to what may be special. What comes first is not, if it was only looked at for being so.
        const std::size_t end = std::min(text_.find_first_of(specials(stop), at_ + 1), text_.size());
        const std::string_view plain = text_.substr(at_, end - at_);
        at_ = end;
        text += plain;
        if (words != nullptr) words->add(plain);
      }
      check_size(text);
    }
    if (stop != kEnd) fail(stop == '/' ? "a / is missing in ${" : "a closing } is missing");
    return text;
  }

  std::string read_single_quote() {
    const std::size_t start = at_;
    const std::size_t end = text_.find('\'', at_ + 1);
    if (end == std::string_view::npos) fail("a single quote is not closed");
    at_ = end + 1;
    if (mode_.keep_quotes) return std::string(text_.substr(start, at_ - start));
    return std::string(text_.substr(start + 1, end - start - 1));
  }

  std::string read_double_quote(bool keep_escapes) {
    const std::size_t start = at_++;
    std::string text = mode_.keep_quotes ? "\"" : "";
    for (;;) {
      if (at_end()) {
        at_ = start;
        fail("a double quote is not closed");
      }
      const char c = text_[at_];
      if (c == '$') {
        text += read_dollar();
        check_size(text);
        continue;
      }
      ++at_;
      if (c == '"') {
        if (mode_.keep_quotes) text += c;
        return text;
      }
      if (c == mode_.escape) {
        if (at_end()) continue;
        const char next = text_[at_];
        const bool escapes = next == '"' || next == '$' || next == mode_.escape;
        if (keep_escapes || !escapes) text += c;
        if (escapes) {
          text += next;
          ++at_;
        } else if (keep_escapes) {
          text += c;  // as BuildKit, which doubles it
        }
        continue;
      }
      text += c;
    }
  }

  std::string read_name() {
    const std::size_t start = at_;
    if (base::is_digit(peek())) {
      while (base::is_digit(peek())) ++at_;
    } else if (!at_end() && kSpecialNames.find(peek()) != std::string_view::npos) {
      ++at_;
    } else {
      while (base::is_letter(peek()) || base::is_digit(peek()) || peek() == '_') ++at_;
    }
    return std::string(text_.substr(start, at_ - start));
  }

  std::optional<std::string> look_up(const std::string& name) {
    auto value = lookup_(name);
    (value ? result_.found : result_.missing).insert(name);
    return value;
  }

  std::string read_dollar() {
    ++at_;
    if (peek() != '{') {
      const std::string name = read_name();
      // A lone dollar is itself.
      if (name.empty()) return "$";
      auto value = look_up(name);
      if (!value) return mode_.keep_unset ? "$" + name : "";
      return *std::move(value);
    }
    if (++depth_ > kDeepestExpansion) fail("${ is nested more than 64 levels deep");
    ++at_;
    std::string value = read_braces();
    --depth_;
    return value;
  }

  std::string read_braces() {
    if (at_end()) fail("a closing } is missing");
    if (peek() == '{' || peek() == '}' || peek() == ':')
      fail("${ must be followed by the name of a variable");
    const std::string name = read_name();
    if (at_end()) fail("a closing } is missing");
    const char c = text_[at_++];
    switch (c) {
      case '}': {
        auto value = look_up(name);
        if (!value) return mode_.keep_unset ? "${" + name + "}" : "";
        return *std::move(value);
      }
      case ':': {
        const char modifier = peek();
        if (modifier != '-' && modifier != '+' && modifier != '?') {
          fail("expected -, + or ? after : in ${…}");
        }
        ++at_;
        return read_default(name, modifier, true);
      }
      case '-':
      case '+':
      case '?':
        return read_default(name, c, false);
      case '#':
      case '%':
        return read_trim(name, c);
      case '/':
        return read_replace(name);
      default:
        --at_;
        fail("invalid modifier of ${…}: \"" + base::shown(std::string_view(&c, 1)) +
             "\" (expected: :- :+ :? - + ? # ## % %% / //)");
    }
  }

  std::string read_default(const std::string& name, char modifier, bool empty_is_unset) {
    const std::size_t start = at_;
    // Read in any case: what stands in it must be well formed, and counts as used, whichever way it goes.
    std::string word = read_until('}', false, nullptr);
    const auto value = look_up(name);
    if (!value && mode_.keep_unset) return "${" + name + (empty_is_unset ? ":" : "") + modifier + word + "}";
    const bool there = value && !(empty_is_unset && value->empty());
    if (modifier == '-') return there ? *value : word;
    if (modifier == '+') return there ? word : "";
    if (there) return *value;
    at_ = start;
    if (word.empty()) word = value ? "is not allowed to be empty" : "is not allowed to be unset";
    fail(base::shown(name) + ": " + base::shown(word));
  }

  std::string read_trim(const std::string& name, char side) {
    const std::size_t start = at_;
    // Escapes stay on: in a pattern they make a character plain.
    std::string pattern = read_until('}', true, nullptr);
    const auto value = look_up(name);
    if (!value && mode_.keep_unset) return "${" + name + side + pattern + "}";
    const bool longest = pattern.starts_with(side);
    if (longest) pattern.erase(0, 1);
    return with_pattern(start, [&] {
      return side == '#' ? pattern::trim_prefix(value.value_or(""), pattern, longest)
                         : pattern::trim_suffix(value.value_or(""), pattern, longest);
    });
  }

  std::string read_replace(const std::string& name) {
    const std::size_t start = at_;
    const bool all = peek() == '/';
    if (all) ++at_;
    const std::string pattern = read_until('/', true, nullptr);
    const std::string replacement = read_until('}', true, nullptr);
    const auto value = look_up(name);
    if (!value && mode_.keep_unset)
      return "${" + name + "/" + (all ? "/" : "") + pattern + "/" + replacement + "}";
    return with_pattern(
        start, [&] { return pattern::replace_pattern(value.value_or(""), pattern, replacement, all); });
  }

  template <typename Apply>
  std::string with_pattern(std::size_t start, const Apply& apply) const {
    try {
      std::string text = apply();
      check_size(text);
      return text;
    } catch (const ExpandError&) {
      throw;
    } catch (const std::invalid_argument& error) {
      throw ExpandError(error.what(), start);
    }
  }

  std::string_view text_;
  const VariableLookup& lookup_;
  const ExpandMode& mode_;
  std::size_t at_ = 0;
  int depth_ = 0;
  Expansion result_;
};

}  // namespace

Expansion expand(std::string_view word, const VariableLookup& lookup, const ExpandMode& mode) {
  return Expander(word, lookup, mode).expand();
}

bool needs_expansion(std::string_view word, char escape) {
  return word.find_first_of(std::string("$'\"") + escape) != std::string_view::npos;
}

}  // namespace ixian::dockerfile
