// Results, as opposed to progress: what a command was asked for goes to standard output.
#pragma once

#include <string_view>

namespace ixian::cli {

// All of it, or as much as the reader takes: a closed pipe is not an error.
void print(std::string_view text);

}  // namespace ixian::cli
