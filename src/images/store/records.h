// Names and cache entries in the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "oci/descriptor.h"
#include "store/database.h"

namespace ixian::store {

struct ImageName {
  std::string name;  // "docker.io/library/app:1", as oci::Reference::text() spells it
  oci::Descriptor image;
  std::int64_t used = 0;  // Unix time, seconds
};

struct CacheEntry {
  base::Json value;

  // What the entry is worth nothing without. It is kept as long as the entry, together with all that a
  // manifest among the blobs names, and the trees of a config. An entry whose blobs are not all there is not
  // given out.
  std::vector<oci::Descriptor> blobs;
  std::vector<oci::Digest> trees;  // diffIDs: tree and listing, as far as they are there
};

// Each in a transaction of the caller's. A record that is damaged counts as none.
std::optional<ImageName> read_name(Transaction& transaction, const std::string& name);
std::vector<ImageName> read_names(Transaction& transaction, std::int64_t since = 0);  // sorted
void write_name(Transaction& transaction, const ImageName& name);
bool remove_name(Transaction& transaction, const std::string& name);

// nullopt where there is none, or what is there cannot be read. The others need a transaction for writing;
// write_entry() takes the place of an entry that has the key.
std::optional<CacheEntry> read_entry(Transaction& transaction, const std::string& key);
void write_entry(Transaction& transaction, const std::string& key, const CacheEntry& entry, std::int64_t now);
bool remove_entry(Transaction& transaction, const std::string& key);
// With the Unix time of their last use.
std::vector<std::pair<std::string, std::int64_t>> entry_keys(Transaction& transaction,
                                                             std::int64_t since = 0);

// How many names and entries have been written, ever. What has been written since somebody saw a number can
// be asked for above by `since`; all of them are by 0.
std::int64_t roots_written(Transaction& transaction);

}  // namespace ixian::store
