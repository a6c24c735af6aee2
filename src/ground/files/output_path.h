// The files that a user names: --iidfile, an archive, what a task writes. Whatever is at such a path stays
// what it is.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "files/fs.h"

namespace ixian::files {

// Where one such file goes, found out once. Nothing else in the program puts a file over a path that somebody
// typed.
//
//   nothing there, a regular file   replaced as one step, by a temporary file and rename(2); mode and, where
//                                   that is allowed, owner stay
//   a link                          what it leads to is treated like this; a link to nothing gets a file
//   a device, a FIFO                opened and written into
//   /dev/stdout, /dev/fd/N, ...     the descriptor that this program was started with is written into
//   a regular file that cannot be   emptied and written into: one that is mounted, or whose folder takes no
//   replaced                        new files
//   a folder, a socket              Error{kUsage}
class OutputPath {
 public:
  // Looks, and changes nothing. `path` may be relative; "-" is standard output. Throws Error{kUsage} for what
  // cannot be written.
  explicit OutputPath(const std::string& path);

  const std::string& shown() const { return shown_; }  // as it was typed, for messages
  bool is_replaced() const { return !into_; }
  bool is_standard_output() const;
  bool is_terminal() const;

  // Where a temporary file is to be made that take() gets: beside the file, or where temporary files are.
  const std::string& folder() const { return folder_; }

  // Puts the file `temporary` in its place, whose content is all that `fd` has. True: it has been renamed,
  // and survives a crash. False: its content has been copied; the temporary file is still there. Throws
  // Error{kTaskFailed}, Cancelled.
  bool take(int fd, const std::string& temporary, const base::Cancellation& cancellation) const;

  // For writing into what is there, not where is_replaced(). Waits for a reader of a FIFO. Throws
  // Error{kTaskFailed}, Cancelled.
  UniqueFd open(const base::Cancellation& cancellation) const;

  // The whole content at once. Makes missing folders. Throws Error{kTaskFailed}, Cancelled.
  void write(std::string_view content, const base::Cancellation& cancellation) const;

 private:
  void copy_into(int fd, const base::Cancellation& cancellation) const;

  std::string shown_;
  std::string path_;  // absolute, behind all links
  std::string folder_;
  bool into_ = false;
  std::optional<int> descriptor_;
  std::optional<mode_t> mode_;  // of the regular file that is replaced
  uid_t owner_ = 0;
  gid_t group_ = 0;
};

}  // namespace ixian::files
