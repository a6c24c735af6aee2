// The instruction cache of this machine: what instructions led to, by their keys.
//
// The front door of this room: keys come in, StageSnapshots go out. LocalCache is asked first; CacheImporter
// (cache_importer.h) asks registries for what others have built, CacheExporter (cache_exporter.h) gives it to
// them. Cache mounts, whose content is in no key, are here too (cache_mount.h).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cache/cache_repos.h"
#include "snapshot/lazy_layer.h"
#include "snapshot/stage_snapshot.h"
#include "store/store.h"

namespace ixian::cache {

// States by key. Thread-safe.
class LocalCache {
 public:
  LocalCache(snapshot::LayerContext& services, CacheRepos& repos) : services_(services), repos_(repos) {}

  // Layers that the store does not have are those of `base`, which know where they are, or came from a
  // registry, which is asked whether it has them still.
  std::optional<snapshot::StageSnapshot> find(const std::string& key, const snapshot::LayerStack& base);

  // Whether none of the stages that the state took from has come to something else on this machine since. A
  // key by definition does not say so: a stage that was run again without the cache has the same one.
  bool is_current(const snapshot::StageSnapshot& state);

  // What a key leads to. Waits for layers that are still being written.
  store::Store::CacheRecord entry(std::vector<std::string> keys, const snapshot::StageSnapshot& state,
                                  const snapshot::LayerStack& base);
  void put(const std::vector<store::Store::CacheRecord>& entries) { services_.store().cache_put(entries); }
  void put(std::vector<std::string> keys, const snapshot::StageSnapshot& state,
           const snapshot::LayerStack& base) {
    put({entry(std::move(keys), state, base)});
  }

 private:
  bool are_there(const snapshot::LayerStack& layers);

  snapshot::LayerContext& services_;
  CacheRepos& repos_;
};

}  // namespace ixian::cache
