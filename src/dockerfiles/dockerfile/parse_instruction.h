// From a statement to an instruction's body. Private to this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/flags.h"
#include "dockerfile/instruction.h"
#include "dockerfile/lexer.h"

namespace ixian::dockerfile {

struct ParseContext {
  const Statement& statement;
  char escape;
  std::vector<Heredoc> heredocs;  // announced by the statement, with their content

  const base::Source& source() const { return *statement.line->source; }
  std::string keyword() const;  // in capitals
  // Words of a JSON array, or nullopt.
  std::optional<std::vector<base::Word>> json() const;
  // All arguments as one word. Throws Error where there are none.
  base::Word one_word() const;
  // Error at the arguments, or where they should be.
  base::Error error(const std::string& sentence) const;
};

// Any instruction but FROM and ONBUILD. Throws Error.
InstructionBody parse_body(const ParseContext& context);

// "ADD", "ARG", …, all that there are.
const std::vector<std::string>& all_keywords();

// The parsers of parse_body().
InstructionBody parse_add(const ParseContext& context);
InstructionBody parse_copy(const ParseContext& context);
InstructionBody parse_volume(const ParseContext& context);
InstructionBody parse_run(const ParseContext& context);
InstructionBody parse_cmd(const ParseContext& context);
InstructionBody parse_entrypoint(const ParseContext& context);
InstructionBody parse_healthcheck(const ParseContext& context);
InstructionBody parse_shell(const ParseContext& context);

}  // namespace ixian::dockerfile
