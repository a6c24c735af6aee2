// The archive is somebody's input, and what it says is not believed: each entry is made by descriptor and one
// last component in a directory that was resolved inside the root (layer/confined.h), so that neither "..",
// nor absolute names, nor links that the archive itself has put there lead out. Directories get their modes
// and times at the end, since what is made in them changes the times, and the modes may forbid it.
#include "build_context/unpack_archive.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "context/file_view.h"
#include "executor/archive_source.h"
#include "layer/confined.h"
#include "layout/file_io.h"

namespace ixian::build_context {
namespace {

using base::Error;
using base::ErrorCode;
using tar::TarEntry;
using tar::TarType;

class Unpacker {
 public:
  Unpacker(const std::string& folder, base::Cancellation& cancellation)
      : folder_(folder),
        fd_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
        root_(fd_.get()),
        // Whoever is not root could neither read nor remove what the archive keeps from its owner.
        least_(::geteuid() == 0 ? 0 : S_IRUSR | S_IWUSR),
        cancellation_(cancellation) {
    if (!fd_.valid()) layer::file_error("open", folder, errno);
  }

  void take(const TarEntry& entry, const layer_files::LayerEntry& content) {
    cancellation_.throw_if_requested();
    const std::string path = executor::archive_path(entry.name);
    if (path.empty()) return;  // the root: the directory is ours
    const int above = parent(path);
    const std::string name = context::base_name(path);
    switch (entry.type) {
      case TarType::kFolder:
        return make_folder(entry, path, above, name);
      case TarType::kFile:
        return make_file(entry, content, path, above, name);
      case TarType::kSymlink:
        root_.remove(above, name);
        if (::symlinkat(entry.link.c_str(), above, name.c_str()) != 0) fail(path);
        return set_times(entry, above, name);
      case TarType::kHardLink:
        return make_link(entry, path);
      default:
        return;
    }
  }

  void finish() {
    for (auto each = folders_.rbegin(); each != folders_.rend(); ++each) {
      const files::UniqueFd fd = root_.open_folder(each->first);
      if (!fd.valid()) continue;  // something else has taken its place
      const TarEntry& entry = each->second;
      if (::fchmod(fd.get(), entry.mode | (least_ == 0 ? 0 : S_IRWXU)) != 0) fail(each->first);
      const timespec times[2] = {{entry.mtime, entry.mtime_ns}, {entry.mtime, entry.mtime_ns}};
      ::futimens(fd.get(), times);
    }
  }

 private:
  [[noreturn]] static void fail(const std::string& path) { layer::file_error("write", path, errno); }

  int parent(const std::string& path) {
    const int folder = root_.folder(context::parent_path(path));
    if (folder < 0) fail(path);
    return folder;
  }

  static void set_times(const TarEntry& entry, int above, const std::string& name) {
    const timespec times[2] = {{entry.mtime, entry.mtime_ns}, {entry.mtime, entry.mtime_ns}};
    ::utimensat(above, name.c_str(), times, AT_SYMLINK_NOFOLLOW);
  }

  void make_folder(const TarEntry& entry, const std::string& path, int above, const std::string& name) {
    struct stat status;
    const bool is_there =
        ::fstatat(above, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
    if (!is_there) {
      root_.remove(above, name);
      if (::mkdirat(above, name.c_str(), 0700) != 0) fail(path);
    }
    folders_.insert_or_assign(path, entry);
  }

  void make_file(const TarEntry& entry, const layer_files::LayerEntry& content, const std::string& path,
                 int above, const std::string& name) {
    root_.remove(above, name);
    const files::UniqueFd fd(
        ::openat(above, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd.valid()) fail(path);
    const auto source = std::get<layer_files::DeferredContent>(content.content).open();
    std::uint64_t written = 0;
    while (const std::size_t count = source->read(buffer_.data(), buffer_.size())) {
      layout::write_at(fd.get(), {buffer_.data(), count}, written, path);
      written += count;
    }
    for (const auto& [key, value] : entry.xattrs)
      ::fsetxattr(fd.get(), key.c_str(), value.data(), value.size(), 0);
    if (::fchmod(fd.get(), entry.mode | least_) != 0) fail(path);
    set_times(entry, above, name);
  }

  void make_link(const TarEntry& entry, const std::string& path) {
    const std::string from = executor::archive_path(entry.link);
    // The next question about a directory ends this one's descriptor.
    const files::UniqueFd from_folder(::fcntl(parent(from), F_DUPFD_CLOEXEC, 0));
    const int above = parent(path);
    if (from == path) return;
    const std::string name = context::base_name(path);
    root_.remove(above, name);
    if (::linkat(from_folder.get(), context::base_name(from).c_str(), above, name.c_str(), 0) == 0) return;
    if (errno != ENOENT) fail(path);
    throw Error(ErrorCode::kTaskFailed,
                fmt::format("invalid archive: {} is a hard link to {}, which is not in it",
                            base::printable_path(path), base::printable_path(from)));
  }

  const std::string& folder_;
  const files::UniqueFd fd_;
  layer::ExtractionRoot root_;
  const mode_t least_;
  base::Cancellation& cancellation_;
  std::map<std::string, TarEntry> folders_;
  std::vector<char> buffer_ = std::vector<char>(256 << 10);
};

// The sum that stands in a header of any dialect of tar, in octal digits.
bool is_tar_header(std::string_view block) {
  constexpr std::size_t kSum = 148;
  constexpr std::size_t kSumEnd = 156;
  if (block.size() < kArchiveStart) return false;
  unsigned sum = 0;
  for (std::size_t i = 0; i < kArchiveStart; ++i)
    sum += i >= kSum && i < kSumEnd ? ' ' : static_cast<unsigned char>(block[i]);
  unsigned said = 0;
  bool digits = false;
  for (std::size_t i = kSum; i < kSumEnd; ++i) {
    const char c = block[i];
    if (c == ' ' && !digits) continue;
    if (c < '0' || c > '7') break;
    said = said * 8 + static_cast<unsigned>(c - '0');
    digits = true;
  }
  return digits && said == sum;
}

}  // namespace

bool begins_as_archive(std::string_view start) {
  using namespace std::string_view_literals;
  for (const std::string_view magic : {"\x1f\x8b"sv, "BZh"sv, "\xfd\x37zXZ\0"sv, "\x28\xb5\x2f\xfd"sv}) {
    if (start.starts_with(magic)) return true;
  }
  const std::string_view block = start.substr(0, kArchiveStart);
  // An archive of nothing ends at once, with a block of zeros.
  const bool zeros = block.size() == kArchiveStart && block.find_first_not_of('\0') == std::string_view::npos;
  return zeros || is_tar_header(block);
}

void unpack_archive(int fd, const std::string& name, const std::string& folder,
                    const std::shared_ptr<store::WorkDir>& work, base::Cancellation& cancellation) {
  Unpacker unpacker(folder, cancellation);
  const bool is_archive = executor::read_archive(
      fd, name, work,
      [&unpacker](const TarEntry& entry, const layer_files::LayerEntry& content) {
        unpacker.take(entry, content);
      },
      cancellation);
  if (!is_archive) {
    throw Error(ErrorCode::kTaskFailed,
                fmt::format("cannot unpack {}: no tar archive (gzip, bzip2, xz and zstd are read)", name));
  }
  unpacker.finish();
}

}  // namespace ixian::build_context
