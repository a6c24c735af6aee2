// ADD takes archives in whatever form people have (gzip, bzip2, xz, lzma, zstd; every dialect of tar), so
// they are read by libarchive and not by our strict reader: here an archive is somebody's input, not a layer
// that two readers must agree about. What it says is believed only within the destination (see
// layer_builder.h), and what it may take is bounded as for layers.
//
// Bodies go into one file, one behind the other: entries come once and in order, and the layer is written
// later, by path.
#include "executor/archive_source.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "compression/limits.h"
#include "context/file_view.h"
#include "layout/file_io.h"

namespace ixian::executor {
namespace {

using base::Error;
using base::ErrorCode;

struct CloseArchive {
  void operator()(archive* each) const { ::archive_read_free(each); }
};
using Archive = std::unique_ptr<archive, CloseArchive>;

Archive open_archive(int fd) {
  Archive reader(::archive_read_new());
  ::archive_read_support_filter_gzip(reader.get());
  ::archive_read_support_filter_bzip2(reader.get());
  ::archive_read_support_filter_xz(reader.get());
  ::archive_read_support_filter_lzma(reader.get());
  ::archive_read_support_filter_zstd(reader.get());
  ::archive_read_support_format_tar(reader.get());
  if (::lseek(fd, 0, SEEK_SET) != 0 || ::archive_read_open_fd(reader.get(), fd, 256 << 10) != ARCHIVE_OK)
    reader.reset();
  return reader;
}

tar::TarType type_of(archive_entry* entry) {
  if (::archive_entry_hardlink(entry) != nullptr) return tar::TarType::kHardLink;
  switch (::archive_entry_filetype(entry)) {
    case AE_IFDIR:
      return tar::TarType::kFolder;
    case AE_IFLNK:
      return tar::TarType::kSymlink;
    case AE_IFCHR:
      return tar::TarType::kCharacterDevice;
    case AE_IFBLK:
      return tar::TarType::kBlockDevice;
    case AE_IFIFO:
      return tar::TarType::kFifo;
    default:
      return tar::TarType::kFile;
  }
}

// Names are bytes: where they are not in the locale's character set, they are in the archive's own.
std::string text(const char* utf8, const char* raw) {
  return utf8 != nullptr ? utf8 : raw != nullptr ? raw : "";
}

tar::TarEntry tar_entry(archive_entry* entry) {
  tar::TarEntry made;
  made.name = text(::archive_entry_pathname_utf8(entry), ::archive_entry_pathname(entry));
  made.type = type_of(entry);
  made.mode = ::archive_entry_perm(entry) & 07777;
  made.uid = static_cast<std::uint32_t>(::archive_entry_uid(entry));
  made.gid = static_cast<std::uint32_t>(::archive_entry_gid(entry));
  made.mtime = ::archive_entry_mtime(entry);
  made.mtime_ns = static_cast<std::uint32_t>(::archive_entry_mtime_nsec(entry));
  if (made.type == tar::TarType::kSymlink)
    made.link = text(::archive_entry_symlink_utf8(entry), ::archive_entry_symlink(entry));
  if (made.type == tar::TarType::kHardLink)
    made.link = text(::archive_entry_hardlink_utf8(entry), ::archive_entry_hardlink(entry));
  made.device_major = static_cast<std::uint32_t>(::archive_entry_rdevmajor(entry));
  made.device_minor = static_cast<std::uint32_t>(::archive_entry_rdevminor(entry));
  ::archive_entry_xattr_reset(entry);
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  while (::archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
    // As for files of a context: others are of the machine that made the archive.
    if (std::string_view(name) == "security.capability" || std::string_view(name).starts_with("user."))
      made.xattrs.emplace(name, std::string(static_cast<const char*>(value), size));
  }
  return made;
}

// The bodies of all files, one behind the other.
class BodySpool {
 public:
  BodySpool(const std::string& path, base::Cancellation& cancellation)
      : path_(path),
        fd_(std::make_shared<files::UniqueFd>(
            ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600))),
        cancellation_(cancellation) {
    if (!fd_->valid())
      throw Error(ErrorCode::kTaskFailed, fmt::format("cannot create {}: {}", path, base::errno_text(errno)));
  }

  layer_files::LayerEntry take(archive* reader, const std::string& name, const std::string& archive_name) {
    constexpr std::size_t kBuffer = 256 << 10;
    if (!buffer_) buffer_.reset(new char[kBuffer]);
    const std::uint64_t start = end_;
    while (true) {
      cancellation_.throw_if_requested();
      const la_ssize_t count = ::archive_read_data(reader, buffer_.get(), kBuffer);
      if (count < 0)
        throw Error(ErrorCode::kTaskFailed,
                    fmt::format("archive {} is damaged: {}", archive_name, ::archive_error_string(reader)));
      if (count == 0) break;
      layout::write_at(fd_->get(), {buffer_.get(), static_cast<std::size_t>(count)}, end_, path_);
      end_ += static_cast<std::uint64_t>(count);
      if (end_ > compression::Limits{}.bytes)
        throw Error(ErrorCode::kTaskFailed,
                    fmt::format("archive {} is too large to be unpacked", archive_name));
    }
    layer_files::LayerEntry entry;
    entry.content = layer_files::DeferredContent{
        [fd = fd_, path = path_, start, size = end_ - start, &cancellation = cancellation_] {
          return layout::read_range(fd, path, start, size, cancellation);
        },
        end_ - start, name};
    return entry;
  }

 private:
  const std::string path_;
  const std::shared_ptr<files::UniqueFd> fd_;
  base::Cancellation& cancellation_;
  std::unique_ptr<char[]> buffer_;
  std::uint64_t end_ = 0;
};

}  // namespace

std::string archive_path(const std::string& name) {
  int depth = 0;
  for (const std::string_view part : base::split(name, '/')) {
    if (part.empty() || part == ".") continue;
    depth += part == ".." ? -1 : 1;
    if (depth < 0 && !name.starts_with('/')) {
      throw Error(
          ErrorCode::kTaskFailed,
          fmt::format("archive member {} escapes the archive\nhint: create the archive again, or unpack "
                      "it by RUN",
                      base::printable_path(name)));
    }
    depth = std::max(depth, 0);
  }
  return context::clean_in_root(name);
}

bool read_archive(int fd, const std::string& name, const std::shared_ptr<store::WorkDir>& work,
                  const OnArchiveEntry& on_entry, base::Cancellation& cancellation) {
  const Archive reader = open_archive(fd);
  if (!reader) return false;
  archive_entry* entry = nullptr;
  int result = ::archive_read_next_header(reader.get(), &entry);
  // An archive without entries is one all the same; anything that is not one has no filter and no format.
  if (result == ARCHIVE_EOF)
    return ::archive_format(reader.get()) != 0 && ::archive_filter_bytes(reader.get(), -1) > 0;
  if (result != ARCHIVE_OK && result != ARCHIVE_WARN) return false;
  BodySpool spool(work->path() + "/archive", cancellation);
  std::uint64_t entries = 0;
  while (result == ARCHIVE_OK || result == ARCHIVE_WARN) {
    if (++entries > compression::Limits{}.entries)
      throw Error(ErrorCode::kTaskFailed, fmt::format("archive {} has too many entries", name));
    tar::TarEntry made = tar_entry(entry);
    layer_files::LayerEntry content;
    if (made.type == tar::TarType::kFile) {
      content = spool.take(reader.get(), made.name, name);
      made.size = std::get<layer_files::DeferredContent>(content.content).size;
    }
    on_entry(std::move(made), std::move(content));
    result = ::archive_read_next_header(reader.get(), &entry);
  }
  if (result != ARCHIVE_EOF) {
    throw Error(ErrorCode::kTaskFailed,
                fmt::format("archive {} is damaged: {}", name, ::archive_error_string(reader.get())));
  }
  return true;
}

}  // namespace ixian::executor
