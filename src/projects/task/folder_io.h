// Opens and lists folders by paths of any length.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "files/fs.h"

namespace ixian::task {

struct FolderId {
  dev_t device;
  ino_t inode;
  bool operator==(const FolderId&) const = default;
};

// Calls `visit` with the name (NUL-terminated) and d_type of each entry but "."
// and "..". Returns 0 or an errno.
int read_folder(int fd, std::vector<char>& buffer,
                const std::function<void(std::string_view name, unsigned char type)>& visit);

// Opens a folder by a path of any length, relative to `at` or absolute. `flags`
// are added to the last step's. Invalid, and errno, where it fails.
files::UniqueFd open_folder(int at, std::string_view path, int flags);

// "." and "x" give "x".
std::string join_path(std::string_view folder, std::string_view name);

// There is nothing (any more) where there was thought to be.
bool means_absent(int error_number);

FolderId folder_id(const struct stat& status);

[[noreturn]] void fail_to_read(std::string_view path, int error_number);

}  // namespace ixian::task
