// The store's directory and its version, which is written last, under the lock: without that file there is no
// store yet. A directory that holds anything else is refused, as a collection removes what it does not know.
// So is one that others may write to, since what is in it is run.
#include "store/folder.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "base/environment.h"
#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"
#include "files/trust.h"
#include "layout/file_io.h"
#include "layout/folder_lock.h"
#include "layout/temporary_file.h"

namespace ixian::store {
namespace {

constexpr std::string_view kFolderVersion = "1";
constexpr std::string_view kOwnNames[] = {"version", "blobs", "trees",    "leases",    "work",
                                          "trash",   "locks", "store.db", "lost+found"};

std::string home() {
  if (const std::string home = base::environment_variable("HOME").value_or(""); !home.empty()) return home;
  std::array<char, 16384> buffer;
  struct passwd entry = {};
  struct passwd* found = nullptr;
  ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found);
  return found == nullptr || found->pw_dir == nullptr ? "" : found->pw_dir;
}

bool is_own(const std::string& name) {
  // SQLite's files beside the database ("store.db-wal"), our lock, and temporary files, whose names begin
  // with a dot.
  if (name.starts_with('.') || name.starts_with("store.db")) return true;
  return std::find(std::begin(kOwnNames), std::end(kOwnNames), name) != std::end(kOwnNames);
}

void refuse_other_folders(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return;
  if (!std::filesystem::is_directory(path, error)) {
    base::fail_registry(
        fmt::format("{} is a file, not the directory of a store\nhint: name a directory in IXIAN_STORE",
                    base::printable_path(path)));
  }
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (is_own(name)) continue;
    base::fail_registry(
        fmt::format("{} is not a store: it contains other things, {} for one\nhint: name a new or empty "
                    "directory in IXIAN_STORE",
                    base::printable_path(path), base::printable_path(name)));
  }
}

}  // namespace

std::string default_folder() {
  if (const std::string named = base::environment_variable("IXIAN_STORE").value_or(""); !named.empty()) {
    return files::absolute_path(named, files::current_directory());
  }
  if (const std::string data = base::environment_variable("XDG_DATA_HOME").value_or("");
      data.starts_with('/')) {
    return files::absolute_path(data + "/ixian", "/");
  }
  if (::geteuid() == 0) return "/var/lib/ixian";
  const std::string folder = home();
  if (folder.starts_with('/')) return files::absolute_path(folder + "/.local/share/ixian", "/");
  throw base::Error(base::ErrorCode::kUsage,
                    "no home directory for the store\nhint: name a directory for it in IXIAN_STORE");
}

std::string Folder::tree(const oci::Digest& diff_id) const {
  return fmt::format("{}/{}", trees(), diff_id.hex());
}

bool Folder::exists() const {
  return layout::file_size(version()).has_value();
}

bool Folder::only_for_reading() const {
  return exists() && ::access(path_.c_str(), W_OK) != 0 && (errno == EROFS || errno == EACCES);
}

bool Folder::has_known_version() const {
  const auto text = layout::read_whole(version(), 4096);
  if (!text) return false;
  if (base::trim(*text) == kFolderVersion) return true;
  base::fail_registry(
      fmt::format("store in {} has version {}, but this ix supports only version {}\nhint: use the ix that "
                  "created it, or name another directory in IXIAN_STORE",
                  base::printable_path(path_), base::printable_path(base::trim(*text)), kFolderVersion));
}

void Folder::require_trusted() const {
  if (only_for_reading()) return;
  // Not what lies in them: nobody else can have written below a folder that only we may write to.
  for (const std::string& path : {path_, version(), database(), blobs(), trees(), work()}) {
    const std::string reason = files::why_untrusted(path);
    if (reason.empty()) continue;
    base::fail_registry(
        fmt::format("store {} is not used: {}\nhint: take it over with `chown -R` and `chmod -R o-w` if you "
                    "trust its content, or name another directory in IXIAN_STORE",
                    base::printable_path(path_), reason));
  }
}

void Folder::make(base::Cancellation& cancellation) const {
  if (has_known_version()) return;
  refuse_other_folders(path_);
  layout::make_folders(layout::folder_of(path_));
  if (::mkdir(path_.c_str(), 0700) == 0) {
    layout::sync_folder(layout::folder_of(path_));
  } else if (errno != EEXIST) {
    layout::file_error("create the directory", path_, errno);
  }
  const layout::FolderLock lock(database() + ".lock", cancellation);
  for (const std::string& part : {blobs() + "/sha256", trees(), leases(), work(), trash()}) {
    layout::make_folders(part);
  }
  if (has_known_version()) return;
  layout::TemporaryFile file(path_, ".version-");
  layout::write_at(file.fd(), fmt::format("{}\n", kFolderVersion), 0, file.path());
  file.move_to(version());
  layout::sync_folder(path_);
}

std::optional<oci::Digest> diff_id_of(std::string_view name) {
  return oci::Digest::parse(fmt::format("{}:{}", name.size() == 128 ? "sha512" : "sha256", name));
}

}  // namespace ixian::store
