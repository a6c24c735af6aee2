// <<NAME in a line.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "dockerfile/instruction.h"

namespace ixian::dockerfile {

// The heredoc that a word announces, without content: [fd]<<[-]NAME, NAME perhaps quoted. nullopt where it
// announces none. Throws ExpandError where the name is malformed.
std::optional<Heredoc> heredoc_of_word(std::string_view word);

// All that a line announces, in order. A line that cannot be taken apart announces none.
std::vector<Heredoc> heredocs_of_line(std::string_view line);

// Without the tabs that lines begin with.
std::string without_leading_tabs(std::string_view content);

}  // namespace ixian::dockerfile
