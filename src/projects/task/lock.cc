// One file for all tasks: a task's lock is one byte of it, at a place that its name's hash gives, locked by
// open file description (fcntl(2), F_OFD_SETLK), so that threads of one process exclude each other too and
// nothing is left to clean up. Two names that meet at one place would only wait for each other.
#include "task/lock.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/sha256.h"

namespace ixian::task {
namespace {

struct flock byte_at(off_t place, short type) {
  struct flock range = {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = place;
  range.l_len = 1;
  return range;
}

off_t place_of(const std::string& task) {
  base::Sha256 hash;
  hash.update(task);
  const auto bytes = hash.finish();
  std::uint64_t place = 0;
  for (int i = 0; i < 7; ++i) place = place << 8 | bytes[static_cast<std::size_t>(i)];
  return static_cast<off_t>(place);
}

}  // namespace

TaskLock::TaskLock(const std::string& folder, const std::string& task, base::Cancellation& cancellation,
                   const std::function<void()>& on_wait)
    : place_(place_of(task)) {
  files::make_directories(folder, 0755);
  const std::string path = folder + "/locks";
  fd_ = files::UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  auto fail = [&](int error) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      fmt::format("cannot lock the task {} in {}: {}", task, base::printable_path(path),
                                  base::errno_text(error)));
  };
  if (!fd_.valid()) fail(errno);
  struct flock range = byte_at(place_, F_WRLCK);
  std::chrono::milliseconds pause{5};
  while (::fcntl(fd_.get(), F_OFD_SETLK, &range) != 0) {
    // Both mean that somebody holds it (fcntl(2)).
    if (errno != EAGAIN && errno != EACCES && errno != EINTR) fail(errno);
    if (!waited_) on_wait();
    waited_ = true;
    if (cancellation.wait_for(pause)) throw base::Cancelled();
    pause = std::min(pause * 2, std::chrono::milliseconds{100});
  }
}

TaskLock::~TaskLock() {
  if (!fd_.valid()) return;
  struct flock range = byte_at(place_, F_UNLCK);
  ::fcntl(fd_.get(), F_OFD_SETLK, &range);
}

}  // namespace ixian::task
