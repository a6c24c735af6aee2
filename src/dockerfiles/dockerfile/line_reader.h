// The lines of a Dockerfile as instructions see them: continued ones joined, comments and empty ones gone,
// directives taken off the top.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/dockerfile.h"

namespace ixian::dockerfile {

struct LogicalLine {
  std::string text;
  int last_line = 0;
  std::vector<std::string> comments;  // directly above
  bool has_empty_continuation = false;

  // Where the byte `offset` of the text was written.
  base::Position at(std::size_t offset) const;
  // The bytes from `begin` to `end`, with their place.
  base::Word word(std::size_t begin, std::size_t end) const {
    return {text.substr(begin, end - begin), at(begin)};
  }

  // Each piece of the text begins at `begin`, and was written from `offset` of the source on.
  struct Piece {
    std::size_t begin;
    std::size_t offset;
  };
  const base::Source* source = nullptr;
  std::vector<Piece> pieces;
};

// Reads from a Source, which must outlive it and its lines.
class LineReader {
 public:
  explicit LineReader(const base::Source& source) : source_(source) {}

  // The next instruction. nullopt at the end. Throws Error for a directive that is wrong.
  std::optional<LogicalLine> next();

  // The next line as it is, with its end, for a heredoc. nullopt at the end.
  std::optional<std::string_view> next_raw();

  // Complete after the first next().
  const Directives& directives() const { return directives_; }
  int line_number() const { return line_number_; }

 private:
  bool take_directive(std::string_view line, std::size_t offset);
  void append(LogicalLine& line, std::string_view piece) const;

  const base::Source& source_;
  Directives directives_;
  std::size_t offset_ = 0;
  int line_number_ = 0;
  bool directives_done_ = false;
  std::vector<std::string> seen_directives_;
};

}  // namespace ixian::dockerfile
