// What a layer has put where, so far, and where its own symlinks lead.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "layer/hash_table.h"
#include "layer/listing.h"
#include "layer/spooled_records.h"

namespace ixian::layer {

// Nothing of it touches a file system. Holds hashes of paths: of folders none, of symlinks and of what has
// replaced something 30 bytes, of anything else 15; and where symlinks lead, in a Spool.
class LayerPaths {
 public:
  // The folder that names below `folder` really lie in: symlinks of this layer are resolved, inside the root.
  // Throws std::invalid_argument where something on the way is no folder, or there are too many symlinks.
  std::string resolve(const std::string& folder);

  // The thing at `path` from now on. What is no folder replaces all that was there and below.
  void put(const std::string& path, EntryType type, const std::string& link);

 private:
  enum class Kind : std::uint8_t { kFolder, kSymlink, kOther };
  struct Node {
    Kind kind = Kind::kFolder;  // as well where nothing is known
    std::uint64_t folders = 0;  // how often a folder has come in the place of something else
    std::uint64_t link_at = 0;  // of symlinks
    bool special = false;       // it is in special_
  };

  // A folder on a path. What was below it before it was replaced has another number.
  std::uint64_t below(std::uint64_t folder, std::string_view name) const;
  std::uint64_t number_of(std::string_view path) const;
  Node at(std::uint64_t number) const;
  void note(std::uint64_t number, const Node& node);

  HashSet others_;   // things of one kind since they came: neither folders nor
                     // symlinks
  HashMap special_;  // the rest; what it says counts first
  SpooledRecords links_;
  // The last question; entries of one folder mostly follow each other.
  std::optional<std::pair<std::string, std::string>> last_;
};

}  // namespace ixian::layer
