// The order of listings, and what only going through one in order tells.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "layer/listing.h"

namespace ixian::layer {

// Negative, zero or positive, in the order of path_less().
int path_order(std::string_view a, std::string_view b);

// The length of what both begin with.
std::size_t common_length(std::string_view a, std::string_view b);

inline bool is_below(std::string_view path, std::string_view folder) {
  if (folder.empty()) return !path.empty();
  return path.size() > folder.size() && path[folder.size()] == '/' && path.starts_with(folder);
}

// Where entries with one path stand among each other.
inline int rank(EntryType type) {
  return type == EntryType::kWhiteout ? 0 : type == EntryType::kOpaque ? 2 : 1;
}

inline int entry_order(const ListedEntry& a, const ListedEntry& b) {
  const int order = path_order(a.path, b.path);
  return order != 0 ? order : rank(a.type) - rank(b.type);
}

// Told of entries in their order, which of them lie below a thing that is no folder: such came before it, for
// nothing can have been put there later.
class HiddenEntryFinder {
 public:
  bool covers(const ListedEntry& entry) {
    if (hides_ && entry.path == path_) return false;  // the opaque mark beside it
    if (hides_ && !is_below(entry.path, path_)) hides_ = false;
    return hides_;
  }

  // `entry`, which is not covered, stays where it is.
  void pass(const ListedEntry& entry) {
    if (rank(entry.type) != 1 || entry.type == EntryType::kFolder) return;
    path_ = entry.path;
    hides_ = true;
  }

 private:
  bool hides_ = false;
  std::string path_;
};

// Told of entries in their order, which folders have none of their own, but something in them.
class GapFinder {
 public:
  // Calls with each folder that `entry` is the first to lie in, and that had no entry.
  template <typename OnGap>
  void pass(const ListedEntry& entry, OnGap on_gap) {
    const std::string& path = entry.path;
    const std::size_t common = common_length(path, way_);
    const auto holds = [&](std::size_t end) {
      return end == 0 || (end <= common && (end == path.size() || path[end] == '/'));
    };
    while (!holds(ends_.back())) ends_.pop_back();
    const std::size_t known = ends_.back();
    if (known == path.size()) return;  // the opaque mark of a folder, and what belongs to the root
    way_ = path;
    // An opaque mark implies its own folder, too.
    const bool opaque = entry.type == EntryType::kOpaque;
    for (std::size_t at = known + 1; at <= path.size(); ++at) {
      if (at < path.size() ? path[at] != '/' : !opaque) continue;
      on_gap(std::string_view(path).substr(0, at));
      ends_.push_back(at);
    }
    if (entry.type == EntryType::kFolder) ends_.push_back(path.size());
  }

 private:
  std::string way_;                      // the last path
  std::vector<std::size_t> ends_ = {0};  // where in it the folders end that have an entry or are gaps
};

}  // namespace ixian::layer
