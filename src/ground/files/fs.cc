// Files by system calls, with the errors' text for people. Names are bytes, which need not be UTF-8;
// printable_path() makes them safe to show, and can be undone, so it is also how paths get into JSON.
#include "files/fs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace ixian::files {
namespace {

[[noreturn]] void fail(std::string_view action, const std::string& path, int error_number) {
  throw base::Error(
      base::ErrorCode::kTaskFailed,
      fmt::format("cannot {} {}: {}", action, base::printable_path(path), base::errno_text(error_number)));
}

std::string parent_of(const std::string& path) {
  auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

void write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      fail("write", path, errno);
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::vector<std::string_view> components(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::string_view part : base::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == ".." && !parts.empty()) {
      parts.pop_back();
    } else if (part != "..") {
      parts.push_back(part);
    }
  }
  return parts;
}

}  // namespace

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void UniqueFd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::optional<std::string> read_file(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    fail("read", path, errno);
  }
  std::string content;
  char buffer[64 * 1024];
  while (true) {
    ssize_t got = ::read(fd.get(), buffer, sizeof(buffer));
    if (got < 0) {
      if (errno == EINTR) continue;
      fail("read", path, errno);
    }
    if (got == 0) return content;
    content.append(buffer, static_cast<std::size_t>(got));
  }
}

void write_file_atomically(const std::string& path, std::string_view content) {
  const std::string directory = parent_of(path);
  make_directories(directory);
  // Beside the file, not in a folder for temporary ones: a rename only works within one file system.
  std::string temporary = path + ".XXXXXX";
  UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) fail("write", path, errno);
  try {
    ::fchmod(fd.get(), 0644);
    write_all(fd.get(), content, path);
    if (::fsync(fd.get()) != 0) fail("write", path, errno);
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail("write", path, errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  // The rename itself lasts once its folder is on the disk. Where that cannot be said the file is still
  // whole, the old one or the new one.
  UniqueFd folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.valid()) ::fsync(folder.get());
}

UniqueFd nameless_file() {
  const char* chosen = std::getenv("TMPDIR");
  for (const char* folder : {chosen != nullptr ? chosen : "", "/tmp"}) {
    UniqueFd file(::open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (file.valid()) return file;
  }
  // Not every file system has nameless files; memory is the last resort.
  UniqueFd file(::memfd_create("file", MFD_CLOEXEC));
  if (!file.valid()) fail("create", "a temporary file", errno);
  return file;
}

void make_directories(const std::string& path, mode_t mode) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(path, error);
  if (error) fail("create the directory", path, error.value());
  if (!made || mode == 0777) return;
  struct stat status;
  if (::stat(path.c_str(), &status) != 0 || ::chmod(path.c_str(), status.st_mode & mode & 07777) != 0)
    fail("create the directory", path, errno);
}

std::string current_directory() {
  std::error_code error;
  std::string path = std::filesystem::current_path(error).string();
  if (error) {
    throw base::Error(base::ErrorCode::kUsage,
                      "the current directory no longer exists\nhint: change to one that does");
  }
  return path;
}

std::string absolute_path(std::string_view path, std::string_view base) {
  std::string joined = path.starts_with('/') ? std::string(path) : fmt::format("{}/{}", base, path);
  std::string result;
  for (std::string_view part : components(joined)) {
    result += '/';
    result += part;
  }
  return result.empty() ? "/" : result;
}

std::string relative_path(std::string_view path, std::string_view base) {
  auto to = components(path);
  auto from = components(base);
  std::size_t shared = 0;
  while (shared < to.size() && shared < from.size() && to[shared] == from[shared]) ++shared;
  std::vector<std::string_view> parts(from.size() - shared, "..");
  parts.insert(parts.end(), to.begin() + static_cast<std::ptrdiff_t>(shared), to.end());
  return parts.empty() ? "." : base::join(parts, "/");
}

}  // namespace ixian::files
