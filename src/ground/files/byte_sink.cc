#include "files/byte_sink.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"

namespace ixian::files {

void FileSink::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int error = errno;
      throw base::Error(
          base::ErrorCode::kTaskFailed,
          fmt::format("cannot write {}: {}{}", base::printable_path(path_), base::errno_text(error),
                      error == ENOSPC ? "\nhint: free some space" : ""));
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace ixian::files
