// Small files that a user names. Inside the project no link leads out of it: what somebody else has put into
// a repository must not read another file of ours into an image. What lies outside has been named by its
// path, and is read as it is. The kernel resolves the path (openat2), since no check of ours could be faster
// than somebody who changes it.
#include "files/text_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"

namespace ixian::files {
namespace {

bool means_absent(int error_number) {
  return error_number == ENOENT || error_number == ENOTDIR;
}

[[noreturn]] void fail_reading(std::string_view name, int error_number) {
  throw base::Error(
      base::ErrorCode::kTaskFailed,
      fmt::format("cannot read {}: {}", base::printable_path(name), base::errno_text(error_number)));
}

[[noreturn]] void fail_as_no_file(std::string_view name) {
  throw base::Error(base::ErrorCode::kUsage,
                    fmt::format("{} is not a regular file", base::printable_path(name)));
}

[[noreturn]] void fail_as_too_large(std::string_view name) {
  throw base::Error(base::ErrorCode::kTaskFailed,
                    fmt::format("{} is larger than 1 MiB", base::printable_path(name)));
}

// The rest of `path` below `folder`, as it is spelt or as the folder is really called.
std::optional<std::string> inside(const std::string& path, const std::string& folder) {
  if (folder.empty()) return std::nullopt;
  const auto below = [&](const std::string& top) -> std::optional<std::string> {
    const std::string start = top == "/" ? top : top + "/";
    if (!path.starts_with(start)) return std::nullopt;
    return path.substr(start.size());
  };
  if (auto rest = below(folder)) return rest;
  char* real = ::realpath(folder.c_str(), nullptr);
  if (real == nullptr) return std::nullopt;
  auto rest = below(real);
  std::free(real);
  return rest;
}

UniqueFd open_in(int folder, const std::string& path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  long fd = -1;
  do {
    fd = ::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof(how));
  } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
  return UniqueFd(static_cast<int>(fd));
}

// A device or a pipe is looked at without being opened.
std::optional<std::string> read_confined(const std::string& path, const std::string& folder,
                                         const std::string& rest) {
  const UniqueFd root(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.valid()) {
    if (means_absent(errno)) return std::nullopt;
    fail_reading(folder, errno);
  }
  const UniqueFd found = open_in(root.get(), rest, O_PATH);
  if (!found.valid()) {
    const int error_number = errno;
    struct stat status;
    if (error_number == ELOOP || (means_absent(error_number) &&
                                  ::fstatat(root.get(), rest.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0)) {
      throw base::Error(
          base::ErrorCode::kUsage,
          fmt::format("{} is a link that does not resolve inside {}, and links are not followed out of it",
                      base::printable_path(path), base::printable_path(folder)));
    }
    if (means_absent(error_number)) return std::nullopt;
    fail_reading(path, error_number);
  }
  struct stat status;
  if (::fstat(found.get(), &status) != 0) fail_reading(path, errno);
  if (!S_ISREG(status.st_mode)) fail_as_no_file(path);
  const UniqueFd file(::open(fmt::format("/proc/self/fd/{}", found.get()).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) fail_reading(path, errno);
  return read_text(file.get(), path);
}

}  // namespace

std::optional<std::string> read_text(const std::string& path, const std::string& folder) {
  if (const auto rest = inside(path, folder)) return read_confined(path, folder, *rest);
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.valid()) {
    if (means_absent(errno)) return std::nullopt;
    fail_reading(path, errno);
  }
  return read_text(file.get(), path);
}

std::string read_text(int fd, std::string_view name) {
  struct stat status;
  if (::fstat(fd, &status) != 0) fail_reading(name, errno);
  if (S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode)) fail_as_no_file(name);
  if (S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) > base::kMostText)
    fail_as_too_large(name);
  std::string text;
  char buffer[16384];
  ssize_t count = 0;
  while ((count = ::read(fd, buffer, sizeof(buffer))) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_reading(name, errno);
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > base::kMostText) fail_as_too_large(name);
  }
  return text;
}

}  // namespace ixian::files
