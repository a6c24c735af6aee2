// A tree of folders in memory: what a walk has found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"

namespace ixian::task {

// What git would say a path is. kAbsent: gone, or something that has no content
// (a socket, a fifo, a device). kUnread does not outlive the walk.
enum class Kind : std::uint8_t { kAbsent, kUnread, kFile, kExecutable, kLink, kFolder };

struct Folder;

struct Entry {
  std::uint32_t name_begin = 0;  // in Folder::names
  std::uint32_t name_size = 0;
  Kind kind = Kind::kUnread;
  base::Sha256Bytes digest{};  // of the content, of a link's target text; of no folder
  Folder* folder = nullptr;    // for kFolder
};

struct Folder {
  const Folder* parent = nullptr;  // null for a tree's top
  std::uint32_t parent_entry = 0;  // which of parent->entries this is
  bool absent = false;             // vanished, or one that is not to be walked
  std::string names;               // raw bytes, each name followed by a NUL
  std::vector<Entry> entries;      // by name, a folder's as if '/' ended it: depth
                                   // first this is the bytewise order of whole paths
  std::string_view name(const Entry& entry) const {
    return std::string_view(names).substr(entry.name_begin, entry.name_size);
  }
};

// What walk() found. Owns its folders.
struct Tree {
  Folder top;  // one entry for each path asked for, in that order
  std::deque<Folder> folders;
};

// Puts the entries of one folder into their order.
void sort_entries(Folder& folder);

// Calls `visit` for every file and link below `folder`, in the bytewise order
// of their paths, which are relative to it.
void for_each_file(const Folder& folder,
                   const std::function<void(std::string_view path, const Entry& entry)>& visit);

// What lies at `path`, relative to `folder`, or null. Links are not followed.
const Entry* find_entry(const Folder& folder, std::string_view path);

}  // namespace ixian::task
