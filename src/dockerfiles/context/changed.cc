#include "context/changed.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace ixian::context {

void fail_changed(const std::string& path) {
  throw base::Error(
      base::ErrorCode::kTaskFailed,
      fmt::format("{} has changed while the image was built. Build again when nothing writes to it; "
                  "a file that the build does not need, such as a log, belongs in .dockerignore.",
                  path.empty() ? "The build context" : base::printable_path(path)));
}

}  // namespace ixian::context
