#include "context/changed.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace ixian::context {

void fail_changed(const std::string& path) {
  throw base::Error(
      base::ErrorCode::kTaskFailed,
      fmt::format(
          "{} changed during the build\nhint: run the build again, or exclude what the build does not "
          "need, such as a log, by .dockerignore",
          path.empty() ? "the build context" : base::printable_path(path)));
}

}  // namespace ixian::context
