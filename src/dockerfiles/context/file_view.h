// A tree of files that COPY reads from or writes to, wherever it is: a folder on disk, the layers of an
// image.
//
// The room's front door. In: a directory, an image's layers or a checkout, as a FileView. Out: what the
// sources of a COPY select of it (selection.h: SelectedSource), and one digest over that. Views lie over each
// other: DirectoryView, then FilteredView for .dockerignore, then GitModeView where modes and times are to be
// the same everywhere.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "files/fs.h"
#include "tar/format.h"

namespace ixian::context {

// Paths are relative to the tree's root, without a slash at either end and without "." or ".."; "" is the
// root itself. No call follows a link: a path whose folders are not all real folders finds nothing.
// Thread-safe. Throws Error{kTaskFailed} where reading fails.
class FileView {
 public:
  virtual ~FileView() = default;

  // What is there, with its own name in `name` and everything else of it as an archive would hold it, but for
  // its extended attributes. A hard link is the file that it links to.
  virtual std::optional<tar::TarEntry> find(const std::string& path) const = 0;

  // The names in a folder, sorted; none where it is no folder.
  virtual std::vector<std::string> children(const std::string& path) const = 0;

  // The same, with what reading the folder says of them besides.
  struct Child {
    std::string name;
    bool may_be_folder = true;  // false: it is none
  };
  virtual std::vector<Child> list(const std::string& path) const;

  // The extended attributes of a file that a layer keeps: capabilities, and those of users.
  virtual std::map<std::string, std::string> xattrs(const std::string&) const { return {}; }

  // A regular file for reading.
  virtual files::UniqueFd open(const std::string& path) const = 0;

  // Two paths with equal names here are one file under two names; "" has no other.
  virtual std::string hard_link_group(const std::string& path) const = 0;
};

// A tree with nothing in it.
class EmptyView : public FileView {
 public:
  std::optional<tar::TarEntry> find(const std::string& path) const override;
  std::vector<std::string> children(const std::string&) const override { return {}; }
  files::UniqueFd open(const std::string& path) const override;
  std::string hard_link_group(const std::string&) const override { return ""; }
};

// `path` as a program whose root is the tree would reach it: "." and ".." resolved, links followed inside the
// tree, the last one only where `follow_last`; what does not exist is kept as it is spelt. The
// links that were followed are added to `followed`, unless that is null. Throws Error{kTaskFailed} for a ring
// of links.
std::string resolve_path(const FileView& view, std::string_view path, bool follow_last,
                         std::vector<std::string>* followed = nullptr);

// "a/b" of "a" and "b", either of which may be "".
std::string join_path(std::string_view folder, std::string_view name);
std::string parent_path(std::string_view path);  // "" of a single component
std::string base_name(std::string_view path);

// "/a/../b//c/" → "b/c": cleaned by its spelling alone, never above the root.
std::string clean_in_root(std::string_view path);

}  // namespace ixian::context
