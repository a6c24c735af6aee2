// overlayfs's rules for lower directories, without a mount: from the top down, the first thing counts,
// folders are merged until something else, a whiteout or an opaque mark.
#include "layer_files/lower_trees.h"

#include <sys/sysmacros.h>

#include <set>

#include "layer/whiteout.h"

namespace ixian::layer_files {

LowerTrees::LowerTrees(const std::vector<std::string>& paths, Marks marks) : marks_(marks) {
  for (const std::string& path : paths) trees_.emplace_back(path);
}

bool LowerTrees::is_whiteout(const Tree& tree, const std::string& path, const struct stat& status) const {
  if (S_ISCHR(status.st_mode)) return status.st_rdev == makedev(0, 0);
  return S_ISREG(status.st_mode) && status.st_size == 0 &&
         overlay_attribute(tree.attributes(path, status), "whiteout", marks_);
}

bool LowerTrees::is_opaque(const Tree& tree, const std::string& path, const struct stat& status) const {
  return overlay_attribute(tree.attributes(path, status), "opaque", marks_) == "y";
}

std::optional<LowerTrees::Found> LowerTrees::root() const {
  if (trees_.empty()) return std::nullopt;
  Found found{trees_.size() - 1, trees_.back().status(""), {}};
  for (std::size_t i = trees_.size(); i-- > 0;) {
    found.parts.push_back(i);
    if (is_opaque(trees_[i], "", trees_[i].status(""))) break;
  }
  return found;
}

std::optional<LowerTrees::Found> LowerTrees::find(const Found& folder, const std::string& path) const {
  std::optional<Found> found;
  for (const std::size_t i : folder.parts) {
    const Tree& tree = trees_[i];
    const auto status = tree.look(path);
    if (!status) continue;
    if (is_whiteout(tree, path, *status)) break;
    if (!S_ISDIR(status->st_mode)) {
      if (!found) found = Found{i, *status, {}};
      break;
    }
    if (!found) found = Found{i, *status, {}};
    found->parts.push_back(i);
    if (is_opaque(tree, path, *status)) break;
  }
  return found;
}

std::vector<std::string> LowerTrees::names(const Found& folder, const std::string& path) const {
  std::set<std::string> all;
  for (const std::size_t i : folder.parts) {
    for (std::string& name : trees_[i].names(path)) all.insert(std::move(name));
  }
  std::vector<std::string> shown;
  for (const std::string& name : all) {
    if (find(folder, layer::join_path(path, name))) shown.push_back(name);
  }
  return shown;
}

std::map<std::string, std::string> LowerTrees::attributes(const Found& found, const std::string& path) const {
  return kept_attributes(trees_[found.tree].attributes(path, found.status), marks_);
}

}  // namespace ixian::layer_files
