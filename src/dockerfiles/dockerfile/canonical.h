// What an instruction says, without the way in which it is written.
#pragma once

#include <string>
#include <vector>

#include "dockerfile/instruction.h"

namespace ixian::dockerfile {

// Groups of words: first the keyword in capitals with the flags, then what they are for, then a group for
// each heredoc. Comments, blanks between words, the way lines are broken, the case of the keyword and the
// names of stages are not in it: two instructions have the same groups just if they mean the same where they
// stand.
using CanonicalInstruction = std::vector<std::vector<std::string>>;

// Of an instruction with its variables still in it. `origins` are what to call where it takes files from, one
// for each place of steps::Step::origins; "" where that is the context.
CanonicalInstruction canonical(const Instruction& instruction, const base::Source& source,
                               const std::vector<std::string>& origins);

// On one line, for people.
std::string one_line(const CanonicalInstruction& instruction);

}  // namespace ixian::dockerfile
