// Two trees are walked side by side. What overlayfs would have in its upper directory is what is written:
// with a changed file, the folders on the way to it; with a new name of an old file, all names of that file,
// since only so they stay one file.
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "layer/whiteout.h"
#include "layer_files/attributes.h"
#include "layer_files/from_tree.h"
#include "layer_files/same_content.h"
#include "layer_files/tree_entries.h"

namespace ixian::layer_files {
namespace {

using Mark = LayerEntry::Mark;

// The clock that ctime is taken from lags behind CLOCK_REALTIME by up to a tick.
constexpr long kTick = 20'000'000;

bool same_time(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool surely_before(const timespec& time, timespec limit) {
  limit.tv_nsec -= kTick;
  if (limit.tv_nsec < 0) {
    limit.tv_nsec += 1'000'000'000;
    --limit.tv_sec;
  }
  return time.tv_sec != limit.tv_sec ? time.tv_sec < limit.tv_sec : time.tv_nsec < limit.tv_nsec;
}

class Difference {
 public:
  Difference(const std::string* before, const std::string& after, const DiffOptions& options,
             base::Cancellation& cancellation)
      : after_(after), options_(options), cancellation_(cancellation), entries_(after_) {
    if (before != nullptr) before_.emplace(*before);
  }

  std::vector<LayerEntry> entries() {
    folders_.push_back({"", before_.has_value()});
    while (!folders_.empty()) {
      cancellation_.throw_if_requested();
      const Folder folder = std::move(folders_.back());
      folders_.pop_back();
      visit(folder);
    }
    join_linked_files();
    for (const std::string& path : changed_) {
      const struct stat status = after_.status(path);
      entries_.add(path, status, kept_attributes(after_.attributes(path, status)));
    }
    return entries_.take();
  }

 private:
  struct Folder {
    std::string path;
    bool in_both;
  };

  // A file with several names.
  struct LinkedFile {
    std::vector<std::string> names;
    bool changed = false;
    std::optional<ino_t> before;  // the file that all names so far were before
  };

  void visit(const Folder& folder) {
    const auto before = folder.in_both ? before_->names(folder.path) : std::vector<std::string>();
    const auto after = after_.names(folder.path);
    for (const std::string& name : before) {
      if (!std::binary_search(after.begin(), after.end(), name)) gone(layer::join_path(folder.path, name));
    }
    for (const std::string& name : after) {
      compare(layer::join_path(folder.path, name), std::binary_search(before.begin(), before.end(), name));
    }
  }

  void compare(const std::string& path, bool was_there) {
    const struct stat status = after_.status(path);
    std::optional<struct stat> old;
    if (was_there) old = before_->status(path);
    if (S_ISSOCK(status.st_mode)) {
      if (old && !S_ISSOCK(old->st_mode)) gone(path);
      return;
    }
    const bool changed = !old || differs(path, *old, status);
    if (changed) add(path);
    if (S_ISDIR(status.st_mode)) {
      folders_.push_back({path, old && S_ISDIR(old->st_mode)});
    } else if (status.st_nlink > 1) {
      LinkedFile& file = linked_[{status.st_dev, status.st_ino}];
      const bool is_other = !old || (!file.names.empty() && file.before != old->st_ino);
      file.changed |= changed || is_other;
      if (old) file.before = old->st_ino;
      file.names.push_back(path);
    }
  }

  void join_linked_files() {
    for (const auto& [id, file] : linked_) {
      if (!file.changed) continue;
      for (const std::string& name : file.names) add(name);
    }
  }

  void gone(const std::string& path) {
    // A socket could not have been in a layer.
    if (S_ISSOCK(before_->status(path).st_mode)) return;
    entries_.mark(path, Mark::kWhiteout);
    add(std::string(layer::split_path(path).folder));
  }

  // The folders on the way, too.
  void add(const std::string& path) {
    for (std::string_view at = path; !at.empty(); at = layer::split_path(at).folder) {
      if (!changed_.emplace(at).second) return;
    }
  }

  bool differs(const std::string& path, const struct stat& old, const struct stat& now) const {
    if (old.st_mode != now.st_mode || old.st_uid != now.st_uid || old.st_gid != now.st_gid) return true;
    if (!same_time(old.st_mtim, now.st_mtim)) return true;
    if (S_ISCHR(now.st_mode) || S_ISBLK(now.st_mode)) return old.st_rdev != now.st_rdev;
    if (S_ISREG(now.st_mode) && old.st_size != now.st_size) return true;
    if (options_.copied_at && surely_before(now.st_ctim, *options_.copied_at)) return false;
    if (old.st_dev == now.st_dev && old.st_ino == now.st_ino) return false;
    if (S_ISLNK(now.st_mode)) return before_->link(path) != after_.link(path);
    if (kept_attributes(before_->attributes(path, old)) != kept_attributes(after_.attributes(path, now)))
      return true;
    return S_ISREG(now.st_mode) && !same_content(*before_, after_, path, cancellation_);
  }

  std::optional<Tree> before_;
  const Tree after_;
  const DiffOptions& options_;
  base::Cancellation& cancellation_;
  TreeEntries entries_;
  std::vector<Folder> folders_;
  std::set<std::string, std::less<>> changed_;
  std::map<std::pair<dev_t, ino_t>, LinkedFile> linked_;
};

}  // namespace

layer::WrittenLayer from_diff(const std::string& before, const std::string& after, files::ByteSink& blob,
                              const DiffOptions& options, base::Cancellation& cancellation) {
  Difference difference(&before, after, options, cancellation);
  return from_entries(difference.entries(), blob, options.write, cancellation);
}

layer::WrittenLayer from_tree(const std::string& tree, files::ByteSink& blob,
                              const layer::WriteOptions& options, base::Cancellation& cancellation) {
  const DiffOptions whole{options, std::nullopt};
  Difference difference(nullptr, tree, whole, cancellation);
  return from_entries(difference.entries(), blob, options, cancellation);
}

}  // namespace ixian::layer_files
