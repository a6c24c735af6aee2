// A lease is a row in the database and a file that its process keeps locked. The row says what is kept, and
// is seen by whoever removes something; the lock says whether the process lives, and the kernel takes it back
// however the process ends. A lease without a locked file is not ended at once but after a time of grace: a
// build that was killed and is started again finds what it had.
#include "store/lease.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "store/file_lock.h"

namespace ixian::store {
namespace {

constexpr const char* kLeasePrefix = "lease-";

void mark_as_used(Transaction& transaction, const Object& object, std::int64_t now) {
  const std::size_t colon = object.find(':');
  const std::string name = object.substr(colon + 1);
  if (object.starts_with("tree:")) {
    transaction.run("UPDATE tree SET used = max(used, ?2) WHERE diff_id = ?1", name, now);
  } else if (object.starts_with("entry:")) {
    transaction.run("UPDATE entry SET used = max(used, ?2) WHERE key = ?1", name, now);
  } else if (object.starts_with("name:")) {
    transaction.run("UPDATE name SET used = max(used, ?2) WHERE name = ?1", name, now);
  }
}

}  // namespace

Object blob_object(const oci::Digest& digest) {
  return "blob:" + digest.text();
}
Object tree_object(const oci::Digest& diff_id) {
  return "tree:" + diff_id.text();
}
Object name_object(const std::string& name) {
  return "name:" + name;
}
Object entry_object(const std::string& key) {
  return "entry:" + key;
}

std::int64_t unix_time(base::Clock& clock) {
  return std::chrono::duration_cast<std::chrono::seconds>(clock.now().time_since_epoch()).count();
}

// The locked file is there before the row, so a row without one is of a process that has ended.
Lease::Lease(std::shared_ptr<Database> database, const Folder& folder, base::Clock& clock)
    : database_(std::move(database)),
      clock_(clock),
      file_(database_->only_reads() ? nullptr
                                    : std::make_unique<layout::TemporaryFile>(folder.leases(), kLeasePrefix)),
      id_(file_ ? file_->path().substr(file_->path().rfind('/') + 1) : "") {
  if (!file_) return;
  Transaction transaction(*database_, TransactionMode::kWrite);
  transaction.run("INSERT INTO lease(id, used) VALUES(?1, ?2)", id_, unix_time(clock_));
  transaction.commit();
}

Lease::~Lease() {
  if (!file_) return;
  try {
    Transaction transaction(*database_, TransactionMode::kWrite);
    transaction.run("DELETE FROM lease WHERE id = ?1", id_);
    transaction.commit();
  } catch (const std::exception&) {  // then it ends by grace
  }
}

void Lease::keep(const std::vector<Object>& objects) {
  if (!file_) return;
  std::vector<Object> fresh;
  {
    std::lock_guard lock(mutex_);
    std::copy_if(objects.begin(), objects.end(), std::back_inserter(fresh),
                 // What is kept already needs no transaction: most calls end here.
                 [&](const Object& object) { return kept_.count(object) == 0; });
  }
  if (fresh.empty()) return;
  Transaction transaction(*database_, TransactionMode::kWrite);
  keep(transaction, fresh);
  transaction.commit();
  noted(fresh);
}

void Lease::keep(Transaction& transaction, const std::vector<Object>& objects) {
  if (!file_) return;
  const std::int64_t now = unix_time(clock_);
  transaction.run("UPDATE lease SET used = ?2 WHERE id = ?1", id_, now);
  if (transaction.changes() == 0) {  // somebody took us for dead, where locks do not work
    transaction.run("INSERT INTO lease(id, used) VALUES(?1, ?2)", id_, now);
  }
  for (const Object& object : objects) {
    transaction.run("INSERT OR IGNORE INTO lease_keeps(lease, object) VALUES(?1, ?2)", id_, object);
    mark_as_used(transaction, object, now);
  }
}

void Lease::noted(const std::vector<Object>& objects) {
  std::lock_guard lock(mutex_);
  kept_.insert(objects.begin(), objects.end());
}

void expire_leases(Database& database, const Folder& folder, base::Clock& clock, std::chrono::seconds grace) {
  std::vector<std::string> ended;
  {
    Transaction transaction(database, TransactionMode::kRead);
    auto rows = transaction.query("SELECT id FROM lease WHERE used <= ?1", unix_time(clock) - grace.count());
    while (rows.step()) {
      if (!is_locked(folder.leases() + "/" + rows.text(0))) ended.push_back(rows.text(0));
    }
  }
  if (!ended.empty()) {
    Transaction transaction(database, TransactionMode::kWrite);
    for (const std::string& id : ended) transaction.run("DELETE FROM lease WHERE id = ?1", id);
    transaction.commit();
  }
  layout::reclaim_temporary_files(folder.leases(), kLeasePrefix);
}

}  // namespace ixian::store
