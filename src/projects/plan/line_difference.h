// Which lines of a text are others than before.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace ixian::plan {

struct LineDifference {
  std::size_t line = 0;  // from 1, in the text now; of a line that is gone, where it was in the text before
  std::optional<std::string> before;  // nullopt: it is new
  std::optional<std::string> now;     // nullopt: it is gone
};

// The fewest lines that must be removed and added, in order; a line that is added where one was removed is
// told together with it. For texts that differ in thousands of lines, all from the first to the last.
std::vector<LineDifference> line_differences(const std::vector<std::string>& before,
                                             const std::vector<std::string>& now);

}  // namespace ixian::plan
