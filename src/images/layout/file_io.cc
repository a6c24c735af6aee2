// Files of images, with errors that say what to do. All writing is followed by fsync() of the file before it
// gets its name, and of the directory after: a layout is to be whole or absent after a loss of power, also on
// network file systems, where an error may come as late as that.
#include "layout/file_io.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"

namespace ixian::layout {
namespace {

std::string_view advice(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return "\nhint: free some space there, or choose another place";
    case EACCES:
    case EPERM:
      return "\nhint: check its owner and permissions";
    case EROFS:
      return "\nhint: choose a writable place";
    case EIO:
    case ESTALE:
      return "\nhint: check the disk, or the server that it is mounted from";
    default:
      return "";
  }
}

class RangeSource : public base::ByteSource {
 public:
  RangeSource(std::shared_ptr<const files::UniqueFd> fd, std::string path, std::uint64_t offset,
              std::uint64_t size, base::Cancellation& cancellation)
      : fd_(std::move(fd)),
        path_(std::move(path)),
        offset_(offset),
        left_(size),
        cancellation_(cancellation) {}

  std::size_t read(char* buffer, std::size_t size) override {
    cancellation_.throw_if_requested();
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, left_));
    if (wanted == 0) return 0;
    ssize_t got = 0;
    // By place: several readers share the descriptor.
    while ((got = ::pread(fd_->get(), buffer, wanted, static_cast<off_t>(offset_))) < 0 && errno == EINTR) {
    }
    if (got < 0) file_error("read", path_, errno);
    if (got == 0) {
      throw base::Error(base::ErrorCode::kRegistry,
                        fmt::format("{} became shorter while it was read\nhint: copy the image there again",
                                    base::printable_path(path_)));
    }
    offset_ += static_cast<std::uint64_t>(got);
    left_ -= static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }

 private:
  const std::shared_ptr<const files::UniqueFd> fd_;
  const std::string path_;
  std::uint64_t offset_;
  std::uint64_t left_;
  base::Cancellation& cancellation_;
};

}  // namespace

void file_error(std::string_view action, const std::string& path, int error_number) {
  // That there is no room here is nothing that a registry could help with.
  const bool no_room = error_number == ENOSPC || error_number == EDQUOT;
  throw base::Error(no_room ? base::ErrorCode::kTaskFailed : base::ErrorCode::kRegistry,
                    fmt::format("cannot {} {}: {}{}", action, base::printable_path(path),
                                base::errno_text(error_number), advice(error_number)));
}

OpenFile open_for_reading(const std::string& path) {
  OpenFile file;
  // A pipe that somebody put there must not hold us up, nor a terminal become ours; what is no file is
  // refused below.
  file.fd = files::UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.fd.valid()) {
    if (errno == ENOENT || errno == ENOTDIR) return file;
    file_error("read", path, errno);
  }
  struct stat status = {};
  if (::fstat(file.fd.get(), &status) != 0) file_error("read", path, errno);
  if (!S_ISREG(status.st_mode)) file_error("read", path, S_ISDIR(status.st_mode) ? EISDIR : EINVAL);
  file.size = static_cast<std::uint64_t>(status.st_size);
  return file;
}

std::optional<std::string> read_whole(const std::string& path, std::size_t limit) {
  const OpenFile file = open_for_reading(path);
  if (!file.fd.valid()) return std::nullopt;
  return read_whole(file, path, limit);
}

std::string read_whole(const OpenFile& file, const std::string& path, std::size_t limit) {
  std::string content;
  char buffer[64 << 10];
  for (;;) {
    const ssize_t got = ::read(file.fd.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) file_error("read", path, errno);
    if (got == 0) return content;
    content.append(buffer, static_cast<std::size_t>(got));
    if (content.size() > limit) {
      throw base::Error(base::ErrorCode::kRegistry,
                        fmt::format("{} is longer than {} bytes, the most that is accepted; it was not used",
                                    base::printable_path(path), limit));
    }
  }
}

std::optional<std::uint64_t> file_size(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    file_error("look at", path, errno);
  }
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

std::unique_ptr<base::ByteSource> read_range(std::shared_ptr<const files::UniqueFd> fd,
                                             const std::string& path, std::uint64_t offset,
                                             std::uint64_t size, base::Cancellation& cancellation) {
  return std::make_unique<RangeSource>(std::move(fd), path, offset, size, cancellation);
}

void write_at(int fd, std::string_view bytes, std::uint64_t offset, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) file_error("write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
}

void sync_file(int fd, const std::string& path) {
  if (::fsync(fd) != 0) file_error("write", path, errno);
}

void sync_folder(const std::string& path) {
  const files::UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) file_error("write to", path, errno);
  // Some network file systems have nothing to sync in a folder, and say EINVAL.
  if (::fsync(folder.get()) != 0 && errno != EINVAL) file_error("write to", path, errno);
}

void make_folders(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return sync_folder(folder_of(path));
  if (errno == EEXIST) {
    struct stat status = {};
    if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return;
    file_error("create the directory", path, ENOTDIR);
  }
  const std::string parent = folder_of(path);
  if (errno != ENOENT || parent == path) file_error("create the directory", path, errno);
  make_folders(parent);
  if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) file_error("create the directory", path, errno);
  sync_folder(parent);
}

std::string folder_of(const std::string& path) {
  const auto end = path.find_last_not_of('/');
  const auto slash = path.rfind('/', end);
  if (end == std::string::npos) return path.empty() ? "." : "/";
  if (slash == std::string::npos) return ".";
  const auto last = path.find_last_not_of('/', slash);
  return last == std::string::npos ? "/" : path.substr(0, last + 1);
}

}  // namespace ixian::layout
