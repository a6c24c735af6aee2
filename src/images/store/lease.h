// What a running build needs, so that nobody removes it.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "layout/temporary_file.h"
#include "oci/digest.h"
#include "store/database.h"
#include "store/folder.h"

namespace ixian::store {

// What can be kept: "blob:sha256:…", "tree:sha256:…" (tree and listing of a diffID), "name:…", "entry:…".
using Object = std::string;
Object blob_object(const oci::Digest& digest);
Object tree_object(const oci::Digest& diff_id);
Object name_object(const std::string& name);
Object entry_object(const std::string& key);

// Keeps objects from the moment that keep() returns until it is destroyed, or its process has ended. Then
// they may go, except that what a process left that was killed stays for a time of grace. Thread-safe.
//
// The one rule of the store: who wants something says so here first, and looks then whether it is there. Who
// removes something looks here while holding the database for writing, and has renamed it away before letting
// go.
class Lease {
 public:
  // In a store that can only be read it keeps nothing, as nobody who may write there could be told. Throws
  // Error{kRegistry}, Cancelled.
  Lease(std::shared_ptr<Database> database, const Folder& folder, base::Clock& clock);
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  // Whether or not they are there. Marks trees, names and entries as used now.
  void keep(const std::vector<Object>& objects);

  // The same in a transaction of the caller's, who calls noted() when it is committed.
  void keep(Transaction& transaction, const std::vector<Object>& objects);
  void noted(const std::vector<Object>& objects);

  const std::string& id() const { return id_; }

 private:
  const std::shared_ptr<Database> database_;
  base::Clock& clock_;
  const std::unique_ptr<layout::TemporaryFile> file_;  // null: it keeps nothing
  const std::string id_;
  // Guards `kept_`: what the database is known to have for this lease.
  std::mutex mutex_;
  std::unordered_set<Object> kept_;
};

// Ends the leases of processes that are no longer there and did nothing within `grace`.
void expire_leases(Database& database, const Folder& folder, base::Clock& clock, std::chrono::seconds grace);

std::int64_t unix_time(base::Clock& clock);

}  // namespace ixian::store
