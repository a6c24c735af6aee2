// Walks folders with several threads at once and finds the kind and the digest of every file.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/sha256.h"

namespace ixian::task {

// What git would say a path is. kAbsent: gone, or something that has no content (a socket, a
// fifo, a device). kUnread does not outlive the walk.
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
  std::vector<Entry> entries;      // by name, a folder's as if '/' ended it: depth first this is
                                   // the bytewise order of whole paths
  std::string_view name(const Entry& entry) const {
    return std::string_view(names).substr(entry.name_begin, entry.name_size);
  }
};

// What walk() found. Owns its folders.
struct Tree {
  Folder top;  // one entry for each path asked for, in that order
  std::deque<Folder> folders;
};

// How a file's content becomes a digest. Each thread of a walk has its own.
class FileReader {
 public:
  virtual ~FileReader() = default;

  // True, and the digest, where the content is known without reading.
  virtual bool recall(const struct stat& status, base::Sha256Bytes& digest) = 0;

  // Reads the open regular file that `status` describes. Returns 0 or an errno.
  virtual int read(int fd, const struct stat& status, base::Sha256Bytes& digest) = 0;
};

struct FolderId {
  dev_t device;
  ino_t inode;
  bool operator==(const FolderId&) const = default;
};

struct WalkOptions {
  std::vector<FolderId> skip;  // treated as absent, by whatever path they are reached
  unsigned threads = 1;        // at most, the caller's included; small walks use fewer
  std::function<std::unique_ptr<FileReader>()> make_reader;  // called by any thread
};

// Looks at each of `paths`, relative to the open folder `root` ("." is itself) or absolute, and
// at everything below those that are folders. A path that is a link is followed where that leads
// somewhere; links below are not. ".git" is passed over below, not as a path. Any depth; few
// descriptors. Throws Error{kTaskFailed} "Cannot read <path>: <reason>."
Tree walk(int root, const std::vector<std::string>& paths, const WalkOptions& options);

// Calls `visit` for every file and link below `folder`, in the bytewise order of their paths,
// which are relative to it.
void for_each_file(const Folder& folder,
                   const std::function<void(std::string_view path, const Entry& entry)>& visit);

// What lies at `path`, relative to `folder`, or null. Links are not followed.
const Entry* find_entry(const Folder& folder, std::string_view path);

// The pieces that the search for wildcards needs as well.

// Calls `visit` with the name (NUL-terminated) and d_type of each entry but "." and "..".
// Returns 0 or an errno.
int read_folder(int fd, std::vector<char>& buffer,
                const std::function<void(std::string_view name, unsigned char type)>& visit);

// Opens a folder by a path of any length, relative to `at` or absolute. `flags` are added to the
// last step's. Invalid, and errno, where it fails.
base::UniqueFd open_folder(int at, std::string_view path, int flags);

// "." and "x" give "x".
std::string join_path(std::string_view folder, std::string_view name);

// There is nothing (any more) where there was thought to be.
bool means_absent(int error_number);

FolderId folder_id(const struct stat& status);

[[noreturn]] void fail_to_read(std::string_view path, int error_number);

}  // namespace ixian::task
