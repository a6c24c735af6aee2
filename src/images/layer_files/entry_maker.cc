// What is made is made by the descriptor of its folder and one last component, never through a link: files
// with O_EXCL, so that what is written to is new, whatever had the name before being removed first.
#include "layer_files/entry_maker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"
#include "files/sparse_writer.h"
#include "layer/whiteout.h"

namespace ixian::layer_files {
namespace {

// Never more than it may be in the end.
mode_t born_as(const layer::LayerReader::Item& item) {
  return item.entry.mode & 0777;
}

timespec time_of(const tar::TarEntry& entry) {
  return {.tv_sec = entry.mtime, .tv_nsec = static_cast<long>(entry.mtime_ns)};
}

}  // namespace

int EntryMaker::folder_for(const layer::LayerReader& reader, std::string_view path, const Item& item) {
  const int folder = target_.folder(path);
  if (folder < 0) reader.refuse(item.entry.name, "is below something that is not a directory");
  return folder;
}

void EntryMaker::make(layer::LayerReader& reader, const Item& item, const std::string& path) {
  if (path.empty()) return attributes_of_folder(item, path, target_.root(), ".");
  const auto [above, last] = layer::split_path(path);
  const int folder = folder_for(reader, above, item);
  const std::string name(last);
  switch (item.type) {
    case layer::EntryType::kFile:
      return file(reader, item, path, folder, name);
    case layer::EntryType::kFolder:
      return this->folder(item, path, folder, name);
    case layer::EntryType::kSymlink:
      create(path, folder, name, [&] { return ::symlinkat(item.link.c_str(), folder, name.c_str()); });
      return attributes_of_node(item, path, folder, name);
    default:
      return node(item, path, folder, name);
  }
}

void EntryMaker::link(const layer::LayerReader& reader, const Item& item, const std::string& from,
                      const std::string& path) {
  for (const std::string& each : {from, path}) folder_for(reader, layer::split_path(each).folder, item);
  link(from, path);
}

void EntryMaker::link(const std::string& from, const std::string& path) {
  const auto [above, last] = layer::split_path(from);
  const std::string from_name(last);
  // The second question may drop the first answer.
  const files::UniqueFd from_folder(::fcntl(known_folder(above), F_DUPFD_CLOEXEC, 0));
  if (!from_folder.valid()) layer::file_error("open directory", above, errno);
  const auto [folder, name] = layer::split_path(path);
  const int to = known_folder(folder);
  const std::string to_name(name);
  create(path, to, to_name,
         [&] { return ::linkat(from_folder.get(), from_name.c_str(), to, to_name.c_str(), 0); });
}

int EntryMaker::known_folder(std::string_view path) {
  const int folder = target_.folder(path);
  if (folder < 0) layer::file_error("open directory", path, ENOTDIR);
  return folder;
}

void EntryMaker::make_folder(const std::string& path) {
  const auto [above, last] = layer::split_path(path);
  const int folder = known_folder(above);
  const std::string name(last);
  if (!ensure_folder(path, folder, name)) return;
  if (::fchmodat(folder, name.c_str(), 0755, 0) != 0) layer::file_error("set the mode of", path, errno);
  note_folder(path, {0755, {}});
}

// Makes something that must be new, after removing what has its name.
template <typename Make>
int EntryMaker::create(const std::string& path, int folder, const std::string& name, Make make) {
  int result = make();
  // Tried first, as there is mostly nothing: to look costs a call for each file.
  if (result < 0 && errno == EEXIST) {
    birth_.reset();
    target_.remove(folder, name);
    result = make();
  }
  if (result < 0) layer::file_error("write", path, errno);
  return result;
}

void EntryMaker::file(layer::LayerReader& reader, const Item& item, const std::string& path, int folder,
                      const std::string& name) {
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const files::UniqueFd fd(
      create(path, folder, name, [&] { return ::openat(folder, name.c_str(), flags, born_as(item)); }));
  content(reader, path, fd.get());
  const tar::TarEntry& entry = item.entry;
  const Birth& birth = birth_of(item, path, fd.get());
  const bool other_owner = entry.uid != birth.uid || entry.gid != birth.gid;
  if (options_.owners && other_owner && ::fchown(fd.get(), entry.uid, entry.gid) != 0)
    owner_error(item, path);
  if (entry.mode != birth.mode && ::fchmod(fd.get(), entry.mode) != 0) {
    layer::file_error("set the mode of", path, errno);
  }
  attributes(item, path, fd.get());
  const timespec times[2] = {time_of(entry), time_of(entry)};
  if (::futimens(fd.get(), times) != 0) layer::file_error("set the time of", path, errno);
}

// Which owner and mode files get when they are made in a folder depends on that folder (set-group-ID,
// access control lists) and on this process, but not on the file: one is looked at.
const EntryMaker::Birth& EntryMaker::birth_of(const Item& item, const std::string& path, int fd) {
  const std::string_view folder = layer::split_path(path).folder;
  if (birth_ && birth_->asked == born_as(item) && birth_->folder == folder) return *birth_;
  struct stat status = {};
  if (::fstat(fd, &status) != 0) layer::file_error("read the status of", path, errno);
  birth_ = Birth{std::string(folder), born_as(item), status.st_uid, status.st_gid, status.st_mode & 07777};
  return *birth_;
}

void EntryMaker::content(layer::LayerReader& reader, const std::string& path, int fd) {
  files::SparseWriter writer(fd);
  while (const std::size_t count = reader.read(buffer_.data(), buffer_.size())) {
    if (!writer.write({buffer_.data(), count})) layer::file_error("write", path, errno);
    cancellation_.throw_if_requested();
  }
  if (!writer.finish()) layer::file_error("write", path, errno);
}

// True where it had to be made.
bool EntryMaker::ensure_folder(const std::string& path, int above, const std::string& name) {
  if (::mkdirat(above, name.c_str(), 0700) == 0) return true;
  if (errno != EEXIST) layer::file_error("create directory", path, errno);
  struct stat status = {};
  if (::fstatat(above, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    layer::file_error("create directory", path, errno);
  if (S_ISDIR(status.st_mode)) return false;
  target_.remove(above, name);
  if (::mkdirat(above, name.c_str(), 0700) != 0) layer::file_error("create directory", path, errno);
  return true;
}

void EntryMaker::folder(const Item& item, const std::string& path, int above, const std::string& name) {
  ensure_folder(path, above, name);
  attributes_of_folder(item, path, above, name);
}

void EntryMaker::attributes_of_folder(const Item& item, const std::string& path, int above,
                                      const std::string& name) {
  const tar::TarEntry& entry = item.entry;
  birth_.reset();
  if (options_.owners && ::fchownat(above, name.c_str(), entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW) != 0) {
    owner_error(item, path);
  }
  // Who is not root must be able to fill it first.
  if (::fchmodat(above, name.c_str(), entry.mode | 0700, 0) != 0)
    layer::file_error("set the mode of", path, errno);
  if (!entry.xattrs.empty()) {
    const files::UniqueFd fd(::openat(above, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd.valid()) layer::file_error("open directory", path, errno);
    attributes(item, path, fd.get());
  }
  note_folder(path, {entry.mode, time_of(entry)});
}

void EntryMaker::node(const Item& item, const std::string& path, int folder, const std::string& name) {
  const tar::TarEntry& entry = item.entry;
  const mode_t kind = item.type == layer::EntryType::kFifo              ? S_IFIFO
                      : item.type == layer::EntryType::kCharacterDevice ? S_IFCHR
                                                                        : S_IFBLK;
  const dev_t device =
      item.type == layer::EntryType::kFifo ? 0 : makedev(entry.device_major, entry.device_minor);
  bool allowed = true;
  create(path, folder, name, [&] {
    const int result = ::mknodat(folder, name.c_str(), kind | 0600, device);
    allowed = result == 0 || errno != EPERM || kind == S_IFIFO;
    return allowed ? result : 0;
  });
  if (!allowed) {
    ++skipped_devices_;
    return;
  }
  attributes_of_node(item, path, folder, name);
}

// Of what cannot be opened. It was made a moment ago, and is no link to something else.
void EntryMaker::attributes_of_node(const Item& item, const std::string& path, int folder,
                                    const std::string& name) {
  const tar::TarEntry& entry = item.entry;
  if (options_.owners && ::fchownat(folder, name.c_str(), entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW) != 0) {
    owner_error(item, path);
  }
  if (item.type != layer::EntryType::kSymlink && ::fchmodat(folder, name.c_str(), entry.mode, 0) != 0) {
    layer::file_error("set the mode of", path, errno);
  }
  const timespec times[2] = {time_of(entry), time_of(entry)};
  if (::utimensat(folder, name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) {
    layer::file_error("set the time of", path, errno);
  }
  skipped_attributes_ += entry.xattrs.size();
}

void EntryMaker::attributes(const Item& item, const std::string& path, int fd) {
  for (const auto& [name, value] : item.entry.xattrs) {
    if (!is_kept_attribute(name)) {
      ++skipped_attributes_;
      continue;
    }
    const std::string on_disk = attribute_on_disk(name, options_.marks);
    if (::fsetxattr(fd, on_disk.c_str(), value.data(), value.size(), 0) != 0) {
      if (errno != EOPNOTSUPP && errno != EPERM) {
        layer::file_error(fmt::format("set the attribute {} of", base::printable_path(name)), path, errno);
      }
      ++skipped_attributes_;
    }
  }
}

void EntryMaker::owner_error(const Item& item, const std::string& path) {
  const int error = errno;
  throw base::Error(
      base::ErrorCode::kTaskFailed,
      fmt::format("cannot set the owner of {} to {}:{}: {}\nhint: run ix as root, or add a range of ids in "
                  "/etc/subuid and /etc/subgid for your user",
                  base::printable_path(path), item.entry.uid, item.entry.gid, base::errno_text(error)));
}

void EntryMaker::note_folder(const std::string& path, const Folder& folder) {
  std::string record(sizeof(folder), '\0');
  std::memcpy(record.data(), &folder, sizeof(folder));
  folders_.add(record + path);
}

void EntryMaker::finish_folders(const std::function<bool(const std::string& path)>& is_folder) {
  folders_.each([&](std::string_view record) {
    Folder folder{};
    std::memcpy(&folder, record.data(), sizeof(folder));
    const std::string path(record.substr(sizeof(folder)));
    if (!is_folder(path)) return;
    const files::UniqueFd fd = target_.open_folder(path);
    if (!fd.valid()) layer::file_error("open directory", path, errno);
    if ((folder.mode & 0700) != 0700 && ::fchmod(fd.get(), folder.mode) != 0)
      layer::file_error("set the mode of", path, errno);
    const timespec times[2] = {folder.mtime, folder.mtime};
    if (::futimens(fd.get(), times) != 0) layer::file_error("set the time of", path, errno);
  });
}

}  // namespace ixian::layer_files
