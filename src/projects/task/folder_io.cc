// Reading directories by the system's own calls: getdents64() gives many names and their types at once into a
// buffer that is used again, where readdir() has one of its own for each directory. A path may be longer than
// the system takes; it is opened in steps.
#include "task/folder_io.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <climits>

#include "base/error.h"

namespace ixian::task {

int read_folder(int fd, std::vector<char>& buffer,
                const std::function<void(std::string_view name, unsigned char type)>& visit) {
  while (true) {
    const ssize_t got = ::getdents64(fd, buffer.data(), buffer.size());
    if (got < 0) return errno;
    if (got == 0) return 0;
    for (ssize_t at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
      at += entry->d_reclen;
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") visit(name, entry->d_type);
    }
  }
}

files::UniqueFd open_folder(int at, std::string_view path, int flags) {
  files::UniqueFd reached;
  while (path.size() >= PATH_MAX) {
    const std::size_t slash = path.rfind('/', PATH_MAX - 1);
    if (slash == std::string_view::npos || slash == 0) break;  // the system says ENAMETOOLONG
    const std::string step(path.substr(0, slash));
    reached = files::UniqueFd(::openat(at, step.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!reached.valid()) return {};
    at = reached.get();
    path.remove_prefix(slash + 1);
  }
  const std::string step(path);
  return files::UniqueFd(::openat(at, step.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags));
}

std::string join_path(std::string_view folder, std::string_view name) {
  std::string path;
  if (folder != ".") {
    path.reserve(folder.size() + 1 + name.size());
    path = folder;
    if (!path.ends_with('/')) path += '/';
  }
  path += name;
  return path;
}

bool means_absent(int error_number) {
  return error_number == ENOENT || error_number == ENOTDIR || error_number == ELOOP ||
         error_number == ENAMETOOLONG || error_number == ESTALE;
}

FolderId folder_id(const struct stat& status) {
  return {status.st_dev, status.st_ino};
}

void fail_to_read(std::string_view path, int error_number) {
  throw base::Error(
      base::ErrorCode::kTaskFailed,
      fmt::format("cannot read {}: {}", base::printable_path(path), base::errno_text(error_number)));
}

}  // namespace ixian::task
