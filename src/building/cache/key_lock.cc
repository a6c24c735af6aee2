// The lock is an fcntl lock of an open file description, which excludes threads and processes alike, needs no
// file per key, and ends with its holder however that dies. What it lacks is a wait that can be cancelled, so
// whoever waits asks again at growing intervals.
#include "cache/key_lock.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>

#include "base/error.h"
#include "base/sha256.h"

namespace ixian::cache {
namespace {

constexpr std::chrono::milliseconds kFirstPause{5};
constexpr std::chrono::milliseconds kLongestPause{250};

files::UniqueFd open_file(const std::string& file) {
  files::UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.valid()) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      fmt::format("cannot open {}: {}", file, base::errno_text(errno)));
  }
  return fd;
}

off_t place_of(const std::string& key) {
  // 15 digits are 60 bits: no offset is negative.
  return static_cast<off_t>(std::stoull(base::sha256_hex(key).substr(0, 15), nullptr, 16));
}

// False where somebody else has it.
bool take(int fd, off_t place, const std::string& file, bool shared = false) {
  struct flock lock {};
  lock.l_type = shared ? F_RDLCK : F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = place;
  lock.l_len = 1;
  while (::fcntl(fd, F_OFD_SETLK, &lock) != 0) {
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EACCES) return false;
    throw base::Error(base::ErrorCode::kTaskFailed,
                      fmt::format("cannot lock {}: {}", file, base::errno_text(errno)));
  }
  return true;
}

}  // namespace

KeyLock::KeyLock(const std::string& file, const std::string& key, base::Cancellation& cancellation)
    : fd_(open_file(file)) {
  auto pause = kFirstPause;
  while (!take(fd_.get(), place_of(key), file)) {
    if (cancellation.wait_for(pause)) throw base::Cancelled();
    pause = std::min(pause * 2, kLongestPause);
  }
}

KeyLock KeyLock::share(const std::string& file, const std::string& key, base::Cancellation& cancellation) {
  KeyLock lock;
  lock.fd_ = open_file(file);
  auto pause = kFirstPause;
  while (!take(lock.fd_.get(), place_of(key), file, true)) {
    if (cancellation.wait_for(pause)) throw base::Cancelled();
    pause = std::min(pause * 2, kLongestPause);
  }
  return lock;
}

bool KeyLock::try_lock(const std::string& file, const std::string& key, KeyLock& lock) {
  files::UniqueFd fd = open_file(file);
  if (!take(fd.get(), place_of(key), file)) return false;
  lock.fd_ = std::move(fd);
  return true;
}

}  // namespace ixian::cache
