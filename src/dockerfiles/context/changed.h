// A file of a build context that is another one than it was.
#pragma once

#include <string>

namespace ixian::context {

// Throws Error{kTaskFailed} that names the file, as it is called in the context, and says what helps.
[[noreturn]] void fail_changed(const std::string& path);

}  // namespace ixian::context
