// rename(2) replaces whatever has the name: as root also /dev/null, for the whole machine. So first it is
// asked what the name leads to.
//
// Descriptors come before that. /dev/stdout is a link by way of /proc/self/fd/1 to whatever that is; opened
// by its name, a socket is an error, and a file that the shell has opened is written from its start. So the
// links are read one by one until one names a descriptor, which is then duplicated. It must be one that we
// were started with: all that this program opens itself is closed by exec(2), which is how they are told
// apart.
//
// For all else the kernel follows the links, with its own rules for links in /tmp (proc_sys_fs(5),
// protected_symlinks), and is asked by the descriptor where it came out.
#include "files/output_path.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>

#include "base/error.h"
#include "base/text.h"
#include "files/temporary_folder.h"

namespace ixian::files {
namespace {

constexpr int kMostLinks = 40;  // as the kernel has it

// Numbers of devices that are terminals; see the kernel's admin-guide/devices.txt.
constexpr unsigned kTtyMajor = 4;
constexpr unsigned kConsoleMajor = 5;  // /dev/tty, too
constexpr unsigned kFirstPtyMajor = 136;
constexpr unsigned kLastPtyMajor = 143;

constexpr useconds_t kReaderPoll = 20'000;  // nothing tells when somebody opens the other end of a FIFO

[[noreturn]] void cannot_write(const std::string& path, int error_number) {
  throw base::Error(
      base::ErrorCode::kTaskFailed,
      fmt::format("cannot write {}: {}{}", base::printable_path(path), base::errno_text(error_number),
                  error_number == ENOSPC ? "\nhint: free some space there" : ""));
}

[[noreturn]] void refuse(const std::string& path, std::string_view reason) {
  throw base::Error(base::ErrorCode::kUsage,
                    fmt::format("cannot write {}: {}", base::printable_path(path), reason));
}

std::string folder_with(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::optional<std::string> link_target(const std::string& path) {
  char buffer[4096];
  const ssize_t length = ::readlink(path.c_str(), buffer, sizeof(buffer));
  if (length <= 0) return std::nullopt;
  return std::string(buffer, static_cast<std::size_t>(length));
}

// The number behind "/dev/fd/" and its like.
std::optional<int> descriptor_named(std::string_view path) {
  const std::string own = fmt::format("/proc/{}/fd/", ::getpid());
  for (const std::string_view start : {std::string_view("/dev/fd/"), std::string_view("/proc/self/fd/"),
                                       std::string_view("/proc/thread-self/fd/"), std::string_view(own)}) {
    if (!path.starts_with(start)) continue;
    const std::string_view digits = path.substr(start.size());
    int number = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc() && end == digits.data() + digits.size() && number >= 0) return number;
  }
  return std::nullopt;
}

std::optional<int> find_descriptor(std::string path) {
  for (int links = 0; links < kMostLinks; ++links) {
    if (path == "/dev/stdout") return STDOUT_FILENO;
    if (path == "/dev/stderr") return STDERR_FILENO;
    if (const auto number = descriptor_named(path)) return number;
    const auto target = link_target(path);
    if (!target) return std::nullopt;
    path = absolute_path(*target, folder_with(path));
  }
  return std::nullopt;
}

bool is_ours_to_use(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFD);
  const int access = ::fcntl(descriptor, F_GETFL);
  return flags >= 0 && (flags & FD_CLOEXEC) == 0 && access >= 0 && (access & O_ACCMODE) != O_RDONLY;
}

void write_whole(int fd, std::string_view content, const std::string& shown) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) cannot_write(shown, errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

OutputPath::OutputPath(const std::string& path) : shown_(path) {
  if (path.empty()) refuse(path, "its name is empty");
  const bool names_folder = path.ends_with('/');
  path_ = path == "-" ? "/dev/stdout" : absolute_path(path, current_directory());
  folder_ = temporary_folder();
  if ((descriptor_ = find_descriptor(path_))) {
    into_ = true;
    if (path == "-") shown_ = "standard output";
    if (!is_ours_to_use(*descriptor_)) refuse(shown_, "ix was started without that descriptor");
    return;
  }
  const UniqueFd found(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!found.valid() && errno != ENOENT) refuse(shown_, base::errno_text(errno));
  struct stat status {};
  if (!found.valid()) {
    // Nothing, or a link that leads to nothing: the kernel makes the file where that leads.
    if (names_folder) refuse(shown_, "it is the name of a directory");
    into_ = ::lstat(path_.c_str(), &status) == 0;
    if (into_) return;
    folder_ = folder_with(path_);
    if (::access(folder_.c_str(), W_OK) != 0 && errno != ENOENT) refuse(shown_, base::errno_text(errno));
    return;
  }
  if (::fstat(found.get(), &status) != 0) refuse(shown_, base::errno_text(errno));
  if (S_ISDIR(status.st_mode)) refuse(shown_, "it is a directory");
  if (S_ISSOCK(status.st_mode)) refuse(shown_, "it is a socket");
  into_ = !S_ISREG(status.st_mode);
  const auto real = link_target(fmt::format("/proc/self/fd/{}", found.get()));
  if (into_ || !real) return;
  path_ = *real;
  if (::access(folder_with(path_).c_str(), W_OK) != 0) {
    into_ = true;
    return;
  }
  folder_ = folder_with(path_);
  mode_ = status.st_mode & 0777;
  owner_ = status.st_uid;
  group_ = status.st_gid;
}

bool OutputPath::is_standard_output() const {
  return descriptor_ == STDOUT_FILENO;
}

bool OutputPath::is_terminal() const {
  if (descriptor_) return ::isatty(*descriptor_) == 1;
  if (!into_) return false;
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0 || !S_ISCHR(status.st_mode)) return false;
  // Told by its number: to open some devices is to do something.
  const unsigned number = major(status.st_rdev);
  return number == kTtyMajor || number == kConsoleMajor ||
         (number >= kFirstPtyMajor && number <= kLastPtyMajor);
}

bool OutputPath::take(int fd, const std::string& temporary, const base::Cancellation& cancellation) const {
  if (into_) {
    copy_into(fd, cancellation);
    return false;
  }
  if (mode_) {
    if (::fchown(fd, owner_, group_) != 0) {
      // Somebody else's file, which only root could give back: it is ours from now on.
    }
    ::fchmod(fd, *mode_);
  }
  if (::fsync(fd) != 0) cannot_write(shown_, errno);
  if (::rename(temporary.c_str(), path_.c_str()) != 0) {
    if (errno != EBUSY && errno != EXDEV) cannot_write(shown_, errno);
    copy_into(fd, cancellation);  // something is mounted there
    return false;
  }
  const UniqueFd folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.valid()) ::fsync(folder.get());
  return true;
}

UniqueFd OutputPath::open(const base::Cancellation& cancellation) const {
  if (descriptor_) {
    UniqueFd fd(::fcntl(*descriptor_, F_DUPFD_CLOEXEC, 3));
    if (!fd.valid()) cannot_write(shown_, errno);
    return fd;
  }
  // O_CREAT only for a link to nothing: where everybody may write, the kernel does not let it go with a FIFO
  // or a file of somebody else's.
  int flags = O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  for (;;) {
    UniqueFd fd(::open(path_.c_str(), flags, 0666));
    if (fd.valid()) {
      ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) & ~O_NONBLOCK);
      return fd;
    }
    const int failed = errno;
    if (failed == EINTR) continue;
    if (failed == ENOENT && (flags & O_CREAT) == 0) {
      flags |= O_CREAT;
      continue;
    }
    struct stat status {};
    const bool lacks_reader =
        failed == ENXIO && ::stat(path_.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
    if (!lacks_reader) cannot_write(shown_, failed);
    cancellation.throw_if_requested();
    ::usleep(kReaderPoll);
  }
}

void OutputPath::write(std::string_view content, const base::Cancellation& cancellation) const {
  if (into_) return write_whole(open(cancellation).get(), content, shown_);
  make_directories(folder_);
  std::uint64_t name = 0;
  if (::getrandom(&name, sizeof(name), 0) != sizeof(name)) cannot_write(shown_, errno);
  const std::string temporary = fmt::format("{}/.ix-new-{:016x}", folder_, name);
  const UniqueFd fd(::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd.valid()) cannot_write(shown_, errno);
  bool renamed = false;
  try {
    write_whole(fd.get(), content, shown_);
    renamed = take(fd.get(), temporary, cancellation);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  if (!renamed) ::unlink(temporary.c_str());
}

void OutputPath::copy_into(int fd, const base::Cancellation& cancellation) const {
  const UniqueFd out = open(cancellation);
  char buffer[256 * 1024];
  for (off_t offset = 0;;) {
    cancellation.throw_if_requested();
    const ssize_t count = ::pread(fd, buffer, sizeof(buffer), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) cannot_write(shown_, errno);
    if (count == 0) return;
    write_whole(out.get(), {buffer, static_cast<std::size_t>(count)}, shown_);
    offset += count;
  }
}

}  // namespace ixian::files
