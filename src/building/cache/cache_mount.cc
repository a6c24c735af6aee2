// A cache mount is a directory of the store that RUNs write to, kept from build to build. Three locks, each a
// byte of one file (key_lock.h), by different keys of the same cache:
//
//   <name>           held by a RUN with sharing=locked, or with sharing=private for its own copy
//   "using <name>"   shared by all RUNs that have it mounted; alone for whoever makes room
//   "making <path>"  while the directory is made and filled, so that nobody sees half of it
//
// When it was last used is the time of a file beside it: the directory's own time changes with what is
// written in it, and access times are often off.
#include "cache/cache_mount.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "files/fs.h"
#include "store/folder.h"
#include "store/trash.h"

namespace ixian::cache {
namespace {

constexpr int kMostPrivate = 1024;
constexpr std::string_view kStampEnding = ".used";  // of the file beside a folder that says when

std::string cache_mounts_folder(store::Store& store) {
  return store.folder() + "/cache-mounts";
}
std::string lock_file(store::Store& store) {
  return cache_mounts_folder(store) + "/locks";
}
std::string use_key(const std::string& path) {
  return "using " + path.substr(path.rfind('/') + 1);
}

void stamp(const std::string& path) {
  const files::UniqueFd fd(
      ::open((path + std::string(kStampEnding)).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (fd.valid()) ::futimens(fd.get(), nullptr);
}

// What uid=, gid= and mode= come to.
struct Look {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t mode = 0755;
  bool operator==(const Look&) const = default;
};

Look look_of(const dockerfile::Mount& mount) {
  // A part of a cache belongs to whoever filled it.
  if (mount.from.empty() && !mount.source.empty()) return {};
  return {mount.uid.value_or(0), mount.gid.value_or(0), mount.mode.value_or(0755)};
}

bool exists(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace

std::string CacheMount::name_of(const dockerfile::Mount& mount, const Begin& begin) {
  // NUL between the parts: no two mounts give one text.
  std::string text = mount.id + '\0' + mount.from + '\0' + (mount.from.empty() ? "" : mount.source);
  const Look look = look_of(mount);
  if (!begin.content.empty() || !(look == Look())) {
    text += fmt::format("{}{}:{}:{:o}{}{}", '\0', look.uid, look.gid, look.mode, '\0', begin.content);
  }
  std::string name = base::sha256_hex(text);
  if (mount.sharing == dockerfile::Sharing::kPrivate) name += "-";
  return name;
}

CacheMount::CacheMount(store::Store& store, const dockerfile::Mount& mount, const Begin& begin,
                       base::Cancellation& cancellation) {
  const std::string folder = cache_mounts_folder(store);
  files::make_directories(folder);
  const std::string locks = lock_file(store);
  const std::string name = name_of(mount, begin);
  if (mount.sharing == dockerfile::Sharing::kPrivate) {
    for (int i = 0; path_.empty(); ++i) {
      if (i == kMostPrivate)
        throw base::Error(base::ErrorCode::kTaskFailed,
                          fmt::format("cache {} is in use by too many builds", mount.id));
      const std::string numbered = fmt::format("{}{}", name, i);
      if (KeyLock::try_lock(locks, numbered, lock_)) path_ = folder + "/" + numbered;
    }
  } else {
    path_ = folder + "/" + name;
    if (mount.sharing == dockerfile::Sharing::kLocked) lock_ = KeyLock(locks, name, cancellation);
  }
  // Who makes room stays away from what is used.
  using_ = KeyLock::share(locks, use_key(path_), cancellation);
  stamp(path_);
  // Made under a lock of its own, so that nobody sees a folder that is not filled yet.
  const KeyLock making(locks, "making " + path_, cancellation);
  if (exists(path_)) return;
  const auto work = store.work();
  const std::string made = work->path() + "/cache";
  if (::mkdir(made.c_str(), 0700) != 0) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      fmt::format("cannot create {}: {}", made, base::errno_text(errno)));
  }
  if (begin.fill) begin.fill(made);
  const Look look = look_of(mount);
  if (::chown(made.c_str(), look.uid, look.gid) != 0 || ::chmod(made.c_str(), look.mode) != 0 ||
      ::rename(made.c_str(), path_.c_str()) != 0) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      fmt::format("cannot create cache directory {}: {}", path_, base::errno_text(errno)));
  }
}

namespace {

struct KeptCache {
  std::string path;
  std::int64_t used = 0;
  std::uint64_t bytes = 0;
};

// The least recently used first.
std::vector<KeptCache> kept_caches(const std::string& folder) {
  std::vector<KeptCache> all;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    KeptCache one{entry->path(), 0, 0};
    struct stat status;
    if (::lstat(one.path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) continue;
    one.used = status.st_mtime;
    if (::lstat((one.path + std::string(kStampEnding)).c_str(), &status) == 0) one.used = status.st_mtime;
    one.bytes = store::disk_usage(one.path);
    all.push_back(std::move(one));
  }
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return std::tie(a.used, a.path) < std::tie(b.used, b.path); });
  return all;
}

}  // namespace

CachePruneResult prune_cache_mounts(store::Store& store, const CachePruneOptions& options) {
  const auto caches = kept_caches(cache_mounts_folder(store));
  CachePruneResult result;
  for (const KeptCache& each : caches) result.left += each.bytes;
  const store::Trash trash(store::Folder(store.folder()).trash());
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  for (const KeptCache& each : caches) {
    KeyLock lock;
    // A RUN has it mounted.
    if (!KeyLock::try_lock(lock_file(store), use_key(each.path), lock)) {
      result.in_use += each.bytes;
      continue;
    }
    const bool old = options.older_than && now - each.used >= options.older_than->count();
    if (!old && !(options.max_bytes && result.left > *options.max_bytes)) continue;
    if (!options.dry_run) {
      trash.take(each.path);
      ::unlink((each.path + std::string(kStampEnding)).c_str());
    }
    ++result.count;
    result.bytes += each.bytes;
    result.left -= each.bytes;
  }
  if (!options.dry_run) trash.empty();
  return result;
}

}  // namespace ixian::cache
