// The entries of a layer's tar, checked, with their names resolved.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "layer/limits.h"
#include "layer/listing.h"
#include "oci/tar.h"
#include "oci/tar_reader.h"

namespace ixian::layer {

// What a layer has put where, so far, and where its own symlinks lead. Nothing of it touches a file system.
class LayerPaths {
 public:
  // The folder that names below `folder` really lie in: symlinks of this layer are resolved, inside the root.
  // Throws std::invalid_argument where something on the way is no folder, or there are too many symlinks.
  std::string resolve(const std::string& folder);

  // The thing at `path` from now on. What is no folder replaces all that was there and below.
  void put(const std::string& path, EntryType type, const std::string& link);

  bool has(std::string_view path) const { return things_.find(path) != things_.end(); }
  bool has_below(std::string_view path) const;

 private:
  struct Less {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const { return path_less(a, b); }
  };
  struct Thing {
    EntryType type;
    std::string link;
  };
  std::map<std::string, Thing, Less> things_;
  // The last question; entries of one folder mostly follow each other.
  std::optional<std::pair<std::string, std::string>> last_;
};

// Reads a tar and refuses what extract() promises to refuse. Errors are Error{kRegistry} and name the entry.
class LayerReader {
 public:
  // `layer` is what messages call it. All references must outlive the reader.
  LayerReader(base::ByteSource& tar, std::string layer, const Limits& limits);

  struct Item {
    EntryType type;
    std::string path;  // of whiteouts and opaque marks: what they are about
    std::string link;  // of symlinks: the target as it stands; of hard links: its path
    oci::TarEntry entry;
  };
  // nullopt at the end. The item's path is known to paths() only with the next call.
  std::optional<Item> next();

  std::size_t read(char* buffer, std::size_t size);  // of the content of the current file
  // Where the body of the current file starts in the tar, as its listing has it.
  std::uint64_t offset() const { return tar_.offset(); }

  const LayerPaths& paths() const { return paths_; }
  LayerListing take_listing() { return LayerListing(std::move(entries_)); }

  [[noreturn]] void refuse(const std::string& name, std::string_view reason) const;

 private:
  std::optional<Item> examine(oci::TarEntry entry);
  std::string place_of(const std::string& path);
  void check_attributes(const oci::TarEntry& entry) const;
  void list(const Item& item);

  oci::TarReader tar_;
  const std::string layer_;
  const Limits& limits_;
  std::uint64_t count_ = 0;
  std::uint64_t content_ = 0;
  LayerPaths paths_;
  std::optional<Item> pending_;
  std::vector<ListedEntry> entries_;
};

}  // namespace ixian::layer
