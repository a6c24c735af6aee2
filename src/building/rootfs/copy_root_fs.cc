// All layers are copied into one tree; what a RUN changed in it is found afterwards by the inode and the time
// of the last change of status (ctime) of each file, which no program can set. What has changed then is moved
// into a folder with the shape of an overlay's upper directory, so that what follows need not know the
// difference. A directory that was replaced by another is given whiteouts for what it held instead of a mark.
#include "rootfs/copy_root_fs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "rootfs/copy_tree.h"
#include "rootfs/file_metadata.h"

namespace ixian::rootfs {
namespace {

namespace fs = std::filesystem;
using Paths = std::vector<std::string>;

struct Seen {
  struct stat info;

  bool same(const struct stat& now) const {
    return now.st_ino == info.st_ino && now.st_ctim.tv_sec == info.st_ctim.tv_sec &&
           now.st_ctim.tv_nsec == info.st_ctim.tv_nsec;
  }
  // But for the time that tells that a mount point came and went.
  bool same_facts(const struct stat& now) const {
    return now.st_ino == info.st_ino && now.st_mode == info.st_mode && now.st_uid == info.st_uid &&
           now.st_gid == info.st_gid && now.st_mtim.tv_sec == info.st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == info.st_mtim.tv_nsec;
  }
};

// By path below the root, starting with "/"; parents come before what is in them.
using Listing = std::map<std::string, Seen>;

Listing list_tree(const std::string& root) {
  Listing listing;
  std::error_code error;
  fs::recursive_directory_iterator entry(root, error);
  for (; !error && entry != fs::end(entry); entry.increment(error)) {
    Seen seen;
    const std::string path = entry->path().string();
    if (::lstat(path.c_str(), &seen.info) != 0) fail_path("read the status of", path);
    // Overlayfs lets no program make one, and in a layer it would hide what is below.
    if (S_ISCHR(seen.info.st_mode) && seen.info.st_rdev == 0) continue;
    listing.emplace(path.substr(root.size()), seen);
  }
  if (error) {
    errno = error.value();
    fail_path("read directory", root);
  }
  return listing;
}

// What became of a tree: what to move, what to hide, and the directories that hold both.
class Changes {
 public:
  Changes(const Listing& before, const Listing& now, const std::map<std::string, Xattrs>& touched,
          const std::string& root) {
    for (const auto& [path, seen] : now) {
      const auto old = before.find(path);
      const bool was_there = old != before.end();
      if (S_ISDIR(seen.info.st_mode)) {
        const bool was_directory = was_there && S_ISDIR(old->second.info.st_mode);
        if (was_directory && old->second.same(seen.info)) continue;
        const auto touch = touched.find(path);
        if (was_directory && touch != touched.end() && old->second.same_facts(seen.info) &&
            read_xattrs(root + path) == touch->second) {
          continue;
        }
        add_directory(path);
      } else if (!was_there || !old->second.same(seen.info)) {
        moves_.push_back(path);
        add_directory(parent_of(path));
      }
    }
    for (const auto& [path, seen] : before) {
      if (now.contains(path)) continue;
      // Below what is hidden, or is no directory any more, nothing needs hiding.
      const std::string parent = parent_of(path);
      const auto above = now.find(parent);
      if (!parent.empty() && (above == now.end() || !S_ISDIR(above->second.info.st_mode))) continue;
      hidden_.push_back(path);
      add_directory(parent);
    }
  }

  void move(const std::string& root, const std::string& upper, const std::string& marks) {
    std::vector<std::pair<std::string, struct stat>> facts;
    for (const auto& path : directories_) {
      struct stat info;
      if (::lstat((root + path).c_str(), &info) != 0) fail_path("read the status of", root + path);
      facts.emplace_back(path, info);
      if (!path.empty() && ::mkdir((upper + path).c_str(), 0700) != 0)
        fail_path("create directory", upper + path);
    }
    for (const auto& path : moves_) {
      if (::rename((root + path).c_str(), (upper + path).c_str()) != 0) fail_path("move", root + path);
      escape_in_place(upper + path, marks);
    }
    for (const auto& path : hidden_) {
      if (::mknod((upper + path).c_str(), S_IFCHR | 0600, 0) != 0) {
        fail_path("create a whiteout (a character device 0/0)", upper + path);
      }
    }
    for (auto entry = facts.rbegin(); entry != facts.rend(); ++entry) {
      set_metadata(upper + entry->first, entry->second, escaped(read_xattrs(root + entry->first), marks));
    }
  }

 private:
  void add_directory(std::string path) {
    while (directories_.insert(path).second && !path.empty()) path = parent_of(path);
  }

  Paths moves_;
  Paths hidden_;
  std::set<std::string> directories_ = {""};
};

class CopyMount : public MountedRoot {
 public:
  CopyMount(const Paths& lowers, std::string work, bool writable, std::string marks,
            base::Cancellation& cancellation)
      : work_(std::move(work)), writable_(writable), marks_(std::move(marks)) {
    for (const std::string* folder : {&root_, &scratch_, &upper_}) {
      if (::mkdir(folder->c_str(), 0755) != 0) fail_path("create directory", *folder);
    }
    for (const auto& lower : lowers) apply_lowers(lower, root_, marks_, cancellation);
    if (writable_) before_ = list_tree(root_);
  }

  const std::string& path() const override { return root_; }
  const std::string& scratch() const override { return scratch_; }

  void touching(const std::string& directory) override {
    if (writable_) touched_.emplace(directory, read_xattrs(root_ + directory));
  }

  std::string finish() override {
    if (!writable_) return "";
    Changes(before_, list_tree(root_), touched_, root_).move(root_, upper_, marks_);
    return upper_;
  }

 private:
  const std::string work_;
  const bool writable_;
  const std::string marks_;
  const std::string root_ = work_ + "/root";
  const std::string scratch_ = work_ + "/scratch";
  const std::string upper_ = work_ + "/upper";
  Listing before_;
  std::map<std::string, Xattrs> touched_;
};

class Copying : public RootFs {
 public:
  Copying(std::string marks, std::string reason) : marks_(std::move(marks)), reason_(std::move(reason)) {}

  RootFsKind kind() const override { return RootFsKind::kCopy; }
  std::string marks() const override { return marks_; }
  std::string reason() const override { return reason_; }
  std::unique_ptr<MountedRoot> prepare(const Paths& lowers, const std::string& work,
                                       base::Cancellation& cancellation) override {
    return std::make_unique<CopyMount>(lowers, work, true, marks_, cancellation);
  }
  std::unique_ptr<MountedRoot> prepare_read_only(const Paths& lowers, const std::string& work,
                                                 base::Cancellation& cancellation) override {
    return std::make_unique<CopyMount>(lowers, work, false, marks_, cancellation);
  }

 private:
  const std::string marks_;
  const std::string reason_;
};

}  // namespace

std::unique_ptr<RootFs> make_copying(std::string marks, std::string reason) {
  return std::make_unique<Copying>(std::move(marks), std::move(reason));
}

}  // namespace ixian::rootfs
