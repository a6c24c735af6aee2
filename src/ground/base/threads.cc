#include "base/threads.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "base/error.h"

namespace ixian::base {

std::thread start_thread(std::function<void()> work) {
  try {
    return std::thread(std::move(work));
  } catch (const std::system_error& error) {
    throw Error(
        ErrorCode::kTaskFailed,
        fmt::format("cannot start another thread: {}\nhint: raise the limit of processes and threads "
                    "(`ulimit -u`, a container's or a systemd unit's), or run fewer jobs at once: `-j 1`",
                    error.code().message()));
  }
}

std::thread try_thread(std::function<void()> work) noexcept {
  try {
    return std::thread(std::move(work));
  } catch (const std::exception&) {
    return {};
  }
}

}  // namespace ixian::base
