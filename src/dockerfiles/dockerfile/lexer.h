// The words of an instruction. All these take a part of a line, from `begin` to `end`.
#pragma once

#include <optional>
#include <vector>

#include "dockerfile/line_reader.h"

namespace ixian::dockerfile {

// An instruction's keyword, the flags after it without their quotes and escapes, and where its arguments are.
struct Statement {
  const LogicalLine* line;
  base::Word keyword;
  std::vector<base::Word> flags;
  std::size_t begin;  // of the arguments, white space at both ends taken off
  std::size_t end;

  base::Word arguments() const { return line->word(begin, end); }
  bool has_arguments() const { return begin < end; }
};

// What stands from `begin` to `end` of the line. Throws nothing: what is wrong with flags is said by Flags.
Statement split_statement(const LogicalLine& line, std::size_t begin, std::size_t end, char escape);

// Split at white space, as FROM, COPY and EXPOSE do; quotes mean nothing.
std::vector<base::Word> plain_words(const LogicalLine& line, std::size_t begin, std::size_t end);

// Split at white space outside quotes, as ENV, LABEL and ARG do. Quotes and escapes stay.
std::vector<base::Word> quoted_words(const LogicalLine& line, std::size_t begin, std::size_t end,
                                     char escape);

// The strings of a JSON array. nullopt where it is none, as `[ -d /x ]` is none. Throws Error where it is one
// of something else than strings.
std::optional<std::vector<base::Word>> json_words(const LogicalLine& line, std::size_t begin,
                                                  std::size_t end);

}  // namespace ixian::dockerfile
