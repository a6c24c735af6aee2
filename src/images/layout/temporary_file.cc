// Who may remove a temporary file? Process numbers say little: containers count their own, and a folder may
// be on NFS. A lock on the file itself, by open file description (fcntl(2), F_OFD_SETLK), ends with its owner
// on any kernel. On this machine it is exact; a file of another machine, or of this one before it was
// restarted, is also given an hour, should the file system not pass locks on. The name tells which machine it
// was by the kernel's boot id.
//
// Between making the file and locking it somebody might remove it; so whoever removes holds the lock, and
// whoever makes one looks, having the lock, whether the file still has its name, and otherwise makes another.
#include "layout/temporary_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <random>

#include "base/error.h"
#include "layout/file_io.h"

namespace ixian::layout {
namespace {

constexpr auto kGrace = std::chrono::hours{1};

bool lock(int fd) {
  struct flock range = {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  return ::fcntl(fd, F_OFD_SETLK, &range) == 0;
}

const std::string& boot_id() {
  static const std::string id = []() -> std::string {
    try {
      const auto text = read_whole("/proc/sys/kernel/random/boot_id", 100);
      return text ? text->substr(0, text->find('-')) : "";
    } catch (const base::Error&) {
      return "";
    }
  }();
  return id;
}

std::string new_name(const std::string& prefix) {
  static const unsigned salt = std::random_device{}();
  static std::atomic<unsigned> count{0};
  return fmt::format("{}{}-{}-{:08x}-{}", prefix, boot_id(), ::getpid(), salt, ++count);
}

bool still_named(int fd) {
  struct stat status = {};
  return ::fstat(fd, &status) == 0 && status.st_nlink > 0;
}

bool is_old(int fd) {
  struct stat status = {};
  if (::fstat(fd, &status) != 0) return false;
  const auto age = std::chrono::system_clock::now() - std::chrono::system_clock::from_time_t(status.st_mtime);
  return age > kGrace;
}

void reclaim(const std::string& path, bool of_this_boot) {
  const files::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.valid() || !lock(fd.get()) || !still_named(fd.get())) return;
  if (of_this_boot || is_old(fd.get())) ::unlink(path.c_str());
}

}  // namespace

TemporaryFile::TemporaryFile(const std::string& folder, const std::string& prefix) {
  for (;;) {
    path_ = folder + "/" + new_name(prefix);
    fd_ = files::UniqueFd(::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!fd_.valid() && errno == ENOENT) {
      if (::mkdir(folder.c_str(), 0777) != 0) make_folders(folder);
      continue;
    }
    if (!fd_.valid() && errno == EEXIST) continue;
    if (!fd_.valid()) file_error("write", path_, errno);
    const bool locked = lock(fd_.get());
    if (!locked && (errno == EAGAIN || errno == EACCES)) {
      ::unlink(path_.c_str());
      continue;
    }
    if (still_named(fd_.get())) return;  // where nothing can be locked, nobody else can either
  }
}

TemporaryFile::~TemporaryFile() {
  if (!moved_) ::unlink(path_.c_str());
}

void TemporaryFile::move_to(const std::string& path) {
  sync_file(fd_.get(), path_);
  move_unsynced_to(path);
}

void TemporaryFile::give_to(const files::OutputPath& place, const base::Cancellation& cancellation) {
  moved_ = place.take(fd_.get(), path_, cancellation);
}

void TemporaryFile::move_unsynced_to(const std::string& path) {
  if (::rename(path_.c_str(), path.c_str()) != 0) file_error("write", path, errno);
  moved_ = true;
  fd_.reset();
}

void reclaim_temporary_files(const std::string& folder, const std::string& prefix) noexcept {
  try {
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      const std::string name = entry->path().filename();
      if (!name.starts_with(prefix)) continue;
      reclaim(entry->path(), !boot_id().empty() && name.starts_with(prefix + boot_id() + "-"));
    }
  } catch (...) {  // a folder that cannot be read has nothing to reclaim
  }
}

}  // namespace ixian::layout
