// openat2(2) with RESOLVE_IN_ROOT: the kernel resolves a path as if the folder were "/", in one step, so that
// nobody can change it between a check and the use. Descriptors of some folders are kept, as entries come
// folder by folder; whatever removes something forgets them.
#include "layer/confined.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "base/error.h"
#include "layer/whiteout.h"

namespace ixian::layer {
namespace {

constexpr std::size_t kMaxKnown = 64;  // descriptors

struct CloseFolder {
  void operator()(DIR* stream) const { ::closedir(stream); }
};
using FolderStream = std::unique_ptr<DIR, CloseFolder>;

}  // namespace

void file_error(std::string_view action, std::string_view path, int error_number) {
  std::string_view advice;
  if (error_number == ENOSPC || error_number == EDQUOT) advice = "\nhint: free some space";
  if (error_number == EPERM || error_number == EACCES)
    advice = "\nhint: run ix as root, or in a user namespace";
  throw base::Error(base::ErrorCode::kTaskFailed,
                    fmt::format("cannot {} {}: {}{}", action, base::printable_path(path),
                                base::errno_text(error_number), advice));
}

int open_below(int folder, const std::string& path, int flags, unsigned long long resolve) {
  struct open_how how = {};
  how.flags = static_cast<unsigned>(flags) | O_CLOEXEC;
  how.resolve = resolve | RESOLVE_NO_MAGICLINKS;
  const char* name = path.empty() ? "." : path.c_str();
  for (int attempt = 0;; ++attempt) {
    const long fd = ::syscall(SYS_openat2, folder, name, &how, sizeof(how));
    // EAGAIN: something was renamed while ".." was resolved.
    if (fd >= 0 || (errno != EINTR && errno != EAGAIN) || attempt == 100) return static_cast<int>(fd);
  }
}

void each_name_in(int folder, std::string_view path, const std::function<bool(const char* name)>& on_name) {
  FolderStream stream(::fdopendir(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  if (!stream) file_error("read directory", path, errno);
  while (true) {
    errno = 0;
    const dirent* const entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    if (!is_dot(entry->d_name) && !on_name(entry->d_name)) return;
  }
  if (errno != 0) file_error("read directory", path, errno);
}

std::vector<std::string> names_in(int folder, std::string_view path) {
  std::vector<std::string> names;
  each_name_in(folder, path, [&](const char* name) {
    names.emplace_back(name);
    return true;
  });
  std::sort(names.begin(), names.end());
  return names;
}

int ExtractionRoot::open(const std::string& path) const {
  return open_below(root_, path, O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT);
}

files::UniqueFd ExtractionRoot::open_folder(const std::string& path) const {
  return files::UniqueFd(
      open_below(root_, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS));
}

// False with errno where something on the way is no folder.
bool ExtractionRoot::make(std::string_view path) {
  for (std::size_t slash = 0; slash != std::string_view::npos;) {
    slash = path.find('/', slash + 1);
    const std::string_view part = path.substr(0, slash);
    const auto [above, name] = split_path(part);
    const files::UniqueFd folder(open(std::string(above)));
    if (!folder.valid()) return false;
    const std::string made(name);
    if (::mkdirat(folder.get(), made.c_str(), 0755) == 0) {
      ::fchmodat(folder.get(), made.c_str(), 0755, 0);
    } else if (errno != EEXIST) {
      file_error("create directory", part, errno);
    }
  }
  return true;
}

int ExtractionRoot::folder(std::string_view path) {
  forgotten_.clear();
  const std::string key(path);
  if (const auto found = known_.find(key); found != known_.end()) return found->second.get();
  files::UniqueFd fd(open(key));
  if (!fd.valid() && errno == ENOENT) {
    if (!make(path)) return -1;
    fd = files::UniqueFd(open(key));
  }
  if (!fd.valid()) {
    // A symlink that leads nowhere is as little a folder as a file is.
    if (errno == ENOENT) errno = ENOTDIR;
    if (errno == ENOTDIR || errno == ELOOP) return -1;
    file_error("open directory", path, errno);
  }
  if (known_.size() >= kMaxKnown) known_.clear();
  return known_.emplace(key, std::move(fd)).first->second.get();
}

void ExtractionRoot::remove(int folder, const std::string& name) {
  if (::unlinkat(folder, name.c_str(), 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR && errno != EPERM) file_error("remove", name, errno);
  forgotten_.merge(known_);
  known_.clear();

  // Down into the first folder, up when it is empty: two descriptors, however deep it goes.
  const auto enter = [](int above, const char* child) {
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = ::openat(above, child, flags);
    if (fd < 0 && errno == EACCES && ::fchmodat(above, child, 0700, 0) == 0)
      fd = ::openat(above, child, flags);
    if (fd < 0) file_error("remove", child, errno);
    return files::UniqueFd(fd);
  };
  files::UniqueFd start(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!start.valid()) file_error("remove", name, errno);
  std::vector<std::string> way{name};
  files::UniqueFd current = enter(start.get(), name.c_str());
  while (!way.empty()) {
    std::string below;
    // What is removed while a folder is read may hide other names from the reader: it is read until it is
    // empty.
    bool empty = true;
    each_name_in(current.get(), way.back(), [&](const char* child) {
      empty = false;
      if (::unlinkat(current.get(), child, 0) == 0 || errno == ENOENT) return true;
      if (errno != EISDIR && errno != EPERM) file_error("remove", child, errno);
      below = child;
      return false;
    });
    if (below.empty() && !empty) continue;
    if (!below.empty()) {
      current = enter(current.get(), below.c_str());
      way.push_back(std::move(below));
      continue;
    }
    const bool last = way.size() == 1;
    files::UniqueFd above;
    if (!last) above = enter(current.get(), "..");
    if (::unlinkat(last ? start.get() : above.get(), way.back().c_str(), AT_REMOVEDIR) != 0)
      file_error("remove", way.back(), errno);
    way.pop_back();
    current = std::move(above);
  }
}

}  // namespace ixian::layer
