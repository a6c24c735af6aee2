#include "build_context/open_context.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "build_context/unpack_archive.h"
#include "build_context/usage_error.h"
#include "compression/limits.h"
#include "context/write_tree.h"
#include "files/fs.h"
#include "files/text_file.h"
#include "layout/file_io.h"

namespace ixian::build_context {
namespace {

using Kind = ContextSource::Kind;

// What is there, at most `size` bytes; 0 is the end. Ctrl-C ends the waiting.
std::size_t read_input(char* buffer, std::size_t size, base::Cancellation& cancellation) {
  while (true) {
    cancellation.throw_if_requested();
    pollfd ready{STDIN_FILENO, POLLIN, 0};
    const int count = ::poll(&ready, 1, 100);
    if (count == 0 || (count < 0 && errno == EINTR)) continue;
    const ssize_t got = ::read(STDIN_FILENO, buffer, size);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) usage(fmt::format("cannot read standard input: {}", base::errno_text(errno)));
    return static_cast<std::size_t>(got);
  }
}

// The first bytes, as many as say what it is.
std::string start_of_input(base::Cancellation& cancellation) {
  std::string start(kArchiveStart, '\0');
  std::size_t size = 0;
  while (size < start.size()) {
    const std::size_t count = read_input(start.data() + size, start.size() - size, cancellation);
    if (count == 0) break;
    size += count;
  }
  start.resize(size);
  return start;
}

std::string rest_of_text(std::string text, base::Cancellation& cancellation) {
  if (text.starts_with("PK\x03\x04"))
    usage("cannot read standard input: it is a zip archive\nhint: send a tar archive, `tar -c .`");
  std::array<char, 16384> buffer;
  while (const std::size_t count = read_input(buffer.data(), buffer.size(), cancellation)) {
    text.append(buffer.data(), count);
    if (text.size() > base::kMostText)
      usage("standard input is too long for a Dockerfile, and no tar archive");
  }
  return text;
}

std::string start_of(int fd) {
  std::string start(kArchiveStart, '\0');
  const ssize_t count = ::pread(fd, start.data(), start.size(), 0);
  start.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return start;
}

class Opener {
 public:
  Opener(const ContextSource& source, const ContextTools& tools)
      : source_(source), tools_(tools), cancellation_(tools.cancellation) {}

  OpenedContext run() {
    switch (source_.kind) {
      case Kind::kDirectory:
        return {source_.path, true, std::nullopt, nullptr};
      case Kind::kArchive:
        return archive_file();
      case Kind::kStandardInput:
        return standard_input();
      case Kind::kUrl:
        return download();
      case Kind::kGit:
        break;
    }
    OpenedContext opened = temporary();
    const auto checkout = tools_.fetcher.checkout(*source_.remote, cancellation_);
    context::write_tree(*checkout->files, "", opened.folder, cancellation_);
    return opened;
  }

 private:
  OpenedContext temporary() const {
    std::shared_ptr<store::WorkDir> work = tools_.store->work();
    std::string folder = work->path() + "/context";
    files::make_directories(folder, 0755);
    return {std::move(folder), false, std::nullopt, std::move(work)};
  }

  OpenedContext unpacked(int fd) const {
    OpenedContext opened = temporary();
    // Spooled apart from the files, and gone with the last of them.
    const std::shared_ptr<store::WorkDir> spool = tools_.store->work();
    unpack_archive(fd, source_.shown, opened.folder, spool, cancellation_);
    return opened;
  }

  OpenedContext archive_file() const {
    const files::UniqueFd fd(::open(source_.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.valid()) usage(fmt::format("cannot read {}: {}", source_.shown, base::errno_text(errno)));
    if (begins_as_archive(start_of(fd.get()))) return unpacked(fd.get());
    usage(
        fmt::format("invalid build context {}: neither a directory nor a tar archive\nhint: name the "
                    "Dockerfile with -f, and a directory as the context",
                    source_.shown));
  }

  OpenedContext standard_input() const {
    const std::string start = start_of_input(cancellation_);
    if (!begins_as_archive(start)) return {"", false, rest_of_text(start, cancellation_), nullptr};
    const std::shared_ptr<store::WorkDir> work = tools_.store->work();
    const std::string path = work->path() + "/input";
    const files::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd.valid()) layout::file_error("write", path, errno);
    layout::write_at(fd.get(), start, 0, path);
    std::uint64_t size = start.size();
    std::string buffer(256 << 10, '\0');
    while (const std::size_t count = read_input(buffer.data(), buffer.size(), cancellation_)) {
      layout::write_at(fd.get(), {buffer.data(), count}, size, path);
      size += count;
      if (size > compression::Limits{}.bytes) usage("standard input is too long for an archive");
    }
    return unpacked(fd.get());
  }

  OpenedContext download() const {
    const auto file = tools_.fetcher.download(*source_.remote, cancellation_);
    const int fd = file->fd->get();
    if (begins_as_archive(start_of(fd))) return unpacked(fd);
    if (::lseek(fd, 0, SEEK_SET) != 0) layout::file_error("read", file->path, errno);
    return {"", false, files::read_text(fd, source_.shown), nullptr};
  }

  const ContextSource& source_;
  const ContextTools& tools_;
  base::Cancellation& cancellation_;
};

}  // namespace

OpenedContext open_context(const ContextSource& source, const ContextTools& tools) {
  return Opener(source, tools).run();
}

std::string read_text_of_standard_input(base::Cancellation& cancellation) {
  std::string start = start_of_input(cancellation);
  if (begins_as_archive(start)) {
    usage(
        "standard input is an archive, not a Dockerfile\nhint: for an archive as the context write "
        "`ix build -`");
  }
  return rest_of_text(std::move(start), cancellation);
}

}  // namespace ixian::build_context
