// From the text of a Dockerfile to its stages (Dockerfile reference, as BuildKit reads it).
//
// The front door of this room: the language. What comes in is the text of a Dockerfile; what goes out is a
// Dockerfile of Stages and Instructions (instruction.h) as they are written, each word with its place. What
// they mean for a target is said in stages/.
//
// Where the reference is silent or imprecise, what BuildKit does counts. Errors are base::Errors with file,
// line and column.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source_text.h"
#include "dockerfile/instruction.h"

namespace ixian::dockerfile {

// "# name=value" above all else.
struct Directives {
  std::string syntax;  // kept, and of no consequence
  std::string check;   // options for lint()
  char escape = '\\';  // or '`'
};

struct Stage {
  std::size_t index = 0;
  std::string name;          // in small letters, "" is none
  std::string written_name;  // as it was written
  std::string as_keyword;    // "AS", "as"; "" where the stage has no name
  base::Word base;
  base::Word platform;  // "" is none
  std::string keyword;  // "FROM", "from"
  std::string text;
  base::SourceRange where;
  std::vector<std::string> comments;
  std::vector<Instruction> instructions;
};

struct Dockerfile {
  base::SourcePtr source;
  Directives directives;
  std::vector<Instruction> global_args;  // each an Arg, before the first FROM
  std::vector<Stage> stages;             // at least one
  std::vector<base::Position>
      empty_continuations;  // last lines of instructions with an empty line in their midst
};

// Parses at most kMostBytes. `name` is how errors call the file. Throws Error{kTaskFailed} that points at the
// place (see Source::error). No I/O.
Dockerfile parse(std::string text, std::string name);

// Of a file that parse() refuses: what stands before the instruction that is wrong. nullopt where that is
// nothing that could be built. Never throws Error.
std::optional<Dockerfile> parse_until_error(std::string text, std::string name);

// One instruction that came from an image's configuration (ONBUILD). Errors call it by `name`, e.g.
// "ONBUILD of debian:12". What is no trigger (FROM, ONBUILD, MAINTAINER, several instructions) is an error.
// `source` is what later errors about it point into.
struct Trigger {
  Instruction instruction;
  base::SourcePtr source;
};
Trigger parse_trigger(const std::string& text, const std::string& name);

}  // namespace ixian::dockerfile
