// The files of an image, as its layers make them, without extracting any.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layer/listing.h"

namespace ixian::layer {

// A view over listings, lowest first (layer.md, "Applying Changesets"). Costs nothing to make; a look-up
// takes a binary search for each component and layer. Thread-safe.
class MergedTree {
 public:
  explicit MergedTree(std::vector<std::shared_ptr<const LayerListing>> layers) : layers_(std::move(layers)) {}

  static constexpr std::size_t kImplied = static_cast<std::size_t>(-1);

  struct Found {
    // Of hard links: type, mode, owner, size, mtime, link and offset of what they lead to, under their own
    // path. Of the root and of folders that only their content implies: a folder, 0755, 0:0, mtime 0.
    ListedEntry entry;
    std::size_t layer = kImplied;  // the layer whose tar has it; a file's content lies there at entry.offset
    std::string content_path;      // of files: their name in that layer; not entry.path for hard links
  };

  enum class Last { kFollow, kKeep };  // a symlink as the last component

  // What is at `path`, absolute or not, seen from the root; symlinks on the way are resolved inside the root,
  // ".." at the root stays there (as openat2's RESOLVE_IN_ROOT). entry.path of the result is the place that
  // was reached. nullopt where there is nothing, where a symlink dangles, or where something on the way is no
  // folder. Throws Error{kTaskFailed} for more than 40 symlinks.
  std::optional<Found> lookup(std::string_view path, Last last = Last::kFollow) const;

  // What is at this very path of a listing: no symlink is followed.
  std::optional<Found> find(std::string_view path) const;

  // Where `path` leads, whether or not it is there: the resolved part and, from the first component on that
  // is missing, the rest as it stands, with ".." taken literally. A path of a listing. Throws like lookup(),
  // and where something on the way is no folder.
  std::string resolve(std::string_view path, Last last = Last::kFollow) const;

  class Descendants;

 private:
  // Of the layers, only those from `lowest` on show what is in this folder.
  struct Place {
    Found found;
    std::size_t lowest = 0;
  };
  struct Walk;

  std::optional<Place> at(const std::string& path, std::size_t lowest) const;
  Place root() const;
  void follow_hard_link(Place& place) const;
  std::vector<std::shared_ptr<const LayerListing>> layers_;
};

// Goes through all that is below a folder, folders before their content, by path_less(). In memory are the
// folders that it stands in, and what a listing's cursor holds, for each layer. The tree outlives it.
class MergedTree::Descendants {
 public:
  // Before the first; of what `path` leads to, which is empty where that is no folder.
  Descendants(const MergedTree& tree, std::string_view path);

  // False at the end. Symlinks are not followed.
  bool next();
  const Found& found() const { return found_; }
  Found take() { return std::move(found_); }
  // What is below the thing that was found last is left out.
  void skip();

 private:
  struct Folder {
    std::string path;
    std::size_t lowest;
  };

  const LayerListing::Cursor* first() const;
  void skip_behind(const std::string& path);

  const MergedTree& tree_;
  std::vector<LayerListing::Cursor> cursors_;
  std::vector<Folder> way_;  // the folders that it stands in
  bool in_found_ = false;    // the last of them is what was found last
  Found found_;
};

}  // namespace ixian::layer
