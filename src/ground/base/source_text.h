// Where something stands in a Dockerfile, and errors that point there.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace ixian::base {

// No input of this folder may be larger: a Dockerfile, a .dockerignore, what a word expands to.
inline constexpr std::size_t kMostBytes = kMostText;

// Both from 1, the column in characters. {0, 0} is nowhere: what was not written in a file.
struct Position {
  int line = 0;
  int column = 0;
  friend auto operator<=>(const Position&, const Position&) = default;  // NOLINT(modernize-use-nullptr)
};

// From the first character of an instruction to the last line that belongs to it (of its last heredoc, say).
struct SourceRange {
  Position begin;
  int last_line = 0;
};

// A piece of the text as it is written: variables, quotes and escapes are still in it.
struct Word {
  std::string text;
  Position at;

  bool empty() const { return text.empty(); }
};

// The text that instructions were read from, kept for errors that are found later. Immutable, shared by
// whoever points into it; any thread may read.
class Source {
 public:
  // `name` is how the user knows the file: "Dockerfile", "docker/web.Dockerfile", "<stdin>".
  Source(std::string name, std::string text);

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }

  // `offset` counts bytes of text().
  Position position(std::size_t offset) const;

  // Error{kTaskFailed} with the message "NAME:LINE:COLUMN: SENTENCE" and, as its context, the line with a
  // caret below the column. `sentence` must be fit to be shown; see shown().
  Error error(Position at, const std::string& sentence) const;

  // The line and its caret, as error() has them. "" where there is no such line.
  std::string excerpt(Position at) const;

 private:
  std::size_t characters_before(std::size_t offset) const;

  std::string name_;
  std::string text_;
  std::vector<std::size_t> line_starts_;
  std::vector<std::size_t> characters_;  // before each block of the text
};

// A file's text without the byte order mark that some editors put at its start. Throws Error{kTaskFailed}
// where it is larger than kMostBytes.
std::string checked_text(std::string text, const std::string& name);

using SourcePtr = std::shared_ptr<const Source>;

// `text` for a message: control characters and what is not UTF-8 as \xNN, cut where it is longer than a line.
std::string shown(std::string_view text);

}  // namespace ixian::base
