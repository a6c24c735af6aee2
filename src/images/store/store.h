// What ix keeps on this machine: images, the layers that they are made of, and what instructions led to
// which.
//
// Durability, as far as a call has returned: blobs, names and cache entries survive a loss of power; trees
// and listings survive the death of any process, and are there or made again after a loss of power. At no
// moment is anything there that is not whole, but for listings, whose bytes a loss of power may damage: who
// reads one must notice. Nothing has to be repaired after kill -9 or a full disk.
//
// The front door of this room. The three types to know are Store, Lease (lease.h), which keeps what a process
// uses from those who make room, and Tree, a layer's files. What the store's directory holds is in folder.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "oci/descriptor.h"
#include "oci/image_repo.h"
#include "store/blob_writer.h"
#include "store/lease.h"
#include "store/prune.h"
#include "store/records.h"
#include "store/unpacked.h"
#include "store/work_folder.h"

namespace ixian::store {

// An extracted layer. The folder is whole, must not be written to, and stays while the handle lives.
struct ExtractedLayer {
  std::string path;
  std::shared_ptr<Lease> lease;
};

struct StoreOptions {
  base::Clock* clock = nullptr;     // outlives the store; null is the system's
  std::chrono::seconds grace{600};  // for what a killed process had touched
  bool only_reads = false;          // see open()
};

// Thread-safe, and safe with any number of processes on one folder, on one machine (SQLite's write-ahead log
// needs its shared memory, so the folder cannot be on NFS). Not to be used across fork(). Errors are
// Error{kRegistry}, or Error{kTaskFailed} where the disk is full; whatever waits throws Cancelled.
//
// Each call takes a lease for itself; what must stay from one call to the next needs lease(). The
// repositories of images() hold one from their first call on.
class Store : public std::enable_shared_from_this<Store> {
 public:
  // Makes the folder if there is none, and reclaims what killed processes left. One that we may not write to
  // is opened for reading, and one that `options` say is only read, which need not be there either: then
  // nothing in the folder changes, nothing keeps what is read from being removed by others meanwhile, what
  // would only be noted (cache_put(), cache_remove()) is not, and all else that writes is Error{kRegistry},
  // but for work(), whose folder is elsewhere. Throws Error{kRegistry} where it belongs to a newer ix.
  // `cancellation` outlives the store.
  static std::shared_ptr<Store> open(const std::string& folder, base::Cancellation& cancellation,
                                     const StoreOptions& options = {});
  ~Store();

  const std::string& folder() const;

  // Take it before the first byte. All leases of one store object are one, which ends with the last of them.
  std::shared_ptr<Lease> lease();

  // Blobs: as oci::ImageRepo says.
  bool has_blob(const oci::Descriptor& blob);
  std::unique_ptr<base::ByteSource> open_blob(const oci::Descriptor& blob, std::uint64_t offset);
  void put_blob(const oci::Descriptor& blob, const base::OpenSource& open);
  void put_blob(const oci::Digest& digest, std::string_view bytes);  // verified ones
  std::unique_ptr<BlobWriter> new_blob();

  // Removes the blob where its file has other bytes than it says; false where it is right, or not there.
  // One that is only read keeps it.
  // Reads all of it.
  bool discard_if_damaged(const oci::Descriptor& blob);

  // Images. A repository's refs are tags ("docker.io/library/app", then "1"); the refs of "" are whole names.
  // The repository keeps the store alive.
  std::unique_ptr<oci::ImageRepo> images(const std::string& repository);
  std::vector<ImageName> names();  // sorted

  // Cache entries: key → value. The last put of a key counts. A blob among `blobs` must be there.
  std::optional<CacheEntry> cache_get(const std::string& key);
  void cache_put(const std::string& key, const CacheEntry& entry);
  // Many at once, for the price of one. Each is an entry with the keys that lead to it.
  struct CacheRecord {
    std::vector<std::string> keys;
    CacheEntry entry;
  };
  void cache_put(const std::vector<CacheRecord>& entries);
  bool cache_remove(const std::string& key);

  // The layer's tree. Where there is none, `fill` is called with the path of an empty folder (mode 0755), for
  // one caller however many threads and processes ask; the others wait. What `fill` throws is thrown here,
  // and nothing stays; the next one to ask fills anew.
  using Fill = std::function<void(const std::string& folder)>;
  ExtractedLayer tree(const oci::Digest& diff_id, const Fill& fill);
  std::optional<ExtractedLayer> find_tree(const oci::Digest& diff_id);

  // Makes `folder`, in a WorkDir of this store, the tree of the layer, by rename(2). Where the layer has a
  // tree, `folder` is removed.
  ExtractedLayer adopt_tree(const oci::Digest& diff_id, const std::string& folder);

  // What a blob unpacks to, if this machine has seen it do so. What anybody else says about it, an image's
  // configuration for one, is a claim: before a tree or a listing is taken for a blob's, the blob must be
  // known here to unpack to their diffID, or be read.
  std::optional<Unpacked> unpacked(const oci::Digest& blob);
  void note_unpacked(const oci::Digest& blob, const Unpacked& unpacked);

  // What is in a layer, as its writer or reader noted it (any bytes); with or without a tree. Invalid where
  // nobody has: else a file that does not change, for reading by offset. put_listing() calls `write` with a
  // new one to fill, and its path for messages.
  files::UniqueFd open_listing(const oci::Digest& diff_id);
  void put_listing(const oci::Digest& diff_id,
                   const std::function<void(int file, const std::string& path)>& write);

  std::unique_ptr<WorkDir> work();

  // Removes what nothing keeps, then what has not been used for long (prune.h). Others may work meanwhile.
  PruneResult prune(const PruneOptions& options);

  // What is wrong with the store, one sentence each; none where all is well. Reads every blob if asked to.
  // What others do meanwhile may show as wrong.
  std::vector<std::string> check(bool read_blobs = true);

 private:
  struct Parts;
  explicit Store(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace ixian::store
