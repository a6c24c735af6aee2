// What is in the store at one moment, as data: what prune and check think about.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "layout/blob_folder.h"
#include "store/database.h"
#include "store/folder.h"
#include "store/lease.h"
#include "store/reach.h"

namespace ixian::store {

// A moment of the store, as data: it does not follow what happens later.
struct Inventory {
  // What keeps objects: a name or an entry.
  struct Root {
    Object object;  // "name:…" or "entry:…"
    std::int64_t used = 0;
    std::set<Object> keeps;
  };
  // What takes room: a blob, or a tree with its listing.
  struct Item {
    std::uint64_t bytes = 0;  // on disk
    std::int64_t used = 0;    // trees only
    bool complete = true;     // of a tree: it is recorded as complete; a listing alone is
  };

  std::int64_t roots_written = 0;
  std::vector<Root> roots;
  std::map<Object, Item> things;
  std::set<Object> leased;  // by anybody
};

// Measures trees that have not been measured yet, which takes a while, and remembers their sizes. Throws
// Error{kRegistry}.
Inventory take_snapshot(Database& database, const Folder& folder, const layout::BlobFolder& blobs);

// Names and entries that have been written since (records.h).
std::vector<Inventory::Root> read_roots(Transaction& transaction, ReachableObjects& reach,
                                        std::int64_t since);

// Where a thing lies; a tree has a listing beside it.
std::string path_of(const Object& thing, const Folder& folder, const layout::BlobFolder& blobs);

}  // namespace ixian::store
