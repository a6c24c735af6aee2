// What ix keeps on this machine: images, the layers that they are made of, and what instructions led to
// which.
//
// Durability, as far as a call has returned: blobs, names and cache entries survive a loss of power; trees
// and listings survive the death of any process, and are there or made again after a loss of power. At no
// moment is anything there that is not whole. Nothing has to be repaired after kill -9 or a full disk.
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
#include "base/json.h"
#include "oci/descriptor.h"
#include "oci/image_repo.h"
#include "store/prune.h"

namespace ixian::store {

// Keeps all that was touched through its store since it was taken: found, read, written, extracted. Nothing
// of that is removed by anybody until it ends, by its destructor or with its process. What a process that was
// killed had touched stays for a time of grace, so that the next attempt finds it. May be used and released
// by any thread.
class Lease;

// An extracted layer. The folder is whole, must not be written to, and stays while the handle lives.
struct Tree {
  std::string path;
  std::shared_ptr<const Lease> lease;
};

// A blob that is written before its digest is known: a layer while it is made. Not thread-safe. Nothing is
// left of it where it is destroyed without commit().
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;

  virtual void write(std::string_view bytes) = 0;

  // Once. The blob is there, durably, when this returns. REQUIRES that the caller hashed what it wrote; the
  // size is checked. Of the descriptor only digest and size count.
  virtual void commit(const oci::Descriptor& blob) = 0;
};

// An empty folder on the file system of the store, for whatever is being made (an overlay's upper and work
// directories): removed, with all that is in it, by the destructor, and by the next user of the store after
// kill -9. Mounts in it must be gone by then.
class WorkFolder {
 public:
  virtual ~WorkFolder() = default;
  virtual const std::string& path() const = 0;
};

struct CacheEntry {
  base::Json value;

  // What the entry is worth nothing without. It is kept as long as the entry, together with all that a
  // manifest among the blobs names, and the trees of a config. An entry whose blobs are not all there is not
  // given out.
  std::vector<oci::Descriptor> blobs;
  std::vector<oci::Digest> trees;  // diffIDs: tree and listing, as far as they are there
};

struct Name {
  std::string name;  // "docker.io/library/app:1", as oci::Reference::text() spells it
  oci::Descriptor image;
  std::int64_t used = 0;  // Unix time, seconds
};

struct StoreOptions {
  base::Clock* clock = nullptr;     // outlives the store; null is the system's
  std::chrono::seconds grace{600};  // for what a killed process had touched
};

// Thread-safe, and safe with any number of processes on one folder, on one machine (SQLite's write-ahead log
// needs its shared memory, so the folder cannot be on NFS). Not to be used across fork(). Errors are
// Error{kRegistry}; whatever waits throws Cancelled.
//
// Each call takes a lease for itself; what must stay from one call to the next needs lease(). The
// repositories of images() hold one from their first call on.
class Store : public std::enable_shared_from_this<Store> {
 public:
  // Makes the folder if there is none, and reclaims what killed processes left. Throws Error{kRegistry} where
  // it belongs to a newer ix. `cancellation` outlives the store.
  static std::shared_ptr<Store> open(const std::string& folder, base::Cancellation& cancellation,
                                     const StoreOptions& options = {});
  virtual ~Store() = default;

  virtual const std::string& folder() const = 0;

  // Take it before the first byte. All leases of one store object are one, which ends with the last of them.
  virtual std::shared_ptr<const Lease> lease() = 0;

  // Blobs: as oci::ImageRepo says.
  virtual bool has_blob(const oci::Descriptor& blob) = 0;
  virtual std::unique_ptr<base::ByteSource> open_blob(const oci::Descriptor& blob, std::uint64_t offset) = 0;
  virtual void put_blob(const oci::Descriptor& blob, const base::OpenSource& open) = 0;
  virtual void put_blob(const oci::Digest& digest, std::string_view bytes) = 0;  // verified ones
  virtual std::unique_ptr<BlobWriter> new_blob() = 0;

  // Images. A repository's refs are tags ("docker.io/library/app", then "1"); the refs of "" are whole names.
  // The repository keeps the store alive.
  virtual std::shared_ptr<oci::ImageRepo> images(const std::string& repository) = 0;
  virtual std::vector<Name> names() = 0;  // sorted

  // Cache entries: key → value. The last put of a key counts. A blob among `blobs` must be there.
  virtual std::optional<CacheEntry> cache_get(const std::string& key) = 0;
  virtual void cache_put(const std::string& key, const CacheEntry& entry) = 0;
  virtual bool cache_remove(const std::string& key) = 0;

  // The layer's tree. Where there is none, `fill` is called with the path of an empty folder (mode 0755), for
  // one caller however many threads and processes ask; the others wait. What `fill` throws is thrown here,
  // and nothing stays; the next one to ask fills anew.
  using Fill = std::function<void(const std::string& folder)>;
  virtual Tree tree(const oci::Digest& diff_id, const Fill& fill) = 0;
  virtual std::optional<Tree> find_tree(const oci::Digest& diff_id) = 0;

  // Makes `folder`, in a WorkFolder of this store, the tree of the layer, by rename(2). Where the layer has a
  // tree, `folder` is removed.
  virtual Tree adopt_tree(const oci::Digest& diff_id, const std::string& folder) = 0;

  // What is in a layer, as its writer or reader noted it (any bytes); with or without a tree.
  virtual std::optional<std::string> listing(const oci::Digest& diff_id) = 0;
  virtual void put_listing(const oci::Digest& diff_id, std::string_view listing) = 0;

  virtual std::unique_ptr<WorkFolder> work() = 0;

  // Removes what nothing keeps, then what has not been used for long (prune.h). Others may work meanwhile.
  virtual PruneResult prune(const PruneOptions& options) = 0;

  // What is wrong with the store, one sentence each; none where all is well. Reads every blob if asked to.
  // What others do meanwhile may show as wrong.
  virtual std::vector<std::string> check(bool read_blobs = true) = 0;
};

}  // namespace ixian::store
