// A folder that everything happens in: whatever a path says, nothing outside is reached.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "files/fs.h"

namespace ixian::layer {

// Error{kTaskFailed}: "Cannot write usr/bin/env: No space left on device. …".
[[noreturn]] void file_error(std::string_view action, std::string_view path, int error_number);

// openat2(2); -1 with errno. Retries where the kernel asks for it.
int open_below(int folder, const std::string& path, int flags, unsigned long long resolve);

inline bool is_dot(const char* name) {
  return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

// Calls with each name in an open folder, as the folder has them, until it says false. Throws
// Error{kTaskFailed}; `path` is for messages.
void each_name_in(int folder, std::string_view path, const std::function<bool(const char* name)>& on_name);

// The names in an open folder, sorted.
std::vector<std::string> names_in(int folder, std::string_view path);

// Paths are relative to `root`, which must outlive the object; symlinks in them are resolved inside it, as if
// it were the root of the file system. Not thread-safe. Throws Error{kTaskFailed}.
class ExtractionRoot {
 public:
  explicit ExtractionRoot(int root) : root_(root) {}

  int root() const { return root_; }

  // An O_PATH descriptor of the folder, valid until the next call. Folders that are missing are made, root's
  // and 0755. -1 with errno ENOTDIR or ELOOP where something on the way is no folder.
  int folder(std::string_view path);

  // Of a folder that is there and is reached through no symlink: ready for reading and attributes. Invalid
  // with errno where there is none.
  files::UniqueFd open_folder(const std::string& path) const;

  // Removes what `name` is in `folder`, with all that is in it; symlinks are not followed. Nothing is fine.
  void remove(int folder, const std::string& name);

 private:
  int open(const std::string& path) const;
  bool make(std::string_view path);

  using Folders = std::unordered_map<std::string, files::UniqueFd>;

  const int root_;
  Folders known_;
  Folders forgotten_;  // kept open until the next call of folder()
};

}  // namespace ixian::layer
