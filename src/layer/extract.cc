#include "layer/extract.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fs.h"
#include "layer/attributes.h"
#include "layer/confined.h"
#include "layer/layer_reader.h"
#include "layer/unpacking.h"
#include "layer/whiteout.h"

// A hostile layer has three ways out of its folder: names, links that it put there itself, and links that
// were there before. The first are refused by LayerReader. For the others nothing is ever reached by a path
// alone: folders are opened with openat2(RESOLVE_IN_ROOT), under which the kernel lets neither "..", absolute
// targets nor links out, and what is made there is made by descriptor and one last component, never through a
// link: files with O_EXCL, so that what is written to is new, whatever had the name before being removed
// first.

namespace ixian::layer {
namespace {

constexpr std::size_t kBuffer = 256 << 10;

class Extraction {
 public:
  Extraction(LayerReader& reader, int folder, const ExtractOptions& options, base::Cancellation& cancellation)
      : reader_(reader), target_(folder), options_(options), cancellation_(cancellation), buffer_(kBuffer) {}

  void run(Extracted& result) {
    while (auto item = reader_.next()) {
      cancellation_.throw_if_requested();
      place(*item);
    }
    result.skipped_devices = skipped_devices_;
    result.skipped_attributes = skipped_attributes_;
    result.listing = reader_.take_listing();
    finish_folders(result.listing);
  }

 private:
  using Item = LayerReader::Item;

  struct Folder {
    std::string path;
    std::uint32_t mode;
    timespec mtime;
  };

  // What a file is like that has just been made.
  struct Birth {
    std::string folder;
    mode_t asked;
    uid_t uid;
    gid_t gid;
    mode_t mode;
  };

  bool overlay() const { return options_.into != ExtractInto::kTree; }

  int folder_for(std::string_view path, const Item& item) {
    const int folder = target_.folder(path);
    if (folder < 0) reader_.refuse(item.entry.name, "lies below something that is no folder");
    return folder;
  }

  void place(const Item& item) {
    if (item.type == EntryType::kOpaque) return opaque(item);
    if (item.type == EntryType::kWhiteout) return whiteout(item);
    if (item.path.empty()) return attributes_of_folder(item, target_.root(), ".");
    const auto [above, last] = split_path(item.path);
    const int folder = folder_for(above, item);
    const std::string name(last);
    switch (item.type) {
      case EntryType::kFile:
        return file(item, folder, name);
      case EntryType::kFolder:
        return this->folder(item, folder, name);
      case EntryType::kSymlink:
        create(item, folder, name, [&] { return ::symlinkat(item.link.c_str(), folder, name.c_str()); });
        return attributes_of_node(item, folder, name);
      case EntryType::kHardLink:
        return hard_link(item, name);
      default:
        return node(item, folder, name);
    }
  }

  // Makes something that must be new, after removing what has its name.
  template <typename Make>
  int create(const Item& item, int folder, const std::string& name, Make make) {
    int result = make();
    if (result < 0 && errno == EEXIST) {
      birth_.reset();
      target_.remove(folder, name);
      result = make();
    }
    if (result < 0) file_error("write", item.path, errno);
    return result;
  }

  void file(const Item& item, int folder, const std::string& name) {
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const base::UniqueFd fd(
        create(item, folder, name, [&] { return ::openat(folder, name.c_str(), flags, born_as(item)); }));
    content(item, fd.get());
    const oci::TarEntry& entry = item.entry;
    const Birth& birth = birth_of(item, fd.get());
    const bool other_owner = entry.uid != birth.uid || entry.gid != birth.gid;
    if (options_.owners && other_owner && ::fchown(fd.get(), entry.uid, entry.gid) != 0) owner_error(item);
    if (entry.mode != birth.mode && ::fchmod(fd.get(), entry.mode) != 0) {
      file_error("set the mode of", item.path, errno);
    }
    attributes(item, fd.get());
    const timespec times[2] = {time_of(entry), time_of(entry)};
    if (::futimens(fd.get(), times) != 0) file_error("set the time of", item.path, errno);
  }

  // Which owner and mode files get when they are made in a folder depends on that folder (set-group-ID,
  // access control lists) and on this process, but not on the file: one is looked at.
  const Birth& birth_of(const Item& item, int fd) {
    const std::string_view folder = split_path(item.path).folder;
    if (birth_ && birth_->asked == born_as(item) && birth_->folder == folder) return *birth_;
    struct stat status = {};
    if (::fstat(fd, &status) != 0) file_error("look at", item.path, errno);
    birth_ = Birth{std::string(folder), born_as(item), status.st_uid, status.st_gid, status.st_mode & 07777};
    return *birth_;
  }

  // Never more than it may be in the end.
  static mode_t born_as(const Item& item) { return item.entry.mode & 0777; }

  void content(const Item& item, int fd) {
    bool hole = false;
    while (const std::size_t count = reader_.read(buffer_.data(), buffer_.size())) {
      const std::string_view bytes(buffer_.data(), count);
      hole = reader_.is_sparse() && bytes.find_first_not_of('\0') == std::string_view::npos;
      if (hole) {
        if (::lseek(fd, static_cast<off_t>(count), SEEK_CUR) < 0) file_error("write", item.path, errno);
      } else {
        write_all(fd, bytes, item.path);
      }
      cancellation_.throw_if_requested();
    }
    if (hole && ::ftruncate(fd, static_cast<off_t>(item.entry.size)) != 0)
      file_error("write", item.path, errno);
  }

  static void write_all(int fd, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(fd, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) file_error("write", path, errno);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  void folder(const Item& item, int above, const std::string& name) {
    const bool hides = overlay() && hidden_.contains(item.path);
    if (::mkdirat(above, name.c_str(), 0700) != 0) {
      if (errno != EEXIST) file_error("make the folder", item.path, errno);
      struct stat status = {};
      if (::fstatat(above, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        file_error("make the folder", item.path, errno);
      }
      if (!S_ISDIR(status.st_mode)) {
        target_.remove(above, name);
        if (::mkdirat(above, name.c_str(), 0700) != 0) file_error("make the folder", item.path, errno);
      }
    }
    attributes_of_folder(item, above, name);
    // A folder that replaces one of a layer below, as its whiteout said.
    if (hides) mark_opaque(item);
  }

  void attributes_of_folder(const Item& item, int above, const std::string& name) {
    const oci::TarEntry& entry = item.entry;
    birth_.reset();
    if (options_.owners && ::fchownat(above, name.c_str(), entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW) != 0) {
      owner_error(item);
    }
    // Who is not root must be able to fill it first.
    if (::fchmodat(above, name.c_str(), entry.mode | 0700, 0) != 0)
      file_error("set the mode of", item.path, errno);
    if (!entry.xattrs.empty()) {
      const base::UniqueFd fd(::openat(above, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!fd.valid()) file_error("open the folder", item.path, errno);
      attributes(item, fd.get());
    }
    folders_.push_back({item.path, entry.mode, time_of(entry)});
  }

  void hard_link(const Item& item, const std::string& name) {
    const auto [target_above, target_last] = split_path(item.link);
    const std::string target_name(target_last);
    // The second question may drop the first answer.
    const base::UniqueFd from(::fcntl(folder_for(target_above, item), F_DUPFD_CLOEXEC, 0));
    if (!from.valid()) file_error("open the folder", target_above, errno);
    const int to = folder_for(split_path(item.path).folder, item);
    struct stat status = {};
    if (::fstatat(from.get(), target_name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        S_ISDIR(status.st_mode) || is_whiteout(status)) {
      reader_.refuse(item.entry.name, fmt::format("is a link to {}, which the layer does not have",
                                                  base::printable_path(item.link)));
    }
    create(item, to, name, [&] { return ::linkat(from.get(), target_name.c_str(), to, name.c_str(), 0); });
  }

  bool is_whiteout(const struct stat& status) const {
    return overlay() && S_ISCHR(status.st_mode) && status.st_rdev == 0;
  }

  void node(const Item& item, int folder, const std::string& name) {
    const oci::TarEntry& entry = item.entry;
    const mode_t kind = item.type == EntryType::kFifo              ? S_IFIFO
                        : item.type == EntryType::kCharacterDevice ? S_IFCHR
                                                                   : S_IFBLK;
    const dev_t device = item.type == EntryType::kFifo ? 0 : makedev(entry.device_major, entry.device_minor);
    bool allowed = true;
    create(item, folder, name, [&] {
      const int result = ::mknodat(folder, name.c_str(), kind | 0600, device);
      allowed = result == 0 || errno != EPERM || kind == S_IFIFO;
      return allowed ? result : 0;
    });
    if (!allowed) {
      ++skipped_devices_;
      return;
    }
    attributes_of_node(item, folder, name);
  }

  // Of what cannot be opened. It was made a moment ago, and is no link to something else.
  void attributes_of_node(const Item& item, int folder, const std::string& name) {
    const oci::TarEntry& entry = item.entry;
    if (options_.owners && ::fchownat(folder, name.c_str(), entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW) != 0) {
      owner_error(item);
    }
    if (item.type != EntryType::kSymlink && ::fchmodat(folder, name.c_str(), entry.mode, 0) != 0) {
      file_error("set the mode of", item.path, errno);
    }
    const timespec times[2] = {time_of(entry), time_of(entry)};
    if (::utimensat(folder, name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) {
      file_error("set the time of", item.path, errno);
    }
    skipped_attributes_ += entry.xattrs.size();
  }

  void attributes(const Item& item, int fd) {
    for (const auto& [name, value] : item.entry.xattrs) {
      if (!is_kept_attribute(name)) {
        ++skipped_attributes_;
      } else if (::fsetxattr(fd, name.c_str(), value.data(), value.size(), 0) != 0) {
        if (errno != EOPNOTSUPP && errno != EPERM) {
          file_error(fmt::format("set the attribute {} of", base::printable_path(name)), item.path, errno);
        }
        ++skipped_attributes_;
      }
    }
  }

  void whiteout(const Item& item) {
    const auto [above, last] = split_path(item.path);
    const std::string name(last);
    if (overlay()) {
      hidden_.insert(item.path);
      if (reader_.paths().has(item.path) || reader_.paths().has_below(item.path)) {
        // What the layer itself has there stays; of the layers below nothing shows through.
        if (target_.open_folder(item.path).valid()) mark_opaque(item);
        return;
      }
      const int folder = folder_for(above, item);
      if (::mknodat(folder, name.c_str(), S_IFCHR, 0) == 0 || errno == EEXIST) return;
      file_error("make the whiteout of", item.path, errno);
    }
    const base::UniqueFd folder = target_.open_folder(std::string(above));
    if (!folder.valid()) return check_absence(item);
    remove_from_below(item.path, folder.get(), name);
  }

  void opaque(const Item& item) {
    if (overlay()) {
      folder_for(item.path, item);
      return mark_opaque(item);
    }
    const base::UniqueFd folder = target_.open_folder(item.path);
    if (!folder.valid()) {
      check_absence(item);
      if (errno == ENOENT) folder_for(item.path, item);
      return;
    }
    clear_from_below(item.path);
  }

  // What is to be removed lies in a folder that is not there, which is fine, or behind a symlink.
  void check_absence(const Item& item) const {
    if (errno == ELOOP) reader_.refuse(item.entry.name, "is a whiteout behind a symbolic link");
    if (errno != ENOENT && errno != ENOTDIR) file_error("open the folder of", item.path, errno);
  }

  void mark_opaque(const Item& item) {
    const base::UniqueFd fd = target_.open_folder(item.path);
    if (!fd.valid()) file_error("open the folder", item.path, errno);
    const char* name =
        options_.into == ExtractInto::kOverlay ? "trusted.overlay.opaque" : "user.overlay.opaque";
    if (::fsetxattr(fd.get(), name, "y", 1, 0) != 0) {
      file_error(fmt::format("set the attribute {} of", name), item.path, errno);
    }
  }

  // Removes `path`, but for what this layer itself has put there.
  void remove_from_below(const std::string& path, int folder, const std::string& name) {
    if (!reader_.paths().has(path) && !reader_.paths().has_below(path)) return target_.remove(folder, name);
    clear_from_below(path);
  }

  void clear_from_below(const std::string& path) {
    std::vector<std::string> waiting{path};
    while (!waiting.empty()) {
      const std::string at = std::move(waiting.back());
      waiting.pop_back();
      const base::UniqueFd fd = target_.open_folder(at);
      if (!fd.valid()) continue;  // no folder: it is what the layer has put there
      for (const std::string& name : names_in(fd.get(), at)) {
        std::string child = join_path(at, name);
        if (reader_.paths().has(child) || reader_.paths().has_below(child)) {
          waiting.push_back(std::move(child));
        } else {
          target_.remove(fd.get(), name);
        }
      }
    }
  }

  [[noreturn]] void owner_error(const Item& item) const {
    const int error = errno;
    throw base::Error(
        base::ErrorCode::kTaskFailed,
        fmt::format(
            "Cannot give {} to its owner {}:{}: {}. Run ix as root, or give your user a range of ids in "
            "/etc/subuid and /etc/subgid.",
            base::printable_path(item.path), item.entry.uid, item.entry.gid, base::errno_text(error)));
  }

  static timespec time_of(const oci::TarEntry& entry) {
    return {.tv_sec = entry.mtime, .tv_nsec = static_cast<long>(entry.mtime_ns)};
  }

  // Times and modes, now that nothing is put into folders any more.
  void finish_folders(const LayerListing& listing) {
    for (const Folder& folder : folders_) {
      const ListedEntry* thing = listing.thing(folder.path);
      if (thing == nullptr || thing->type != EntryType::kFolder) continue;
      const base::UniqueFd fd = target_.open_folder(folder.path);
      if (!fd.valid()) file_error("open the folder", folder.path, errno);
      if ((folder.mode & 0700) != 0700 && ::fchmod(fd.get(), folder.mode) != 0) {
        file_error("set the mode of", folder.path, errno);
      }
      const timespec times[2] = {folder.mtime, folder.mtime};
      if (::futimens(fd.get(), times) != 0) file_error("set the time of", folder.path, errno);
    }
  }

  LayerReader& reader_;
  Confined target_;
  const ExtractOptions& options_;
  base::Cancellation& cancellation_;
  std::vector<char> buffer_;
  std::vector<Folder> folders_;
  std::optional<Birth> birth_;    // the last one, while nothing happens to its folder
  std::set<std::string> hidden_;  // by whiteouts of this layer
  std::uint64_t skipped_devices_ = 0;
  std::uint64_t skipped_attributes_ = 0;
};

}  // namespace

Extracted extract(base::ByteSource& blob, const oci::Descriptor& descriptor,
                  const std::optional<oci::Digest>& diff_id, int folder, const ExtractOptions& options,
                  base::Cancellation& cancellation) {
  Unpacking tar(blob, descriptor, diff_id, options.limits, cancellation);
  LayerReader reader(tar, descriptor.digest.text(), options.limits);
  Extracted result{{}, descriptor.digest, 0, 0, 0};
  Extraction(reader, folder, options, cancellation).run(result);
  const auto unpacked = tar.finish();
  result.diff_id = unpacked.diff_id;
  result.tar_size = unpacked.tar_size;
  return result;
}

}  // namespace ixian::layer
