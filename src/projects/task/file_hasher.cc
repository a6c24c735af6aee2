// Patterns overlap: `src/**` names src, all folders below and all files in
// them. Hashed one by one, each file would be looked at once for every folder
// above it. So only the outermost of the named paths are walked, and the others
// are looked up in the trees found; what is not there, for example because a
// tree holds a link where the name means what it leads to, is walked in a
// second round, and so on.
#include "task/file_hasher.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <memory>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/sha256.h"
#include "base/text.h"
#include "files/fs.h"
#include "pattern/python_glob.h"
#include "task/folder_io.h"
#include "task/glob.h"
#include "task/tree.h"
#include "task/tree_walk.h"

namespace ixian::task {
namespace {

constexpr std::size_t kReadBuffer = 128u << 10;
constexpr int kReadAgain = 3;  // times, where a file changes under the reader
// A file is read this far beyond the size it had, so that one that grows faster
// than it can be read comes to an end.
constexpr std::int64_t kMaxGrowth = 64 << 20;
constexpr std::size_t kListingBuffer = 64u << 10;

std::string_view mode_text(FileKind kind) {
  if (kind == FileKind::kLink) return "120000";
  return kind == FileKind::kExecutable ? "100755" : "100644";
}

void append_hex(std::string& text, const base::Sha256Bytes& bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, 64> hex;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    hex[2 * i] = kDigits[bytes[i] >> 4];
    hex[2 * i + 1] = kDigits[bytes[i] & 15];
  }
  text.append(hex.data(), hex.size());
}

void append_mode_and_digest(std::string& text, const DirEntry& entry) {
  text += mode_text(entry.kind);
  text += ' ';
  append_hex(text, entry.digest);
}

std::string mode_and_digest(const DirEntry& entry) {
  std::string text;
  append_mode_and_digest(text, entry);
  return text;
}

std::string file_state(const DirEntry& entry) {
  return "sha256:" + base::sha256_hex(mode_and_digest(entry) + "\n");
}

// The second value is false where there is no file below.
std::pair<std::string, bool> folder_state(const DirNode& folder) {
  base::Sha256 digest;
  std::string listing;
  bool any = false;
  for_each_file(folder, [&](std::string_view path, const DirEntry& entry) {
    any = true;
    append_mode_and_digest(listing, entry);
    listing += ' ';
    listing += path;
    listing += '\0';
    if (listing.size() >= kListingBuffer) {
      digest.update(listing);
      listing.clear();
    }
  });
  digest.update(listing);
  return {"sha256:" + base::to_hex(digest.finish()), any};
}

// `path`, absolute and normalised, as walk() and the keys have it.
std::string path_in_project(const std::string& path, const std::string& root) {
  if (path == root) return ".";
  const std::string inside = root == "/" ? root : root + '/';
  return path.starts_with(inside) ? path.substr(inside.size()) : path;
}

// What one walk can tell, and what it leaves to the next.
class Rounds {
 public:
  Rounds(int root, const WalkOptions& options, bool with_details)
      : root_(root), options_(options), with_details_(with_details) {}

  // `names`: paths, and whether it is to be told if there is nothing.
  FileHashes run(std::map<std::string, bool> names) {
    while (!names.empty()) names = run_one(names);
    return std::move(hashes_);
  }

 private:
  using Places = std::unordered_map<std::string_view, std::size_t>;

  std::map<std::string, bool> run_one(const std::map<std::string, bool>& names) {
    std::vector<std::string> outermost;
    Places place;  // in `outermost`
    for (const auto& [name, told] : names) place.emplace(name, names.size());
    for (auto& [name, index] : place) {
      if (above(name, place) != place.end()) continue;
      index = outermost.size();
      outermost.emplace_back(name);
    }
    const Tree tree = walk(root_, outermost, options_);
    std::map<std::string, bool> left;
    for (const auto& [name, told] : names) {
      const auto outer = above(name, place);
      if (outer == place.end()) {
        const DirEntry& entry = tree.top.entries[place.at(name)];
        tell(name, entry, told);
        if (with_details_) detail(name, entry);
        continue;
      }
      const DirEntry& entry = tree.top.entries[outer->second];
      const DirEntry* const found =
          entry.kind == FileKind::kFolder ? find_entry(*entry.folder, below(name, outer->first)) : nullptr;
      if (found == nullptr || found->kind == FileKind::kLink || found->kind == FileKind::kAbsent) {
        left.emplace(name, told);
      } else {
        tell(name, *found, told);
      }
    }
    return left;
  }

  // The outermost of `names` that is a folder above `name` by spelling.
  static Places::const_iterator above(std::string_view name, const Places& names) {
    if (name == "." || name == "/") return names.end();
    auto found = names.find(name.starts_with('/') ? "/" : ".");
    for (std::size_t slash = name.find('/', 1); found == names.end() && slash != std::string_view::npos;
         slash = name.find('/', slash + 1)) {
      found = names.find(name.substr(0, slash));
    }
    return found;
  }

  static std::string_view below(std::string_view name, std::string_view outer) {
    if (outer == ".") return name;
    return name.substr(outer == "/" ? 1 : outer.size() + 1);
  }

  void tell(const std::string& name, const DirEntry& entry, bool even_nothing) {
    base::Json state;
    bool something = entry.kind != FileKind::kAbsent;
    if (entry.kind == FileKind::kFolder && !entry.folder->absent) {
      std::tie(state, something) = folder_state(*entry.folder);
    } else if (entry.kind != FileKind::kFolder && something) {
      state = file_state(entry);
    } else {
      something = false;
    }
    if (something || even_nothing) hashes_.state[base::printable_path(name)] = std::move(state);
  }

  void detail(const std::string& name, const DirEntry& entry) {
    if (entry.kind == FileKind::kFolder) {
      for_each_file(*entry.folder, [&](std::string_view path, const DirEntry& file) {
        hashes_.details[base::printable_path(join_path(name, path))] = mode_and_digest(file);
      });
    } else if (entry.kind != FileKind::kAbsent) {
      hashes_.details[base::printable_path(name)] = mode_and_digest(entry);
    }
  }

  const int root_;
  const WalkOptions& options_;
  const bool with_details_;
  FileHashes hashes_;
};

}  // namespace

// One thread's way from a file to its digest, through the cache.
class FileHasher::Reader : public FileReader {
 public:
  explicit Reader(FileHasher& owner) : owner_(owner) {}
  ~Reader() override {
    owner_.looked_at_ += counts_.looked_at;
    owner_.read_ += counts_.read;
    owner_.bytes_read_ += counts_.bytes_read;
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool recall(const struct stat& status, base::Sha256Bytes& digest) override {
    ++counts_.looked_at;
    return owner_.cache_.find(status, digest);
  }

  int read(int fd, const struct stat& status, base::Sha256Bytes& digest) override {
    ++counts_.read;
    struct stat before = status;
    for (int again = 0; again <= kReadAgain; ++again) {
      const std::int64_t began_ns = owner_.cache_.now_ns();
      std::int64_t size = 0;
      if (const int error = read_once(fd, before.st_size, size); error != 0) return error;
      digest = digest_.finish();
      struct stat after;
      if (::fstat(fd, &after) != 0) return errno;
      if (size == before.st_size && after.st_size == before.st_size &&
          files::mtime_ns(after) == files::mtime_ns(before) &&
          files::ctime_ns(after) == files::ctime_ns(before)) {
        // Only what was the same before and after reading: the cache must never know a content that no file
        // had.
        owner_.cache_.store(before, began_ns, digest);
        return 0;
      }
      before = after;
    }
    return 0;
  }

 private:
  int read_once(int fd, std::int64_t expected, std::int64_t& size) {
    if (buffer_ == nullptr) buffer_ = std::make_unique_for_overwrite<char[]>(kReadBuffer);
    while (size <= expected + kMaxGrowth) {
      const ssize_t got = ::pread(fd, buffer_.get(), kReadBuffer, size);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) {
        const int error = errno;
        digest_.finish();
        return error;
      }
      if (got == 0) break;
      digest_.update(buffer_.get(), static_cast<std::size_t>(got));
      size += got;
      counts_.bytes_read += static_cast<std::uint64_t>(got);
    }
    return 0;
  }

  FileHasher& owner_;
  FileCounts counts_;
  base::Sha256 digest_;
  std::unique_ptr<char[]> buffer_;
};

FileHasher::FileHasher(const std::string& root, std::vector<std::string> skip, std::string cache_path,
                       unsigned threads, files::CacheClock clock)
    : root_(files::absolute_path(root, "/")),
      skip_(std::move(skip)),
      threads_(threads),
      cache_(std::move(cache_path), clock) {}

FileHasher::~FileHasher() {
  save_cache();
}

FileHashes FileHasher::hash(const std::vector<std::string>& patterns, bool with_details) {
  const files::UniqueFd root = open_folder(AT_FDCWD, root_, 0);
  if (!root.valid()) fail_to_read(root_, errno);
  WalkOptions options;
  options.threads = threads_;
  options.make_reader = [this] { return std::make_unique<Reader>(*this); };
  for (const std::string& path : skip_) {
    struct stat status;
    if (::stat(path.c_str(), &status) == 0) options.skip.push_back(folder_id(status));
  }
  std::map<std::string, bool> names;
  for (const std::string& pattern : patterns) {
    const std::string path = path_in_project(files::absolute_path(pattern, root_), root_);
    if (!pattern::has_python_wildcard(path)) {
      names[path] = true;
    } else {
      for (std::string& found : expand(root.get(), path, options.skip)) {
        names.emplace(std::move(found), false);
      }
    }
  }
  return Rounds(root.get(), options, with_details).run(std::move(names));
}

std::string FileHasher::content_digest(int fd, const std::string& name) {
  struct stat status;
  if (::fstat(fd, &status) != 0) fail_to_read(name, errno);
  if (!S_ISREG(status.st_mode)) fail_to_read(name, EINVAL);
  Reader reader(*this);
  base::Sha256Bytes digest;
  if (!reader.recall(status, digest)) {
    if (const int error = reader.read(fd, status, digest); error != 0) fail_to_read(name, error);
  }
  return base::to_hex(digest);
}

void FileHasher::save_cache() {
  try {
    cache_.save();
  } catch (const std::exception&) {  // out of memory; the next run reads again
  }
}

FileCounts FileHasher::counts() const {
  return {looked_at_, read_, bytes_read_};
}

}  // namespace ixian::task
