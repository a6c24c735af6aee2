// What is printed of the commands besides their help pages: the manual, and the reference in docs/.
#pragma once

#include <string>

namespace ixian::commands {

// ix(1) for "", ix-build(1) for "build", ixian.py(5) for "ixian.py". Throws base::Error{kUsage} for anything
// else.
std::string manual_page(const std::string& topic);

// docs/reference/command-options.md.
std::string command_reference();

}  // namespace ixian::commands
