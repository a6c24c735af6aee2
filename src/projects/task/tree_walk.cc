// The time goes to one stat() for each file and, where the cache does not know it, to reading it; both are to
// run on all threads whatever the tree's shape: one folder of 100,000 files, a chain of folders, two huge
// files. So the work is cut into pieces of three sorts: scan a folder's names, look at (stat) a run of its
// entries, read a run of those not known. They lie on a WorkStack, so that few folders are open at a time. A
// piece holds its folder's descriptor, and the last one to let go closes it; beyond a number of such
// descriptors, folders are opened anew from the root.
#include "task/tree_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <utility>

#include "base/text.h"
#include "files/fs.h"
#include "task/work_stack.h"

namespace ixian::task {
namespace {

constexpr std::uint32_t kLookAtOnce = 256;            // entries in one piece
constexpr std::uint64_t kReadAtOnce = 1u << 20;       // bytes in one piece, or one file
constexpr std::uint64_t kBytesPerWeight = 64u << 10;  // a weight is some 50 µs of work
constexpr std::uint32_t kEntriesPerWeight = 32;
constexpr int kMaxKeptOpen = 64;
constexpr std::size_t kNamesBuffer = 64u << 10;

struct OpenFolder {
  OpenFolder(files::UniqueFd opened, std::atomic<int>& open_count)
      : fd(std::move(opened)), count(open_count) {
    ++count;
  }
  ~OpenFolder() { --count; }
  OpenFolder(const OpenFolder&) = delete;
  OpenFolder& operator=(const OpenFolder&) = delete;

  const files::UniqueFd fd;
  std::atomic<int>& count;
};

enum class Step : std::uint8_t { kScan, kLook, kRead };

struct WorkItem {
  Step step;
  DirNode* folder;
  std::shared_ptr<const OpenFolder> open;  // of `folder`; for kScan of its parent, or null
  std::uint32_t begin = 0;                 // entries of `folder`
  std::uint32_t end = 0;
  std::uint64_t weight = 1;
};

std::string path_of(const DirNode& folder) {
  std::vector<std::string_view> names;
  for (const DirNode* at = &folder; at->parent != nullptr; at = at->parent) {
    names.push_back(at->parent->name(at->parent->entries[at->parent_entry]));
  }
  std::string path = ".";
  for (auto name = names.rbegin(); name != names.rend(); ++name) path = join_path(path, *name);
  return path;
}

FileKind kind_of_file(const struct stat& status) {
  return (status.st_mode & S_IXUSR) != 0 ? FileKind::kExecutable : FileKind::kFile;
}

class Walk {
 public:
  Walk(int root, const WalkOptions& options, Tree& tree) : root_(root), options_(options), tree_(tree) {}

  void run();

 private:
  // What a thread needs for itself.
  struct Worker {
    std::unique_ptr<FileReader> reader;
    base::Sha256 link_digest;
    std::vector<char> names = std::vector<char>(kNamesBuffer);
    std::vector<WorkItem> pieces;  // to be shared
  };

  void carry_out(const WorkItem& piece, Worker& worker);
  void share(Worker& worker);

  void scan(const WorkItem& piece, Worker& worker);
  void list(DirNode& folder, int fd, Worker& worker);
  void look(const WorkItem& piece, Worker& worker);
  void read(const WorkItem& piece, Worker& worker);
  bool look_below(const WorkItem& piece, DirEntry& entry, struct stat& status, Worker& worker);
  bool look_at_path(const WorkItem& piece, std::uint32_t index, struct stat& status, Worker& worker);
  void digest_link(int at, const char* name, const WorkItem& piece, DirEntry& entry, Worker& worker);

  files::UniqueFd open(const WorkItem& piece) const;
  bool is_skipped(int fd) const;
  const char* place_of(const WorkItem& piece, const DirEntry& entry, files::UniqueFd& parent, int& at) const;
  [[noreturn]] void fail(const DirNode& folder, const DirEntry& entry, int error_number) const;

  const int root_;
  const WalkOptions& options_;
  Tree& tree_;
  std::atomic<int> kept_open_ = 0;
  WorkStack<WorkItem, Worker> stack_{
      options_.threads, [this](const WorkItem& piece, Worker& worker) { carry_out(piece, worker); }};
};

void Walk::run() {
  std::vector<WorkItem> first;
  const auto paths = static_cast<std::uint32_t>(tree_.top.entries.size());
  for (std::uint32_t begin = 0; begin < paths; begin += kLookAtOnce) {
    const std::uint32_t end = std::min(begin + kLookAtOnce, paths);
    first.push_back({Step::kLook, &tree_.top, nullptr, begin, end, 1 + (end - begin) / kEntriesPerWeight});
  }
  stack_.run(std::move(first));
}

void Walk::carry_out(const WorkItem& piece, Worker& worker) {
  if (worker.reader == nullptr) worker.reader = options_.make_reader();
  if (piece.step == Step::kScan) scan(piece, worker);
  if (piece.step == Step::kLook) look(piece, worker);
  if (piece.step == Step::kRead) read(piece, worker);
}

void Walk::share(Worker& worker) {
  stack_.add(worker.pieces, [this](WorkItem& piece) {
    if (piece.step != Step::kScan) return;
    DirNode& folder = tree_.folders.emplace_back();
    folder.parent = piece.folder;
    folder.parent_entry = piece.begin;
    piece.folder->entries[piece.begin].folder = &folder;
    piece.folder = &folder;
  });
}

void Walk::scan(const WorkItem& piece, Worker& worker) {
  DirNode& folder = *piece.folder;
  files::UniqueFd fd = open(piece);
  if (!fd.valid() && !means_absent(errno)) {
    fail(*folder.parent, folder.parent->entries[folder.parent_entry], errno);
  }
  if (!fd.valid() || is_skipped(fd.get())) {
    folder.absent = true;
    return;
  }
  list(folder, fd.get(), worker);
  const auto open = std::make_shared<const OpenFolder>(std::move(fd), kept_open_);
  const bool keep_open = kept_open_ <= kMaxKeptOpen;
  const auto entries = static_cast<std::uint32_t>(folder.entries.size());
  for (std::uint32_t i = 0; i < entries; ++i) {
    if (folder.entries[i].kind != FileKind::kFolder) continue;
    worker.pieces.push_back({Step::kScan, &folder, keep_open ? open : nullptr, i});
  }
  WorkItem own{Step::kLook, &folder, open, 0, std::min(entries, kLookAtOnce)};
  for (std::uint32_t begin = own.end; begin < entries; begin += kLookAtOnce) {
    const std::uint32_t end = std::min(begin + kLookAtOnce, entries);
    worker.pieces.push_back({Step::kLook, &folder, open, begin, end, 1 + (end - begin) / kEntriesPerWeight});
  }
  share(worker);
  look(own, worker);
}

void Walk::list(DirNode& folder, int fd, Worker& worker) {
  const int error = read_folder(fd, worker.names, [&](std::string_view name, unsigned char type) {
    if (name == ".git") return;
    if (type == DT_UNKNOWN) {
      struct stat status {};
      if (::fstatat(fd, name.data(), &status, AT_SYMLINK_NOFOLLOW) != 0) return;
      type = static_cast<unsigned char>(IFTODT(status.st_mode));
    }
    if (type != DT_REG && type != DT_LNK && type != DT_DIR) return;
    DirEntry& entry = folder.entries.emplace_back();
    entry.name_begin = static_cast<std::uint32_t>(folder.names.size());
    entry.name_size = static_cast<std::uint32_t>(name.size());
    entry.kind = type == DT_DIR ? FileKind::kFolder : FileKind::kUnread;
    folder.names.append(name.data(), name.size() + 1);
  });
  if (error != 0 && !means_absent(error)) {
    fail(*folder.parent, folder.parent->entries[folder.parent_entry], error);
  }
  sort_entries(folder);
}

void Walk::look(const WorkItem& piece, Worker& worker) {
  WorkItem unread{Step::kRead, piece.folder, piece.open, piece.begin, piece.begin};
  std::uint64_t bytes = 0;
  for (std::uint32_t i = piece.begin; i < piece.end; ++i) {
    DirEntry& entry = piece.folder->entries[i];
    if (entry.kind != FileKind::kUnread) continue;
    struct stat status;
    const bool regular = piece.folder->parent == nullptr ? look_at_path(piece, i, status, worker)
                                                         : look_below(piece, entry, status, worker);
    if (!regular) continue;
    // The usual case: it is as it was when it was hashed.
    if (worker.reader->recall(status, entry.digest)) {
      entry.kind = kind_of_file(status);
      continue;
    }
    const std::uint64_t cost =
        static_cast<std::uint64_t>(status.st_size) + kBytesPerWeight / kEntriesPerWeight * 8;
    // What is to be read is handed out in pieces of much the same work.
    if (bytes > 0 && bytes + cost > kReadAtOnce) {
      unread.weight = 1 + bytes / kBytesPerWeight;
      worker.pieces.push_back(unread);
      unread.begin = i;
      bytes = 0;
    }
    bytes += cost;
    unread.end = i + 1;
  }
  share(worker);
  read(unread, worker);
}

// True, and `status`, where the entry turns out to be a regular file.
bool Walk::look_below(const WorkItem& piece, DirEntry& entry, struct stat& status, Worker& worker) {
  const int at = piece.open->fd.get();
  const char* const name = piece.folder->names.data() + entry.name_begin;
  if (::fstatat(at, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (!means_absent(errno)) fail(*piece.folder, entry, errno);
    entry.kind = FileKind::kAbsent;
    return false;
  }
  if (S_ISREG(status.st_mode)) return true;
  entry.kind = FileKind::kAbsent;
  if (S_ISLNK(status.st_mode)) digest_link(at, name, piece, entry, worker);
  return false;
}

// The same for a path that was asked for: it may be a folder, and if it is a
// link, it is what the link leads to.
bool Walk::look_at_path(const WorkItem& piece, std::uint32_t index, struct stat& status, Worker& worker) {
  DirEntry& entry = piece.folder->entries[index];
  files::UniqueFd parent;
  int at = root_;
  const char* const name = place_of(piece, entry, parent, at);
  if (at < 0 || ::fstatat(at, name, &status, 0) != 0) {
    const int error = errno;
    if (!means_absent(error)) fail(*piece.folder, entry, error);
    entry.kind = FileKind::kAbsent;
    if (at >= 0 && ::fstatat(at, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode)) {
      digest_link(at, name, piece, entry, worker);
    }
    return false;
  }
  if (S_ISREG(status.st_mode)) return true;
  entry.kind = FileKind::kAbsent;
  if (S_ISDIR(status.st_mode)) {
    entry.kind = FileKind::kFolder;
    worker.pieces.push_back({Step::kScan, piece.folder, nullptr, index});
  }
  return false;
}

void Walk::digest_link(int at, const char* name, const WorkItem& piece, DirEntry& entry, Worker& worker) {
  std::array<char, PATH_MAX> target;  // Linux keeps no longer ones
  const ssize_t size = ::readlinkat(at, name, target.data(), target.size());
  if (size < 0) {
    if (errno != EINVAL && !means_absent(errno)) fail(*piece.folder, entry, errno);
    entry.kind = FileKind::kAbsent;
    return;
  }
  worker.link_digest.update(target.data(), static_cast<std::size_t>(size));
  entry.digest = worker.link_digest.finish();
  entry.kind = FileKind::kLink;
}

void Walk::read(const WorkItem& piece, Worker& worker) {
  const bool below = piece.folder->parent != nullptr;
  // O_NONBLOCK: a fifo may have taken the file's place.
  const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (below ? O_NOFOLLOW : 0);
  for (std::uint32_t i = piece.begin; i < piece.end; ++i) {
    DirEntry& entry = piece.folder->entries[i];
    if (entry.kind != FileKind::kUnread) continue;
    files::UniqueFd parent;
    int at = below ? piece.open->fd.get() : root_;
    const char* const name = place_of(piece, entry, parent, at);
    const files::UniqueFd fd(at < 0 ? -1 : ::openat(at, name, flags));
    struct stat status;
    int error = fd.valid() && ::fstat(fd.get(), &status) == 0 ? 0 : errno;
    if (error == ENXIO || means_absent(error) || (error == 0 && !S_ISREG(status.st_mode))) {
      entry.kind = FileKind::kAbsent;
      continue;
    }
    if (error == 0) error = worker.reader->read(fd.get(), status, entry.digest);
    if (error != 0) fail(*piece.folder, entry, error);
    entry.kind = kind_of_file(status);
  }
}

files::UniqueFd Walk::open(const WorkItem& piece) const {
  const DirNode& folder = *piece.folder;
  const bool asked_for = folder.parent->parent == nullptr;
  if (asked_for || piece.open == nullptr) {
    return open_folder(root_, path_of(folder), asked_for ? 0 : O_NOFOLLOW);
  }
  const char* const name =
      folder.parent->names.data() + folder.parent->entries[folder.parent_entry].name_begin;
  return files::UniqueFd(
      ::openat(piece.open->fd.get(), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
}

bool Walk::is_skipped(int fd) const {
  if (options_.skip.empty()) return false;
  struct stat status;
  if (::fstat(fd, &status) != 0) return false;
  return std::find(options_.skip.begin(), options_.skip.end(), folder_id(status)) != options_.skip.end();
}

// The name to give to a system call together with `at`. Paths that are too long
// for the system are cut: `parent` is then the open folder that `at` is set to,
// -1 and errno if there is none.
const char* Walk::place_of(const WorkItem& piece, const DirEntry& entry, files::UniqueFd& parent,
                           int& at) const {
  const char* const name = piece.folder->names.data() + entry.name_begin;
  if (entry.name_size < PATH_MAX) return name;
  const std::string_view path = piece.folder->name(entry);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return name;
  parent = open_folder(root_, path.substr(0, slash), 0);
  at = parent.get();
  return name + slash + 1;
}

void Walk::fail(const DirNode& folder, const DirEntry& entry, int error_number) const {
  fail_to_read(join_path(path_of(folder), folder.name(entry)), error_number);
}

}  // namespace

Tree walk(int root, const std::vector<std::string>& paths, const WalkOptions& options) {
  Tree tree;
  for (const std::string& path : paths) {
    DirEntry& entry = tree.top.entries.emplace_back();
    entry.name_begin = static_cast<std::uint32_t>(tree.top.names.size());
    entry.name_size = static_cast<std::uint32_t>(path.size());
    tree.top.names.append(path.c_str(), path.size() + 1);
  }
  Walk(root, options, tree).run();
  return tree;
}

}  // namespace ixian::task
