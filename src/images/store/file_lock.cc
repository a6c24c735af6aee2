// Locks by open file description: they hold between threads as between processes, and the kernel takes them
// back however a process ends. A name's lock is one byte of one file, at a place that is the name's hash; two
// names at one place only wait for each other. Locks are asked for again and again, since the call that waits
// would not hear of a cancellation.
#include "store/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/error.h"
#include "base/sha256.h"
#include "layout/file_io.h"

namespace ixian::store {
namespace {

std::int64_t place_of(const std::string& name) {
  base::Sha256 hash;
  hash.update(name);
  const auto bytes = hash.finish();
  std::int64_t place = 0;
  // 56 bits: a place in a file is a signed 64-bit number.
  for (std::size_t i = 0; i < 7; ++i) place = place << 8 | bytes[i];
  return place;
}

}  // namespace

bool is_locked(const std::string& file) {
  const files::UniqueFd fd(::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.valid()) return false;
  struct flock range = {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  return ::fcntl(fd.get(), F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

NameLock::NameLock(const std::string& file, const std::string& name, Try)
    : file_(file), fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)), place_(place_of(name)) {
  if (!fd_.valid()) layout::file_error("write", file, errno);
  held_ = try_lock();
}

NameLock::NameLock(const std::string& file, const std::string& name, base::Cancellation& cancellation)
    : NameLock(file, name, Try::kNow) {
  std::chrono::milliseconds pause{1};
  while (!held_) {
    if (cancellation.wait_for(pause)) throw base::Cancelled();
    pause = std::min(pause * 2, std::chrono::milliseconds{20});
    held_ = try_lock();
  }
}

bool NameLock::try_lock() {
  struct flock range = {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = place_;
  range.l_len = 1;
  if (::fcntl(fd_.get(), F_OFD_SETLK, &range) == 0) return true;
  if (errno == EAGAIN || errno == EACCES || errno == EINTR) return false;
  throw base::Error(
      base::ErrorCode::kRegistry,
      fmt::format("cannot lock {}: {}\nhint: name a directory in IXIAN_STORE whose file system has locks",
                  base::printable_path(file_), base::errno_text(errno)));
}

}  // namespace ixian::store
