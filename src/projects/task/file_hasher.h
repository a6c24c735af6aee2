// What files some patterns name and what is in them, as a function of content alone.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "files/stat_cache.h"

namespace ixian::task {

// Keys are paths relative to the project ("." is the project itself), those outside absolute, all
// as base::printable_path() shows them.
struct FileHashes {
  // Each thing named → "sha256:<hex>", or null for a path without wildcards where there is
  // nothing. A file's digest is over "<mode> <hex of content>\n"; a folder's over
  // "<mode> <hex of content> <path in the folder>\0" of all files below, in the bytewise order of
  // the paths. The mode is git's: 100644, 100755 or, with its target as content, 120000.
  base::Json state = base::Json::object();

  // Each file, named or below a folder named → "<mode> <hex of content>".
  base::Json details = base::Json::object();
};

// Counts since the FileHasher was made.
struct FileCounts {
  std::uint64_t looked_at = 0;  // regular files, each time one was met
  std::uint64_t read = 0;       // of these, not known from the cache
  std::uint64_t bytes_read = 0;
};

// Answers the same for equal content wherever it lies, whoever owns it and whenever it was
// written: no absolute path, no time, no mode but the executable bit goes in. Nor do ".git" and
// folders without files, except that such a folder named without wildcards has the digest of an
// empty one. Sockets, fifos and devices are as if they did not exist. Any thread may call
// anything at any time.
class FileHasher {
 public:
  // `root`: the project's folder, absolute. `skip`: absolute folders that are as if they did not
  // exist (their content may still be named by a path that leads into them). `cache_path`: the
  // file of the StatCache. `threads`: at most so many, the caller's included, in each hash().
  FileHasher(const std::string& root, std::vector<std::string> skip, std::string cache_path, unsigned threads,
             files::CacheClock clock = files::kSystemClock);

  // Saves the cache; never throws.
  ~FileHasher();

  FileHasher(const FileHasher&) = delete;
  FileHasher& operator=(const FileHasher&) = delete;

  // `patterns` are relative to the project or absolute; "./", "..", "//" and a slash at the end
  // are resolved by spelling. What a pattern names is followed if it is a link that leads
  // somewhere; links below folders are not. For wildcards see expand(). Throws
  // base::Error{kTaskFailed} "Cannot read <path>: <reason>." Without `with_details`, details
  // stays empty.
  FileHashes hash(const std::vector<std::string>& patterns, bool with_details);

  // SHA-256 in hex of an open regular file, whatever its mode, through the cache. `name` is what messages
  // call it. Throws base::Error{kTaskFailed} "Cannot read <name>: <reason>."
  std::string content_digest(int fd, const std::string& name);

  // Writes the cache if it changed. Failing to costs time later and is not reported.
  void save_cache();

  FileCounts counts() const;

 private:
  class Reader;

  const std::string root_;
  const std::vector<std::string> skip_;
  const unsigned threads_;
  files::StatCache cache_;
  std::atomic<std::uint64_t> looked_at_ = 0;
  std::atomic<std::uint64_t> read_ = 0;
  std::atomic<std::uint64_t> bytes_read_ = 0;
};

}  // namespace ixian::task
