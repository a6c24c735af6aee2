#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "layer/attributes.h"
#include "layer/from_tree.h"
#include "layer/tree_entries.h"
#include "layer/whiteout.h"

// Overlayfs says more than a layer has to: every new folder is opaque, whether or not anything lies below.
// With the parent at hand this becomes what a comparison of the two trees would have found. A folder is then
// *new* where nothing of the parent shows through it, and all folders in a new one are new.

namespace ixian::layer {
namespace {

using Mark = LayerEntry::Mark;

class Upper {
 public:
  Upper(const std::string& path, const MergedTree* parent, base::Cancellation& cancellation)
      : tree_(path), parent_(parent), cancellation_(cancellation), entries_(tree_) {}

  std::vector<LayerEntry> entries() {
    const bool opaque = is_opaque(tree_.attributes("", tree_.status("")), "");
    if (opaque && parent_ == nullptr) entries_.mark("", Mark::kOpaque);
    waiting_.push_back({"", opaque});
    while (!waiting_.empty()) {
      cancellation_.throw_if_requested();
      const Folder folder = std::move(waiting_.back());
      waiting_.pop_back();
      visit(folder);
    }
    return entries_.take();
  }

 private:
  struct Folder {
    std::string path;
    bool is_new;
  };

  void visit(const Folder& folder) {
    const auto names = tree_.names(folder.path);
    if (folder.is_new && parent_ != nullptr) {
      for (const std::string& name : parent_names(folder.path)) {
        if (!std::binary_search(names.begin(), names.end(), name)) {
          entries_.mark(join_path(folder.path, name), Mark::kWhiteout);
        }
      }
    }
    for (const std::string& name : names) visit_child(folder, join_path(folder.path, name));
  }

  void visit_child(const Folder& folder, const std::string& path) {
    const struct stat status = tree_.status(path);
    const bool device = S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0);
    if (device || S_ISSOCK(status.st_mode)) return whiteout(path);
    const auto attributes = tree_.attributes(path, status);
    refuse_redirects(attributes, path);
    if (S_ISREG(status.st_mode) && status.st_size == 0 && overlay_attribute(attributes, "whiteout")) {
      return whiteout(path);
    }
    entries_.add(path, status, kept_attributes(attributes));
    if (!S_ISDIR(status.st_mode)) return;
    const bool opaque = is_opaque(attributes, path);
    if (opaque && parent_ == nullptr) entries_.mark(path, Mark::kOpaque);
    waiting_.push_back({path, opaque || folder.is_new});
  }

  void whiteout(const std::string& path) {
    if (parent_ != nullptr && !in_parent(path)) return;
    entries_.mark(path, Mark::kWhiteout);
  }

  bool is_opaque(const std::map<std::string, std::string>& attributes, const std::string& path) const {
    refuse_redirects(attributes, path);
    return overlay_attribute(attributes, "opaque") == "y";
  }

  void refuse_redirects(const std::map<std::string, std::string>& attributes, const std::string& path) const {
    for (const char* name : {"redirect", "metacopy"}) {
      if (!overlay_attribute(attributes, name)) continue;
      throw base::Error(
          base::ErrorCode::kTaskFailed,
          fmt::format("{} cannot become part of a layer: its overlay was mounted with {}. Mount it with "
                      "redirect_dir=nofollow,metacopy=off.",
                      base::printable_path(join_path(tree_.path(), path)),
                      std::string_view(name) == "redirect" ? "redirect_dir=on" : "metacopy=on"));
    }
  }

  // Exactly there, not behind a symlink.
  std::optional<MergedTree::Found> in_parent(const std::string& path) const {
    auto found = parent_->lookup(path, MergedTree::Last::kKeep);
    if (found && found->entry.path != path) found.reset();
    return found;
  }

  std::vector<std::string> parent_names(const std::string& path) const {
    std::vector<std::string> names;
    const auto folder = in_parent(path);
    if (!folder || folder->entry.type != EntryType::kFolder) return names;
    for (const auto& child : parent_->list(path)) names.emplace_back(split_path(child.entry.path).name);
    return names;
  }

  const Tree tree_;
  const MergedTree* const parent_;
  base::Cancellation& cancellation_;
  TreeEntries entries_;
  std::vector<Folder> waiting_;
};

}  // namespace

WrittenLayer from_upper(const std::string& upper, const MergedTree* parent, ByteSink& blob,
                        const WriteOptions& options, base::Cancellation& cancellation) {
  Upper reader(upper, parent, cancellation);
  return from_entries(reader.entries(), blob, options, cancellation);
}

}  // namespace ixian::layer
