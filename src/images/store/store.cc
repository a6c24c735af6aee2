// All that the store can do, each call in the order of the one rule (lease.h): lease what is asked for, then
// look. Where looking and leasing must be one step (a cache entry, which says what else to lease), both are
// one transaction.
//
// A process has one lease, for as long as anybody in it holds on to it.
#include "store/store.h"

#include <mutex>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/threads.h"
#include "layout/blob_folder.h"
#include "layout/file_io.h"
#include "store/check.h"
#include "store/collector.h"
#include "store/reach.h"
#include "store/store_repo.h"
#include "store/trees.h"

namespace ixian::store {
namespace {

// Linux writes what has changed after half a minute by itself.
constexpr std::int64_t kWrittenBySelf = 60;  // seconds

}  // namespace

struct Store::Parts {
  Parts(const std::string& path, base::Cancellation& cancellation_, const StoreOptions& options)
      : cancellation(cancellation_),
        clock(options.clock == nullptr ? system_clock : *options.clock),
        grace(options.grace),
        folder(path),
        blobs(folder.blobs()) {
    folder.require_trusted();
    if (!options.only_reads || folder.exists()) folder.make(cancellation);
    database = std::make_shared<Database>(folder.database(), cancellation,
                                          options.only_reads || folder.only_for_reading());
    trees = std::make_unique<ExtractedLayers>(database, folder, clock, cancellation);
  }
  ~Parts() {
    // The thread works with all that stands here.
    if (confirming.joinable()) confirming.join();
  }

  CollectorContext collector() { return {*database, folder, blobs, *trees, clock, cancellation, grace}; }

  // For looking while a lease keeps what is found.
  TransactionMode kept_access() const {
    return database->only_reads() ? TransactionMode::kRead : TransactionMode::kWrite;
  }

  // Throws where nothing may be written.
  void require_writable() const {
    if (database->only_reads()) Transaction(*database, TransactionMode::kWrite);
  }

  std::shared_ptr<Lease> lease() {
    std::lock_guard lock(mutex);
    auto found = current.lock();
    if (!found) current = found = std::make_shared<Lease>(database, folder, clock);
    return found;
  }

  void confirm_trees() {
    if (!trees->has_unconfirmed(kWrittenBySelf)) return;
    confirming = base::try_thread([this] {
      try {
        trees->confirm(kWrittenBySelf);
      } catch (const std::exception&) {  // the next one tries again
      }
    });
  }

  base::Cancellation& cancellation;
  base::SystemClock system_clock;
  base::Clock& clock;
  const std::chrono::seconds grace;
  const Folder folder;
  const layout::BlobFolder blobs;
  std::shared_ptr<Database> database;
  std::unique_ptr<ExtractedLayers> trees;
  std::mutex mutex;
  // Guarded by `mutex`.
  std::weak_ptr<Lease> current;
  std::thread confirming;
};

Store::Store(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Store::~Store() = default;

std::shared_ptr<Store> Store::open(const std::string& folder, base::Cancellation& cancellation,
                                   const StoreOptions& options) {
  auto parts = std::make_unique<Parts>(folder, cancellation, options);
  if (parts->database->only_reads()) return std::shared_ptr<Store>(new Store(std::move(parts)));
  const CollectorContext all = parts->collector();
  // Whoever opens the store clears away what died processes left: there is no service that would.
  Collector(all).reclaim();
  parts->database->keep_reserve();
  parts->confirm_trees();
  return std::shared_ptr<Store>(new Store(std::move(parts)));
}

const std::string& Store::folder() const {
  return parts_->folder.path();
}

std::shared_ptr<Lease> Store::lease() {
  return parts_->lease();
}

bool Store::has_blob(const oci::Descriptor& blob) {
  const auto lease = parts_->lease();
  lease->keep({blob_object(blob.digest)});
  return parts_->blobs.has(blob);
}

std::unique_ptr<base::ByteSource> Store::open_blob(const oci::Descriptor& blob, std::uint64_t offset) {
  const auto lease = parts_->lease();
  lease->keep({blob_object(blob.digest)});
  return parts_->blobs.open(blob, offset, parts_->cancellation);
}

void Store::put_blob(const oci::Descriptor& blob, const base::OpenSource& open) {
  parts_->require_writable();
  const auto lease = parts_->lease();
  lease->keep({blob_object(blob.digest)});
  if (!parts_->blobs.has(blob)) parts_->blobs.put(blob, open, parts_->cancellation);
}

void Store::put_blob(const oci::Digest& digest, std::string_view bytes) {
  parts_->require_writable();
  const auto lease = parts_->lease();
  lease->keep({blob_object(digest)});
  parts_->blobs.put(digest, bytes);
}

std::unique_ptr<BlobWriter> Store::new_blob() {
  parts_->require_writable();
  return std::make_unique<BlobWriter>(parts_->folder.blobs(), parts_->lease());
}

bool Store::discard_if_damaged(const oci::Descriptor& blob) {
  const auto size = layout::file_size(parts_->blobs.path(blob.digest));
  if (!size) return false;
  if (*size == blob.size) {
    const auto source = parts_->blobs.open(blob, 0, parts_->cancellation);
    oci::Digester digester(blob.digest.algorithm());
    std::vector<char> buffer(256 << 10);
    while (const std::size_t count = source->read(buffer.data(), buffer.size()))
      digester.update({buffer.data(), count});
    if (digester.finish() == blob.digest) return false;
  }
  if (parts_->database->only_reads()) return true;
  return parts_->blobs.remove(blob.digest);
}

std::unique_ptr<oci::ImageRepo> Store::images(const std::string& repository) {
  return make_store_repo(shared_from_this(), *parts_->database, parts_->folder, repository, parts_->clock,
                         parts_->cancellation);
}

std::vector<ImageName> Store::names() {
  Transaction transaction(*parts_->database, TransactionMode::kRead);
  return read_names(transaction);
}

std::optional<CacheEntry> Store::cache_get(const std::string& key) {
  const auto lease = parts_->lease();
  std::optional<CacheEntry> entry;
  std::vector<Object> objects = {entry_object(key)};
  {
    Transaction look(*parts_->database, TransactionMode::kRead);
    if (!read_entry(look, key)) return std::nullopt;  // most often, and nothing has to be written
  }
  {
    Transaction transaction(*parts_->database, parts_->kept_access());
    entry = read_entry(transaction, key);
    if (!entry) return std::nullopt;
    for (const auto& blob : entry->blobs) objects.push_back(blob_object(blob.digest));
    for (const auto& tree : entry->trees) objects.push_back(tree_object(tree));
    lease->keep(transaction, objects);
    transaction.commit();
  }
  lease->noted(objects);
  ReachableObjects reach(parts_->blobs);
  std::vector<Object> further;
  for (const auto& blob : entry->blobs) {
    if (!parts_->blobs.has(blob)) return std::nullopt;
    const auto& objects_of = reach.of(blob);
    further.insert(further.end(), objects_of.begin(), objects_of.end());
  }
  lease->keep(further);
  return entry;
}

void Store::cache_put(const std::string& key, const CacheEntry& entry) {
  cache_put({{{key}, entry}});
}

void Store::cache_put(const std::vector<CacheRecord>& entries) {
  if (parts_->database->only_reads()) return;
  const auto lease = parts_->lease();
  ReachableObjects reach(parts_->blobs);
  std::vector<Object> objects;
  for (const CacheRecord& each : entries) {
    for (const auto& key : each.keys) objects.push_back(entry_object(key));
    for (const auto& tree : each.entry.trees) objects.push_back(tree_object(tree));
    for (const auto& blob : each.entry.blobs) objects.push_back(blob_object(blob.digest));
  }
  lease->keep(objects);
  std::vector<Object> further;
  for (const CacheRecord& each : entries) {
    for (const auto& blob : each.entry.blobs) {
      if (!parts_->blobs.has(blob)) {
        throw base::Error(base::ErrorCode::kRegistry, "step result not stored: blob " + blob.digest.text() +
                                                          " not found\nhint: build again");
      }
      const auto& objects_of = reach.of(blob);
      further.insert(further.end(), objects_of.begin(), objects_of.end());
    }
  }
  lease->keep(further);
  // What the entry names must be on the disk before the entry is.
  parts_->blobs.sync();
  Transaction transaction(*parts_->database, TransactionMode::kDurable);
  const std::int64_t now = unix_time(parts_->clock);
  for (const CacheRecord& each : entries) {
    for (const auto& key : each.keys) write_entry(transaction, key, each.entry, now);
  }
  transaction.commit();
}

bool Store::cache_remove(const std::string& key) {
  if (parts_->database->only_reads()) return false;
  Transaction transaction(*parts_->database, TransactionMode::kDurable);
  const bool removed = remove_entry(transaction, key);
  transaction.commit();
  return removed;
}

ExtractedLayer Store::tree(const oci::Digest& diff_id, const Fill& fill) {
  if (parts_->database->only_reads()) {
    if (auto there = find_tree(diff_id)) return *std::move(there);
    parts_->require_writable();
  }
  const auto lease = parts_->lease();
  lease->keep({tree_object(diff_id)});
  parts_->trees->make(diff_id, fill);
  return {parts_->folder.tree(diff_id), lease};
}

std::optional<ExtractedLayer> Store::find_tree(const oci::Digest& diff_id) {
  const auto lease = parts_->lease();
  lease->keep({tree_object(diff_id)});
  if (!parts_->trees->has(diff_id)) return std::nullopt;
  return ExtractedLayer{parts_->folder.tree(diff_id), lease};
}

ExtractedLayer Store::adopt_tree(const oci::Digest& diff_id, const std::string& folder) {
  parts_->require_writable();
  const auto lease = parts_->lease();
  lease->keep({tree_object(diff_id)});
  parts_->trees->adopt(diff_id, folder);
  return {parts_->folder.tree(diff_id), lease};
}

std::optional<Unpacked> Store::unpacked(const oci::Digest& blob) {
  Transaction transaction(*parts_->database, TransactionMode::kRead);
  return read_unpacked(transaction, blob);
}

void Store::note_unpacked(const oci::Digest& blob, const Unpacked& unpacked) {
  if (parts_->database->only_reads()) return;
  Transaction transaction(*parts_->database, TransactionMode::kWrite);
  write_unpacked(transaction, blob, unpacked);
  transaction.commit();
}

files::UniqueFd Store::open_listing(const oci::Digest& diff_id) {
  const auto lease = parts_->lease();
  lease->keep({tree_object(diff_id)});
  return parts_->trees->open_listing(diff_id);
}

void Store::put_listing(const oci::Digest& diff_id,
                        const std::function<void(int file, const std::string& path)>& write) {
  parts_->require_writable();
  const auto lease = parts_->lease();
  lease->keep({tree_object(diff_id)});
  parts_->trees->put_listing(diff_id, write);
}

std::unique_ptr<WorkDir> Store::work() {
  if (parts_->database->only_reads()) return std::make_unique<WorkDir>();
  return std::make_unique<WorkDir>(parts_->folder);
}

PruneResult Store::prune(const PruneOptions& options) {
  if (!options.dry_run) parts_->require_writable();
  const CollectorContext all = parts_->collector();
  return Collector(all).prune(options);
}

std::vector<std::string> Store::check(bool read_blobs) {
  return check_store(parts_->collector(), read_blobs);
}

}  // namespace ixian::store
