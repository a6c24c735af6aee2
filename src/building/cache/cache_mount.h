// The folders of RUN --mount=type=cache: kept in the store from one build to the next.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/cancel.h"
#include "cache/key_lock.h"
#include "dockerfile/mount.h"
#include "store/store.h"

namespace ixian::cache {

// A cache folder for one RUN, held from construction to destruction: `shared` by any number at once, `locked`
// by one after the other, `private` by one at a time, where whoever comes second gets another folder.
class CacheMount {
 public:
  // What the folder holds when it is made: `content` names that, and `fill` puts it there.
  struct Begin {
    std::string content;
    std::function<void(const std::string& folder)> fill;
  };
  // Throws Error{kTaskFailed}; Cancelled while waiting.
  CacheMount(store::Store& store, const dockerfile::Mount& mount, const Begin& begin,
             base::Cancellation& cancellation);

  // Two mounts of one name show one folder. Whatever a folder is made with is in the name: another owner or
  // mode (unless a part of the cache is asked for, which has its own), or another beginning, is another
  // cache.
  static std::string name_of(const dockerfile::Mount& mount, const Begin& begin);

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  KeyLock lock_;
  KeyLock using_;
};

struct CachePruneOptions {
  std::optional<std::chrono::seconds> older_than;  // those go that no RUN has used for so long
  std::optional<std::uint64_t> max_bytes;          // of all; the least recently used go first
  bool dry_run = false;
};

struct CachePruneResult {
  std::uint64_t count = 0;   // that went, or would
  std::uint64_t bytes = 0;   // of these, on disk
  std::uint64_t left = 0;    // bytes of those that stay
  std::uint64_t in_use = 0;  // of these, used by a RUN at this moment
};

// Makes room. A folder that a RUN uses stays, whatever its age. Others may work meanwhile.
CachePruneResult prune_cache_mounts(store::Store& store, const CachePruneOptions& options);

}  // namespace ixian::cache
