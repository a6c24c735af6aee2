#include "engine/cache_mount.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/fs.h"
#include "base/sha256.h"

namespace ixian::engine {
namespace {

constexpr int kMostPrivate = 1024;

bool exists(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace

std::string cache_mounts_folder(store::Store& store) {
  return store.folder() + "/cache-mounts";
}

CacheMount::CacheMount(store::Store& store, const dockerfile::Mount& mount, const Fill& fill,
                       base::Cancellation& cancellation) {
  const std::string folder = cache_mounts_folder(store);
  base::make_directories(folder);
  const std::string locks = folder + "/locks";
  const std::string id = base::sha256_hex(mount.id + '\0' + mount.from + '\0' + mount.source);
  if (mount.sharing == dockerfile::Sharing::kPrivate) {
    for (int i = 0; path_.empty(); ++i) {
      if (i == kMostPrivate)
        throw base::Error(base::ErrorCode::kTaskFailed,
                          fmt::format("The cache {} is used by too many builds at once.", mount.id));
      const std::string name = fmt::format("{}-{}", id, i);
      if (KeyLock::try_lock(locks, name, lock_)) path_ = folder + "/" + name;
    }
  } else {
    path_ = folder + "/" + id;
    if (mount.sharing == dockerfile::Sharing::kLocked) lock_ = KeyLock(locks, id, cancellation);
  }
  // Made under a lock of its own, so that nobody sees a folder that is not filled yet.
  const KeyLock making(locks, "making " + path_, cancellation);
  if (exists(path_)) return;
  const auto work = store.work();
  const std::string made = work->path() + "/cache";
  if (::mkdir(made.c_str(), 0700) != 0) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      fmt::format("Cannot make {}: {}.", made, base::errno_text(errno)));
  }
  if (fill) fill(made);
  const auto chosen = [](const std::optional<std::uint32_t>& number, std::uint32_t other) {
    return number.value_or(other);
  };
  if (::chown(made.c_str(), chosen(mount.uid, 0), chosen(mount.gid, 0)) != 0 ||
      ::chmod(made.c_str(), chosen(mount.mode, 0755)) != 0 || ::rename(made.c_str(), path_.c_str()) != 0) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      fmt::format("Cannot make the cache folder {}: {}.", path_, base::errno_text(errno)));
  }
}

}  // namespace ixian::engine
