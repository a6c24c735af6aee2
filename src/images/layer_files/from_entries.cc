// A layer's bytes follow from what is in it and from nothing else: entries in one order (listing.h's), hard
// links led to the first name in that order, folders on the way added as the layers below have them. What
// readers could take for something else is refused: names that look like whiteouts, things below something
// that is no folder.
#include "layer_files/from_entries.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <stdexcept>

#include "base/error.h"
#include "layer/confined.h"
#include "layer/whiteout.h"

namespace ixian::layer_files {
namespace {

using Mark = LayerEntry::Mark;

[[noreturn]] void refuse(std::string_view path, std::string_view reason) {
  throw base::Error(base::ErrorCode::kTaskFailed,
                    fmt::format("cannot add /{} to an image: it {}", base::printable_path(path), reason));
}

[[noreturn]] void changed(std::string_view path) {
  throw base::Error(base::ErrorCode::kTaskFailed,
                    fmt::format("{} changed while it was read\nhint: run it again when nothing writes to it",
                                base::printable_path(path)));
}

// What the tar calls an entry, which is what entries are sorted by.
std::string key_of(const LayerEntry& entry) {
  if (entry.mark == Mark::kWhiteout) return layer::whiteout_name(entry.entry.name);
  if (entry.mark == Mark::kOpaque) return entry.entry.name + '/';
  return entry.entry.name;
}

void check_name(const LayerEntry& entry) {
  const std::string& name = entry.entry.name;
  try {
    if (layer::listed_path(name) != name)
      throw std::logic_error("Not a path of a layer: " + base::printable_path(name));
  } catch (const std::invalid_argument& error) {
    refuse(std::string_view(name).substr(0, 200), error.what());
  }
  if (name.starts_with(layer::kWhiteoutPrefix) || name.find("/.wh.") != std::string::npos) {
    refuse(name, "would read as a whiteout, because a name starts with \".wh.\"");
  }
  if (name.empty() && entry.mark == Mark::kNone && entry.entry.type != tar::TarType::kFolder) {
    refuse(name, "is not a directory");
  }
}

class List {
 public:
  List(std::vector<LayerEntry> entries, const layer::MergedTree* below) {
    for (LayerEntry& entry : entries) {
      check_name(entry);
      std::string key = key_of(entry);
      entries_.insert_or_assign(std::move(key), std::move(entry));
    }
    check_folders();
    arrange_hard_links();
    if (below != nullptr) add_folders(*below);
  }

  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  struct Less {
    bool operator()(const std::string& a, const std::string& b) const { return layer::path_less(a, b); }
  };
  using Entries = std::map<std::string, LayerEntry, Less>;

  bool is_thing(const std::string& path) const {
    const auto found = entries_.find(path);
    return found != entries_.end() && found->second.mark == Mark::kNone;
  }

  void check_folders() const {
    const std::string* above = nullptr;  // the last that is no folder
    for (const auto& [key, entry] : entries_) {
      // In this order everything below a folder follows it at once, so the last one that is no folder is
      // enough.
      if (above != nullptr && key.starts_with(*above + '/')) {
        refuse(entry.entry.name,
               fmt::format("would be below /{}, which is not a directory", base::printable_path(*above)));
      }
      if (entry.mark == Mark::kNone && entry.entry.type != tar::TarType::kFolder) above = &key;
    }
  }

  // The first of the names of a file, in the order of the tar, gets its content; the others link to that.
  void arrange_hard_links() {
    std::map<std::string, std::vector<std::string>> names;  // of the file that they link to
    for (const auto& [key, entry] : entries_) {
      if (entry.mark == Mark::kNone && entry.entry.type == tar::TarType::kHardLink) {
        names[end_of(entry)].push_back(key);
      }
    }
    for (auto& [file, links] : names) {
      const std::string first = links.front();
      // Its content comes before all links to it, so only the links' targets are set.
      if (!layer::path_less(first, file)) {
        for (const std::string& link : links) entries_.at(link).entry.link = file;
        continue;
      }
      // Otherwise the file and the first link change places: a reader that unpacks as it reads must have the
      // content first.
      LayerEntry moved = std::move(entries_.at(file));
      moved.entry.name = first;
      LayerEntry link = entries_.at(first);
      link.entry.name = file;
      entries_.at(file) = std::move(link);
      entries_.at(first) = std::move(moved);
      const std::string target = std::exchange(links.front(), file);
      for (const std::string& name : links) entries_.at(name).entry.link = target;
    }
  }

  std::string end_of(const LayerEntry& link) const {
    const LayerEntry* at = &link;
    for (std::size_t steps = 0; at->entry.type == tar::TarType::kHardLink; ++steps) {
      const auto target = entries_.find(at->entry.link);
      // Links that lead to each other in a ring are found by their number.
      if (target == entries_.end() || target->second.mark != Mark::kNone || steps > entries_.size()) {
        refuse(link.entry.name, fmt::format("is a link to /{}, which is not among the files",
                                            base::printable_path(link.entry.link)));
      }
      at = &target->second;
    }
    if (at->entry.type == tar::TarType::kFolder) refuse(link.entry.name, "is a hard link to a directory");
    return at->entry.name;
  }

  void add_folders(const layer::MergedTree& below) {
    std::map<std::string, LayerEntry, Less> added;
    for (const auto& [key, entry] : entries_) {
      // An opaque mark's own folder, too.
      std::string_view path = entry.entry.name;
      if (entry.mark != Mark::kOpaque) path = layer::split_path(path).folder;
      for (; !path.empty(); path = layer::split_path(path).folder) {
        std::string folder(path);
        // What is above it is there as well, or has been added for somebody else.
        if (is_thing(folder) || added.contains(folder)) break;
        added.emplace(folder, folder_from(below, folder, entry.entry.mtime));
      }
    }
    entries_.merge(added);
  }

  static LayerEntry folder_from(const layer::MergedTree& below, const std::string& path, std::int64_t mtime) {
    LayerEntry folder;
    folder.entry.name = path;
    folder.entry.type = tar::TarType::kFolder;
    folder.entry.mode = 0755;
    folder.entry.mtime = mtime;
    const auto found = below.lookup(path, layer::MergedTree::Last::kKeep);
    if (!found || found->entry.path != path || found->entry.type != layer::EntryType::kFolder) return folder;
    folder.entry.mode = found->entry.mode;
    folder.entry.uid = found->entry.uid;
    folder.entry.gid = found->entry.gid;
    folder.entry.mtime = found->entry.mtime;
    return folder;
  }

  Entries entries_;
};

files::UniqueFd open_file(const FileAt& file) {
  const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  files::UniqueFd fd(file.folder ? layer::open_below(file.folder->get(), file.path, flags, RESOLVE_IN_ROOT)
                                 : ::open(file.path.c_str(), flags));
  if (!fd.valid()) layer::file_error("read", file.path, errno);
  return fd;
}

class Filling {
 public:
  Filling(layer::LayerWriter& writer, const LayerEntry& entry)
      : writer_(writer), entry_(entry.entry), known_(entry.size_known) {}

  void operator()(std::monostate) { start(0); }

  void operator()(const InlineText& content) {
    start(content.text.size());
    writer_.write(content.text);
  }

  void operator()(const FileAt& content) {
    const files::UniqueFd fd = open_file(content);
    copy(fd.get(), content.path);
  }

  void operator()(const OpenedFile& content) { copy(content.fd->get(), content.path); }

  void operator()(const DeferredContent& content) {
    start(content.size);
    const auto source = content.open();
    fill(content.size, content.name,
         [&](char* data, std::size_t size, std::uint64_t) { return source->read(data, size); });
  }

 private:
  void start(std::uint64_t size) {
    tar::TarEntry entry = entry_;
    entry.size = size;
    writer_.add(std::move(entry));
  }

  void copy(int fd, const std::string& path) {
    struct stat status = {};
    if (::fstat(fd, &status) != 0) layer::file_error("read", path, errno);
    if (!S_ISREG(status.st_mode)) changed(path);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (known_ && size != entry_.size) changed(path);
    start(size);
    fill(size, path, [&](char* data, std::size_t room, std::uint64_t at) {
      ssize_t count = 0;
      do {
        count = ::pread(fd, data, room, static_cast<off_t>(at));
      } while (count < 0 && errno == EINTR);
      if (count < 0) layer::file_error("read", path, errno);
      return static_cast<std::size_t>(count);
    });
  }

  template <typename Read>
  void fill(std::uint64_t size, const std::string& path, Read read) {
    std::uint64_t at = 0;
    while (at < size) {
      const layer::LayerWriter::Space space = writer_.space();
      const std::size_t count = read(space.data, space.size, at);
      if (count == 0) changed(path);
      writer_.filled(count);
      at += count;
    }
    char more = 0;
    // A file that has grown is another one.
    if (read(&more, 1, at) != 0) changed(path);
  }

  layer::LayerWriter& writer_;
  const tar::TarEntry& entry_;
  const bool known_;
};

void write(layer::LayerWriter& writer, const LayerEntry& entry) {
  if (entry.mark == Mark::kWhiteout) return writer.whiteout(entry.entry.name);
  if (entry.mark == Mark::kOpaque) return writer.opaque(entry.entry.name);
  if (entry.entry.type == tar::TarType::kFile) return std::visit(Filling(writer, entry), entry.content);
  tar::TarEntry header = entry.entry;
  header.size = 0;
  writer.add(std::move(header));
}

}  // namespace

layer::WrittenLayer from_entries(std::vector<LayerEntry> entries, files::ByteSink& blob,
                                 const layer::WriteOptions& options, base::Cancellation& cancellation,
                                 const layer::MergedTree* below) {
  const List list(std::move(entries), below);
  layer::LayerWriter writer(blob, options, cancellation);
  for (const auto& [key, entry] : list) {
    try {
      write(writer, entry);
    } catch (const std::invalid_argument& error) {
      refuse(entry.entry.name,
             fmt::format("does not fit into a tar archive ({})", base::printable_path(error.what())));
    }
  }
  return writer.finish();
}

}  // namespace ixian::layer_files
