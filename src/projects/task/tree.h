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
enum class FileKind : std::uint8_t { kAbsent, kUnread, kFile, kExecutable, kLink, kFolder };

struct DirNode;

struct DirEntry {
  std::uint32_t name_begin = 0;  // in DirNode::names
  std::uint32_t name_size = 0;
  FileKind kind = FileKind::kUnread;
  base::Sha256Bytes digest{};  // of the content, of a link's target text; of no folder
  DirNode* folder = nullptr;   // for kFolder
};

struct DirNode {
  const DirNode* parent = nullptr;  // null for a tree's top
  std::uint32_t parent_entry = 0;   // which of parent->entries this is
  bool absent = false;              // vanished, or one that is not to be walked
  std::string names;                // raw bytes, each name followed by a NUL
  std::vector<DirEntry> entries;    // by name, a folder's as if '/' ended it: depth
                                    // first this is the bytewise order of whole paths
  std::string_view name(const DirEntry& entry) const {
    return std::string_view(names).substr(entry.name_begin, entry.name_size);
  }
};

// What walk() found. Owns its folders.
struct Tree {
  DirNode top;  // one entry for each path asked for, in that order
  std::deque<DirNode> folders;
};

// Puts the entries of one folder into their order.
void sort_entries(DirNode& folder);

// Calls `visit` for every file and link below `folder`, in the bytewise order
// of their paths, which are relative to it.
void for_each_file(const DirNode& folder,
                   const std::function<void(std::string_view path, const DirEntry& entry)>& visit);

// What lies at `path`, relative to `folder`, or null. Links are not followed.
const DirEntry* find_entry(const DirNode& folder, std::string_view path);

}  // namespace ixian::task
