// The entries of a layer's tar, checked, with their names resolved.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "compression/limits.h"
#include "layer/layer_paths.h"
#include "layer/listing.h"
#include "layer/listing_sorter.h"
#include "tar/format.h"
#include "tar/reader.h"

namespace ixian::layer {

// Reads a tar and refuses what extract() promises to refuse. Errors are Error{kRegistry} and name the entry.
// Memory is bounded: what LayerPaths and ListingSorter say.
class LayerReader {
 public:
  // `layer` is what messages call it. All references must outlive the reader.
  LayerReader(base::ByteSource& tar, std::string layer, const compression::Limits& limits);

  struct Item {
    EntryType type;
    std::string path;  // of whiteouts and opaque marks: what they are about
    std::string link;  // of symlinks: the target as it stands; of hard links: its path
    tar::TarEntry entry;
  };
  // nullopt at the end.
  std::optional<Item> next();

  std::size_t read(char* buffer, std::size_t size);  // of the content of the current file
  // Where the body of the current file starts in the tar, as its listing has it.
  std::uint64_t offset() const { return tar_.offset(); }

  LayerListing take_listing() { return sorter_.finish(); }

  [[noreturn]] void refuse(const std::string& name, std::string_view reason) const;

 private:
  std::optional<Item> examine(tar::TarEntry entry);
  std::string place_of(const std::string& path);
  void check_attributes(const tar::TarEntry& entry) const;
  void list(const Item& item);

  tar::TarReader tar_;
  const std::string layer_;
  const compression::Limits& limits_;
  std::uint64_t count_ = 0;
  std::uint64_t content_ = 0;
  LayerPaths paths_;
  ListingSorter sorter_;
};

}  // namespace ixian::layer
