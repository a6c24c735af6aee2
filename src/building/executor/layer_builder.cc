// Where a source goes, as Docker has it (D is the destination, after links in the image have been followed):
//
//   source     D                             goes to
//   file f     ends in "/", or a directory   D/f; D is made where it is missing
//   file f     a file, or missing            D; its parents are made
//   file f     below a file                  error
//   directory  a directory, or missing       its entries into D; a D that is there keeps its attributes
//   directory  a file                        error
//   several    not a directory by spelling   error: D must end in "/", or be "." or ".."
//   --parents  always a directory            D/<the source's own path>
//   --link     as if the image were empty    nothing of the image is looked at, links included
//
// An entry never takes the place of something of the other kind (directory against file), save in an archive
// that ADD unpacks, where what is in the way goes, as with tar. Links on the way to a destination are
// followed inside the image; the last part of an entry's own path is not, so a copied file replaces a symlink
// of that name.
//
// The draft is a map by path over a view of the image: nothing is read until the layer is written, and the
// directories above an entry come from the image with the attributes they have there.
#include "executor/layer_builder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "context/changed.h"
#include "executor/archive_source.h"

namespace ixian::executor {
namespace {

// A file of a view, opened when the layer's writer comes to it. It must still be what the key says: its
// content may change while a build runs.
class ViewSource : public base::ByteSource {
 public:
  ViewSource(const context::FileView& view, std::string path, std::uint64_t size, std::string expected)
      : path_(std::move(path)), left_(size), expected_(std::move(expected)), fd_(view.open(path_)) {}

  std::size_t read(char* buffer, std::size_t size) override {
    ssize_t count = 0;
    do {
      count = ::read(fd_.get(), buffer, size);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
      throw base::Error(
          base::ErrorCode::kTaskFailed,
          fmt::format("cannot read {}: {}", base::printable_path(path_), base::errno_text(errno)));
    }
    if (static_cast<std::uint64_t>(count) > left_ || (count == 0 && left_ > 0)) context::fail_changed(path_);
    left_ -= static_cast<std::uint64_t>(count);
    if (!expected_.empty()) check(buffer, static_cast<std::size_t>(count));
    return static_cast<std::size_t>(count);
  }

 private:
  void check(const char* data, std::size_t count) {
    if (count > 0) return sha_.update(data, count);
    if (base::to_hex(sha_.finish()) != std::exchange(expected_, "")) context::fail_changed(path_);
  }

  const std::string path_;
  std::uint64_t left_;
  std::string expected_;
  base::Sha256 sha_;
  const files::UniqueFd fd_;
};

using base::Error;
using base::ErrorCode;
using tar::TarType;

tar::TarEntry folder_entry(const Owner& owner, std::uint32_t mode, std::int64_t time) {
  tar::TarEntry entry;
  entry.type = TarType::kFolder;
  entry.mode = mode;
  entry.uid = owner.uid;
  entry.gid = owner.gid;
  entry.mtime = time;
  return entry;
}

// The tree below a folder of another, as one of its own. Only what resolving paths needs.
class SubView : public context::FileView {
 public:
  SubView(const context::FileView& whole, const std::string& root) : whole_(whole), root_(root) {}
  std::optional<tar::TarEntry> find(const std::string& path) const override {
    return whole_.find(context::join_path(root_, path));
  }
  std::vector<std::string> children(const std::string& path) const override {
    return whole_.children(context::join_path(root_, path));
  }
  files::UniqueFd open(const std::string& path) const override {
    return whole_.open(context::join_path(root_, path));
  }
  std::string hard_link_group(const std::string& path) const override {
    return whole_.hard_link_group(context::join_path(root_, path));
  }

 private:
  const context::FileView& whole_;
  const std::string& root_;
};

}  // namespace

std::optional<tar::TarEntry> LayerBuilder::find(const std::string& path) const {
  const auto found = entries_.find(path);
  if (found != entries_.end()) return found->second.entry;
  // Below something of the draft that is no folder there is nothing any more.
  for (std::string above = context::parent_path(path); !above.empty(); above = context::parent_path(above)) {
    const auto entry = entries_.find(above);
    if (entry != entries_.end() && entry->second.entry.type != TarType::kFolder) return std::nullopt;
  }
  return below_.find(path);
}

std::vector<std::string> LayerBuilder::children(const std::string& path) const {
  std::set<std::string> names;
  for (std::string& name : below_.children(path)) names.insert(std::move(name));
  const std::string prefix = path.empty() ? "" : path + "/";
  for (auto each = entries_.lower_bound(prefix); each != entries_.end() && each->first.starts_with(prefix);
       ++each) {
    const std::string rest = each->first.substr(prefix.size());
    names.insert(rest.substr(0, rest.find('/')));
  }
  return {names.begin(), names.end()};
}

files::UniqueFd LayerBuilder::open(const std::string& path) const {
  return below_.open(path);
}

std::string LayerBuilder::hard_link_group(const std::string&) const {
  return "";
}

bool LayerBuilder::is_folder(const std::string& path) const {
  if (path.empty()) return true;
  const auto entry = find(path);
  return entry && entry->type == TarType::kFolder;
}

// As with BuildKit, a --chmod in numbers is that of the folders too.
std::uint32_t LayerBuilder::folder_mode() const {
  const auto mode = style_.chmod ? style_.chmod->absolute() : std::nullopt;
  return mode ? *mode & 0777 : kFolderMode;
}

void LayerBuilder::make_folders(const std::string& path, const Owner& owner, std::uint32_t mode) {
  std::string made;
  for (std::string_view part : base::split(path, '/')) {
    if (part.empty()) continue;
    made = context::join_path(made, part);
    const auto entry = find(made);
    if (!entry) {
      put(made, folder_entry(owner, mode, style_.time), {}, true);
    } else if (entry->type != TarType::kFolder) {
      throw Error(ErrorCode::kTaskFailed,
                  fmt::format("cannot create /{} in the image: /{} is not a directory",
                              base::printable_path(path), base::printable_path(made)));
    }
  }
}

void LayerBuilder::make_folder(const std::string& path, const Owner& owner) {
  make_folders(context::resolve_path(*this, path, true), owner);
}

void LayerBuilder::apply_style(tar::TarEntry& entry, bool own_owner) const {
  if (style_.owner) {
    entry.uid = style_.owner->uid;
    entry.gid = style_.owner->gid;
  } else if (!own_owner) {
    entry.uid = 0;
    entry.gid = 0;
  }
  // Before --chmod, which has the last word.
  if (style_.fixed_times) {
    entry.mode = entry.type == TarType::kFolder || (entry.mode & 0100) != 0 ? 0755 : 0644;
    entry.mtime = style_.time;
    entry.mtime_ns = 0;
  }
  // Linux has no modes of links: 0777 is what everybody writes, and keeps layers equal.
  if (entry.type == TarType::kSymlink) {
    entry.mode = 0777;
  } else if (style_.chmod) {
    entry.mode = style_.chmod->apply(entry.mode, entry.type == TarType::kFolder);
  }
}

void LayerBuilder::put(const std::string& path, tar::TarEntry entry, layer_files::LayerEntry content,
                       bool keep_folder) {
  if (path.empty()) return;  // the root keeps what the base says of it
  const auto before = find(path);
  const bool was_folder = before && before->type == TarType::kFolder;
  if (entry.type == TarType::kFolder && before && !was_folder) {
    throw Error(ErrorCode::kTaskFailed,
                fmt::format("cannot copy a directory to /{}: not a directory in the image",
                            base::printable_path(path)));
  }
  if (was_folder && entry.type == TarType::kFolder && keep_folder) return;
  if (was_folder && entry.type != TarType::kFolder) {
    throw Error(
        ErrorCode::kTaskFailed,
        fmt::format("cannot copy a file to /{}: it is a directory in the image", base::printable_path(path)));
  }
  entry.name = path;
  content.entry = std::move(entry);
  entries_[path] = std::move(content);
}

// Where a source of that name goes.
std::string LayerBuilder::target_of(const std::string& destination, const std::string& name,
                                    bool source_is_folder) {
  const bool folder_wanted = destination.ends_with('/') || destination.ends_with("/.");
  std::string target = context::resolve_path(*this, destination, true);
  if (folder_wanted) make_folders(target);
  if (!source_is_folder && is_folder(target)) target = context::join_path(target, name);
  make_folders(context::parent_path(target));
  return target;
}

void LayerBuilder::copy_one(const std::shared_ptr<const context::FileView>& from,
                            const context::SelectedSource& source, const std::string& destination) {
  links_.clear();
  std::string into = destination;
  if (!source.prefix_folders.empty()) {
    // --parents: the folders on the way come with what the source says of them.
    std::string folder = context::resolve_path(*this, destination, true);
    make_folders(folder);
    const auto parts = base::split(source.prefix, '/');
    for (std::size_t i = 0; i < parts.size() && i < source.prefix_folders.size(); ++i) {
      folder = context::join_path(folder, parts[i]);
      tar::TarEntry entry = source.prefix_folders[i];
      apply_style(entry, style_.own_owner);
      put(folder, std::move(entry), {}, true);
    }
    into = "/" + folder + "/";
  }
  const std::string target = target_of(into, source.name, source.is_folder);
  for (const context::SelectedFile& file : source.files) {
    if (source.is_folder && file.relative.empty()) {
      // Only its contents are asked for: where it is made anew, it is made like any folder on the way.
      make_folders(target);
      continue;
    }
    const std::string path = context::join_path(target, file.relative);
    tar::TarEntry entry = file.entry;
    apply_style(entry, style_.own_owner);
    layer_files::LayerEntry content;
    if (entry.type == TarType::kFile) {
      const std::string group = from->hard_link_group(file.path);
      const auto first = group.empty() ? links_.end() : links_.find(group);
      if (first != links_.end() && first->second != path) {
        entry.type = TarType::kHardLink;
        entry.size = 0;
        entry.link = first->second;
      } else {
        if (!group.empty()) links_.emplace(group, path);
        content.content = layer_files::DeferredContent{
            [from, path_in_view = file.path, size = entry.size, expected = file.content] {
              return std::make_unique<ViewSource>(*from, path_in_view, size, expected);
            },
            entry.size, file.path};
      }
    }
    put(path, std::move(entry), std::move(content), false);
  }
}

void LayerBuilder::copy(const std::shared_ptr<const context::FileView>& from,
                        const std::vector<context::SelectedSource>& sources, const std::string& destination) {
  for (const context::SelectedSource& source : sources) copy_one(from, source, destination);
}

void LayerBuilder::add_file(tar::TarEntry entry, layer_files::LayerEntry content,
                            const std::string& destination) {
  const std::string target = target_of(destination, entry.name, false);
  apply_style(entry, false);
  put(target, std::move(entry), std::move(content), false);
}

// `path` as a program whose root is the folder `root` would reach it, as a path of the whole tree.
std::string LayerBuilder::inside(const std::string& root, const std::string& path, bool follow_last) const {
  const SubView below(*this, root);
  return context::join_path(root, context::resolve_path(below, path, follow_last));
}

void LayerBuilder::unpack(tar::TarEntry entry, layer_files::LayerEntry content,
                          const std::string& destination) {
  const std::string root = context::resolve_path(*this, destination, true);
  make_folders(root, default_owner());
  const std::string name = archive_path(entry.name);
  if (name.empty()) {
    // The folder is the image's, or was made for the archive; neither is what the archive says of itself.
    if (entry.type == TarType::kFolder) return;
    throw Error(ErrorCode::kTaskFailed, "archive member without a name is not a directory");
  }
  const std::string folder = inside(root, context::parent_path(name), true);
  make_folders(folder, Owner{});
  const std::string target = context::join_path(folder, context::base_name(name));
  if (style_.owner) {
    entry.uid = style_.owner->uid;
    entry.gid = style_.owner->gid;
  }
  if (entry.type == TarType::kHardLink) {
    entry.link = inside(root, archive_path(entry.link), false);
    link_to(entry, content);
  }
  // As archives do everywhere: what is in the way goes, unless both are folders.
  const auto before = find(target);
  if (before && (before->type == TarType::kFolder) != (entry.type == TarType::kFolder)) forget(target);
  entry.name = target;
  content.entry = std::move(entry);
  entries_[target] = std::move(content);
}

// A hard link to a file of the draft; a file of the image below, which no link of a layer reaches, comes
// along.
void LayerBuilder::link_to(tar::TarEntry& entry, layer_files::LayerEntry& content) {
  if (const auto linked = entries_.find(entry.link); linked != entries_.end()) {
    // What the archive says of a link's mode and owner, it says of the file.
    linked->second.entry.mode = entry.mode;
    linked->second.entry.uid = entry.uid;
    linked->second.entry.gid = entry.gid;
    return;
  }
  const auto there = find(entry.link);
  if (!there || there->type != TarType::kFile) {
    throw Error(ErrorCode::kTaskFailed, fmt::format("archive member is a hard link to {}: file not found",
                                                    base::printable_path(entry.link)));
  }
  content.content =
      layer_files::DeferredContent{[this, path = entry.link, size = there->size] {
                                     return std::make_unique<ViewSource>(below_, path, size, "");
                                   },
                                   there->size, entry.link};
  entry.type = TarType::kFile;
  entry.size = there->size;
  entry.link.clear();
}

void LayerBuilder::forget(const std::string& path) {
  const std::string below = path + "/";
  entries_.erase(path);
  entries_.erase(entries_.lower_bound(below), entries_.lower_bound(path + "0"));  // "0" is behind "/"
}

std::vector<layer_files::LayerEntry> LayerBuilder::take() {
  std::set<std::string> above;
  for (const auto& [path, entry] : entries_) {
    for (std::string folder = context::parent_path(path); !folder.empty();
         folder = context::parent_path(folder)) {
      if (!entries_.contains(folder)) above.insert(folder);
    }
  }
  for (const std::string& folder : above) {
    auto entry = below_.find(folder).value_or(folder_entry(Owner{}, kFolderMode, style_.time));
    entry.name = folder;
    entries_[folder].entry = std::move(entry);
  }
  std::vector<layer_files::LayerEntry> all;
  for (auto& [path, entry] : entries_) all.push_back(std::move(entry));
  entries_.clear();
  return all;
}

}  // namespace ixian::executor
