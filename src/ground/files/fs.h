// Files: descriptors that close themselves, whole reads, writes that happen entirely or not at all.
//
// The front door of this room. The three types to know are UniqueFd, OutputPath (output_path.h), which is
// wherever a user wants something written, and StatCache (stat_cache.h), which knows the digest of a file
// that has not changed.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace ixian::files {

// Owns one descriptor. -1 is none.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

// The whole file, or nullopt where there is none. Throws Error{kTaskFailed} for anything else that prevents
// reading.
std::optional<std::string> read_file(const std::string& path);

// Replaces `path` as one step: a temporary file beside it, written, synced, renamed over it, the folder
// synced. Makes missing folders. After a crash at any moment the file holds its old or its new content.
// Throws Error{kTaskFailed}.
void write_file_atomically(const std::string& path, std::string_view content);

// A file for reading and writing that has no name and goes with its descriptor: in $TMPDIR, else /tmp, else
// in memory. Throws Error{kTaskFailed}.
UniqueFd nameless_file();

// Like `mkdir -p`. What is made has no more than `mode`, whatever the umask. Throws Error{kTaskFailed}.
void make_directories(const std::string& path, mode_t mode = 0777);

// Absolute. Throws Error{kUsage} where it has been removed.
std::string current_directory();

// `path` made absolute against `base` (itself absolute), with "." and ".." resolved by their spelling and no
// trailing slash. Links are not followed.
std::string absolute_path(std::string_view path, std::string_view base);

// `path` relative to `base`, both absolute and normalised; with leading ".." where it lies outside.
std::string relative_path(std::string_view path, std::string_view base);

}  // namespace ixian::files
