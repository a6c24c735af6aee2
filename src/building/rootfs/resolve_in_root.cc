// A path is followed name by name, as the kernel would with the root as "/": what has been found so far is a
// list of names none of which is a link, and so can be opened name by name without following anything.
//
// openat2(2) with RESOLVE_IN_ROOT would do most of this in one call, but it does not tell which parts are
// missing, and the links on the way of a missing path must be followed too.
#include "rootfs/resolve_in_root.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace ixian::rootfs {
namespace {

constexpr int kMostLinks = 40;  // as the kernel has it

void prepend(std::deque<std::string>& names, std::string_view path) {
  const auto parts = base::split(path, '/');
  names.insert(names.begin(), parts.begin(), parts.end());
}

std::string read_link(int folder, const std::string& name) {
  std::string target(4096, '\0');
  const ssize_t length = ::readlinkat(folder, name.c_str(), target.data(), target.size());
  target.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
  return target;
}

files::UniqueFd open_names(int root_fd, const std::vector<std::string>& names, int flags) {
  if (names.empty()) return files::UniqueFd(::openat(root_fd, ".", flags | O_CLOEXEC));
  files::UniqueFd folder;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool last = i + 1 == names.size();
    const int how = last ? flags : O_PATH | O_DIRECTORY;
    files::UniqueFd next(
        ::openat(i == 0 ? root_fd : folder.get(), names[i].c_str(), how | O_NOFOLLOW | O_CLOEXEC));
    if (!next.valid()) return next;
    folder = std::move(next);
  }
  return folder;
}

[[noreturn]] void fail(std::string_view path, int error) {
  throw base::Error(base::ErrorCode::kTaskFailed,
                    fmt::format("cannot follow path {} in the image: {}", base::printable_path(path),
                                base::errno_text(error)));
}

}  // namespace

std::string ConfinedPath::inside() const {
  std::string path = found.empty() ? "" : "/" + found;
  for (const auto& name : missing) path += "/" + name;
  return path.empty() ? "/" : path;
}

ConfinedPath resolve_in_root(int root_fd, std::string_view path) {
  std::vector<std::string> found;
  ConfinedPath result;
  std::deque<std::string> names;
  prepend(names, path);
  int links = 0;
  while (!names.empty()) {
    const std::string name = std::move(names.front());
    names.pop_front();
    if (name.empty() || name == ".") continue;
    auto& known = result.missing.empty() ? found : result.missing;
    if (name == "..") {
      // At the root ".." stays there, as in a container.
      if (!known.empty()) known.pop_back();
      continue;
    }
    if (!result.missing.empty()) {
      result.missing.push_back(name);
      continue;
    }
    // From the root each time, through what is no link: whatever is changed meanwhile, it cannot lead out.
    const files::UniqueFd folder = open_names(root_fd, found, O_PATH | O_DIRECTORY);
    if (!folder.valid()) fail(path, errno);
    struct stat info;
    if (::fstatat(folder.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) fail(path, errno);
      result.missing.push_back(name);
    } else if (S_ISLNK(info.st_mode)) {
      if (++links > kMostLinks) fail(path, ELOOP);
      const std::string target = read_link(folder.get(), name);
      if (target.starts_with('/')) found.clear();
      prepend(names, target);
    } else {
      found.push_back(name);
    }
  }
  result.found = base::join(found, "/");
  return result;
}

files::UniqueFd open_inside(int root_fd, const ConfinedPath& path, int flags) {
  if (!path.missing.empty()) {
    errno = ENOENT;
    return {};
  }
  std::vector<std::string> names;
  if (!path.found.empty()) {
    for (std::string_view name : base::split(path.found, '/')) names.emplace_back(name);
  }
  return open_names(root_fd, names, flags);
}

}  // namespace ixian::rootfs
