// A bind mount of the context shows live files to a command that may run for minutes, and the key was made
// before. So the files are looked at when the key is made, and once more after the command: if anything
// differs, the RUN fails rather than be cached under a key that is not its own. Copying the context first
// would be safe without a second look, but costs a copy of the context for each RUN; it is done only where
// files must be changed or left out.
#include "steps/mounted_context.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/sha256.h"
#include "base/thread_pool.h"
#include "context/changed.h"
#include "context/wildcard.h"

namespace ixian::steps {
namespace {

using base::Error;
using base::ErrorCode;
using context::SelectedFile;

[[noreturn]] void fail_copy(const std::string& path) {
  throw Error(ErrorCode::kTaskFailed,
              fmt::format("cannot create {}: {}", base::printable_path(path), base::errno_text(errno)));
}

bool is_same(const SelectedFile& a, const SelectedFile& b) {
  const tar::TarEntry& left = a.entry;
  const tar::TarEntry& right = b.entry;
  // Times and owners are left out, as in the key.
  return left.type == right.type && a.content == b.content && left.link == right.link &&
         (left.mode == right.mode || left.type == tar::TarType::kSymlink) && left.xattrs == right.xattrs &&
         left.device_major == right.device_major && left.device_minor == right.device_minor;
}

// A file rather than the folder that it is in; "" where they are the same.
std::string first_difference(const std::vector<SelectedFile>& before, const std::vector<SelectedFile>& now) {
  std::map<std::string, const SelectedFile*> left;
  for (const SelectedFile& file : before) left.emplace(file.path, &file);
  for (const SelectedFile& file : now) {
    const auto found = left.find(file.path);
    if (found == left.end() || !is_same(*found->second, file)) return file.path;
    left.erase(found);
  }
  return left.empty() ? "" : left.begin()->first;
}

void write_all(int fd, const char* data, std::size_t size, const std::string& path) {
  while (size > 0) {
    const ssize_t count = ::write(fd, data, size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_copy(path);
    data += count;
    size -= static_cast<std::size_t>(count);
  }
}

}  // namespace

MountedContext::Shown MountedContext::look(const std::string& source) const {
  if (!context_) throw Error(ErrorCode::kUsage, "no build context to mount");
  Shown shown{context::select(*context_, {context::literal(source)}, {}), ""};
  shown.digest = context::digest_of(*context_, shown.files, {false, base::processor_count(), &known_files_},
                                    cancellation_);
  return shown;
}

const MountedContext::Shown& MountedContext::shown(const std::string& source) {
  const std::lock_guard lock(mutex_);
  auto found = shown_.find(source);
  if (found == shown_.end()) found = shown_.emplace(source, look(source)).first;
  return found->second;
}

std::string MountedContext::digest(const std::string& source) {
  return shown(source).digest;
}

std::string MountedContext::path(const std::string& source) {
  return shown(source).files.at(0).files.at(0).path;
}

void MountedContext::check(const std::string& source) {
  const Shown& before = shown(source);
  const Shown now = look(source);
  if (before.digest == now.digest) return;
  const std::string path = first_difference(before.files.at(0).files, now.files.at(0).files);
  context::fail_changed(path.empty() ? source : path);
}

// What is read is what was seen, byte for byte: a file that is written to meanwhile is an error.
void MountedContext::copy_file(const SelectedFile& file, const std::string& target) const {
  const files::UniqueFd to(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!to.valid()) fail_copy(target);
  const files::UniqueFd from = context_->open(file.path);
  base::Sha256 sha;
  std::uint64_t size = 0;
  char buffer[65536];
  ssize_t count = 0;
  while ((count = ::read(from.get(), buffer, sizeof(buffer))) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_copy(target);
    size += static_cast<std::uint64_t>(count);
    if (size > file.entry.size) context::fail_changed(file.path);
    cancellation_.throw_if_requested();
    sha.update(buffer, static_cast<std::size_t>(count));
    write_all(to.get(), buffer, static_cast<std::size_t>(count), target);
  }
  if (base::to_hex(sha.finish()) != file.content) context::fail_changed(file.path);
  // Not every file system keeps them all.
  for (const auto& [name, value] : file.entry.xattrs)
    ::fsetxattr(to.get(), name.c_str(), value.data(), value.size(), 0);
  if (::fchmod(to.get(), file.entry.mode) != 0) fail_copy(target);
}

void MountedContext::copy(const std::string& source, const std::string& target) {
  const std::vector<SelectedFile>& files = shown(source).files.at(0).files;
  const auto place = [&](const SelectedFile& file) {
    return file.relative.empty() ? target : target + "/" + file.relative;
  };
  for (const SelectedFile& file : files) {
    cancellation_.throw_if_requested();
    const std::string path = place(file);
    if (file.entry.type == tar::TarType::kFolder) {
      if (::mkdir(path.c_str(), 0700) != 0) fail_copy(path);
    } else if (file.entry.type == tar::TarType::kSymlink) {
      if (::symlink(file.entry.link.c_str(), path.c_str()) != 0) fail_copy(path);
    } else if (file.entry.type == tar::TarType::kFile) {
      copy_file(file, path);
    }
  }
  // From within outwards: what is made in a folder changes its time, and its mode may forbid it.
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    const tar::TarEntry& entry = file->entry;
    const std::string path = place(*file);
    if (entry.type == tar::TarType::kFolder && ::chmod(path.c_str(), entry.mode) != 0) fail_copy(path);
    const timespec times[2] = {{entry.mtime, entry.mtime_ns}, {entry.mtime, entry.mtime_ns}};
    ::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW);
  }
}

}  // namespace ixian::steps
