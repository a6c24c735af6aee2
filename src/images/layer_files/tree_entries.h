// Files of a folder on disk as entries of a layer.
#pragma once

#include <sys/stat.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "files/fs.h"
#include "layer/confined.h"
#include "layer_files/from_entries.h"

namespace ixian::layer_files {

// A tree that nobody changes. Paths are relative to it and lead through no symlinks. Throws
// Error{kTaskFailed}.
class Tree {
 public:
  explicit Tree(const std::string& path);

  const std::string& path() const { return path_; }

  std::vector<std::string> names(const std::string& folder) const;
  struct stat status(const std::string& path) const;
  // nullopt where there is nothing. What is before the last component is a folder here, or not there.
  std::optional<struct stat> look(const std::string& path) const;
  std::string link(const std::string& path) const;
  // Of files and folders; of others none.
  std::map<std::string, std::string> attributes(const std::string& path, const struct stat& status) const;
  files::UniqueFd open(const std::string& path, int flags) const;
  std::shared_ptr<const files::UniqueFd> root() const { return root_; }

 private:
  std::string path_;
  std::shared_ptr<const files::UniqueFd> root_;
};

// Collects entries; the second name of a file that was added becomes a hard link.
class TreeEntries {
 public:
  explicit TreeEntries(const Tree& tree) : tree_(tree) {}

  // No sockets. `attributes` are those that the layer is to have.
  void add(const std::string& path, const struct stat& status, std::map<std::string, std::string> attributes);
  void mark(const std::string& path, LayerEntry::Mark mark);

  std::vector<LayerEntry> take() { return std::move(entries_); }

 private:
  const Tree& tree_;
  std::vector<LayerEntry> entries_;
  std::map<std::pair<dev_t, ino_t>, std::string> first_names_;
};

}  // namespace ixian::layer_files
