// A tree of directories and files in git's order, in which a directory sorts as if its name ended in "/":
// "a.c" comes before the directory "a". So a listing of files is in the order of their whole paths.
#include "task/tree.h"

#include <algorithm>
#include <cstring>

namespace ixian::task {
namespace {

// Orders names as git does: a folder's as if it ended with '/'.
struct GitName {
  std::string_view text;
  bool folder;

  bool operator<(const GitName& other) const {
    const std::size_t shared = std::min(text.size(), other.text.size());
    const int order = std::memcmp(text.data(), other.text.data(), shared);
    return order != 0 ? order < 0 : byte_at(shared) < other.byte_at(shared);
  }
  int byte_at(std::size_t index) const {
    if (index < text.size()) return static_cast<unsigned char>(text[index]);
    return folder ? '/' : 0;
  }
};

GitName git_name(const DirNode& folder, const DirEntry& entry) {
  return {folder.name(entry), entry.kind == FileKind::kFolder};
}

}  // namespace

void sort_entries(DirNode& folder) {
  std::sort(folder.entries.begin(), folder.entries.end(),
            [&](const DirEntry& a, const DirEntry& b) { return git_name(folder, a) < git_name(folder, b); });
}

void for_each_file(const DirNode& folder,
                   const std::function<void(std::string_view path, const DirEntry& entry)>& visit) {
  struct Level {
    const DirNode* folder;
    std::size_t next;
    std::size_t path_size;
  };
  std::vector<Level> levels = {{&folder, 0, 0}};
  std::string path;
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.next == level.folder->entries.size()) {
      levels.pop_back();
      continue;
    }
    const DirEntry& entry = level.folder->entries[level.next++];
    path.resize(level.path_size);
    path += level.folder->name(entry);
    if (entry.kind == FileKind::kFolder) {
      path += '/';
      levels.push_back({entry.folder, 0, path.size()});
    } else if (entry.kind != FileKind::kAbsent) {
      visit(path, entry);
    }
  }
}

const DirEntry* find_entry(const DirNode& folder, std::string_view path) {
  const DirNode* in = &folder;
  while (true) {
    const std::string_view step = path.substr(0, path.find('/'));
    const DirEntry* found = nullptr;
    // What stands there may be either, and the two have different places in the order.
    for (const bool is_folder : {false, true}) {
      const GitName wanted{step, is_folder};
      const auto at = std::lower_bound(
          in->entries.begin(), in->entries.end(), wanted,
          [in](const DirEntry& entry, const GitName& name) { return git_name(*in, entry) < name; });
      if (at != in->entries.end() && in->name(*at) == step) found = &*at;
    }
    if (found == nullptr || step.size() == path.size()) return found;
    if (found->kind != FileKind::kFolder) return nullptr;
    in = found->folder;
    path.remove_prefix(step.size() + 1);
  }
}

}  // namespace ixian::task
