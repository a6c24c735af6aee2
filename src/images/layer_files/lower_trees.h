// The lower directories of an overlay, as overlayfs lays them over each other, without a mount.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "layer_files/attributes.h"
#include "layer_files/tree_entries.h"

namespace ixian::layer_files {

// Paths are those of Tree. Throws Error{kTaskFailed}.
class LowerTrees {
 public:
  // Lowest first. Nobody changes them meanwhile.
  LowerTrees(const std::vector<std::string>& paths, Marks marks);

  struct Found {
    std::size_t tree = 0;  // that it is taken from
    struct stat status = {};
    std::vector<std::size_t> parts;  // of a folder: all trees whose content shows in it, topmost first
  };

  std::optional<Found> root() const;
  // What is at `path`, whose folder is known to be `folder`.
  std::optional<Found> find(const Found& folder, const std::string& path) const;
  // What is in a folder, sorted.
  std::vector<std::string> names(const Found& folder, const std::string& path) const;

  const Tree& tree(std::size_t index) const { return trees_[index]; }
  std::size_t size() const { return trees_.size(); }
  std::map<std::string, std::string> attributes(const Found& found, const std::string& path) const;

 private:
  bool is_whiteout(const Tree& tree, const std::string& path, const struct stat& status) const;
  bool is_opaque(const Tree& tree, const std::string& path, const struct stat& status) const;

  std::vector<Tree> trees_;
  const Marks marks_;
};

}  // namespace ixian::layer_files
