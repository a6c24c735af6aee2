// A cache entry of this machine, JSON under each of its keys (definition and content). Layers stand lowest
// first, without empty ones; "version" is 2 where a layer has an "origin".
//
//   {"version": 1,
//    "content_key": "<hex>",
//    "layers": [{"blob": <OCI descriptor>, "diff_id": "sha256:…", "origin": "<repository>"}, …],
//    "outcomes": [{"created": "<RFC 3339>", "empty": false}, …],
//    "took": {"<definition key of a stage>": "<fingerprint of its layers>", …}}
//
// An entry keeps its blobs from garbage collection, save those of the base image, which can be pulled again,
// and those that have an origin and were never pulled. An entry that does not read is no hit, and no error:
// another version wrote it.
#include "cache/local_cache.h"

#include <atomic>

#include "base/error.h"
#include "base/thread_pool.h"
#include "oci/descriptor.h"

namespace ixian::cache {
namespace {

constexpr int kPlainRecordVersion = 1;  // all layers are in the store, or the base's
constexpr int kRecordVersion = 2;       // some may be in a registry
constexpr unsigned kQuestionsAtOnce = 24;

const std::shared_ptr<snapshot::LazyLayer>* find_layer(const snapshot::LayerStack& stack,
                                                       const oci::Digest& blob) {
  for (const auto& layer : stack) {
    if (layer->blob().digest == blob) return &layer;
  }
  return nullptr;
}

}  // namespace

// A layer that was left in a registry may be gone from there.
bool LocalCache::are_there(const snapshot::LayerStack& layers) {
  std::atomic<bool> all{true};
  // A HEAD request each: an entry whose layer is gone would fail later, in the middle of the stage.
  base::parallel_for(layers.size(), kQuestionsAtOnce, [&](std::size_t i) {
    const oci::Descriptor blob = layers[i]->blob();
    if (services_.store().has_blob(blob)) return;
    const auto repo = repos_.to_read(layers[i]->origin()->name());
    if (!repo->usable()) {
      all = false;
      return;
    }
    try {
      if (!repo->images()->has_blob(blob)) all = false;
    } catch (const base::Error& error) {
      repo->give_up(services_.sink(), error.advised());
      all = false;
    }
  });
  return all;
}

std::optional<snapshot::StageSnapshot> LocalCache::find(const std::string& key,
                                                        const snapshot::LayerStack& base) {
  const auto entry = services_.store().cache_get(key);
  if (!entry) return std::nullopt;
  snapshot::StageSnapshot state;
  snapshot::LayerStack elsewhere;
  try {
    const base::Json& value = entry->value;
    if (value.at("version") != kRecordVersion && value.at("version") != kPlainRecordVersion)
      return std::nullopt;
    state.content_key = value.at("content_key").get<std::string>();
    for (const base::Json& each : value.at("layers")) {
      const oci::Descriptor blob = oci::descriptor_from_json(each.at("blob"), "layer");
      const auto diff_id = oci::Digest::parse(each.at("diff_id").get<std::string>());
      if (!diff_id) return std::nullopt;
      // The base's object knows where to pull from and what has been read already.
      if (const auto* known = find_layer(base, blob.digest)) {
        state.layers.push_back(*known);
        continue;
      }
      std::shared_ptr<oci::ImageRepo> origin;
      if (each.contains("origin")) origin = repos_.to_read(each.at("origin").get<std::string>())->images();
      state.layers.push_back(std::make_shared<snapshot::LazyLayer>(services_, blob, *diff_id, origin));
      if (origin) elsewhere.push_back(state.layers.back());
    }
    state.outcomes = snapshot::outcomes_from_json(value.at("outcomes"));
    if (value.contains("took")) state.took = value.at("took").get<std::map<std::string, std::string>>();
  } catch (const base::Cancelled&) {
    throw;
  } catch (const std::exception&) {
    return std::nullopt;  // written by another version
  }
  if (!are_there(elsewhere)) return std::nullopt;
  return state;
}

bool LocalCache::is_current(const snapshot::StageSnapshot& state) {
  for (const auto& [key, seen] : state.took) {
    const auto entry = services_.store().cache_get(key);
    if (!entry) continue;
    try {
      std::vector<std::string> now;
      for (const base::Json& layer : entry->value.at("layers"))
        now.push_back(layer.at("diff_id").get<std::string>());
      if (snapshot::fingerprint(now) != seen) return false;
    } catch (const base::Json::exception&) {
      continue;  // written by another version
    }
  }
  return true;
}

store::Store::CacheRecord LocalCache::entry(std::vector<std::string> keys,
                                            const snapshot::StageSnapshot& state,
                                            const snapshot::LayerStack& base) {
  store::CacheEntry entry;
  base::Json layers = base::Json::array();
  int version = kPlainRecordVersion;
  for (const auto& layer : snapshot::non_empty(state.layers)) {
    const oci::Descriptor blob = layer->blob();
    base::Json record = {{"blob", oci::to_json(blob)}, {"diff_id", layer->diff_id().text()}};
    entry.trees.push_back(layer->diff_id());
    // A base's layers can be pulled again, and perhaps never have been. So can others that are in a registry.
    if (find_layer(base, blob.digest) == nullptr) {
      if (layer->origin()) {
        record["origin"] = layer->origin()->name();
        version = kRecordVersion;
      }
      if (!layer->origin() || services_.store().has_blob(blob)) entry.blobs.push_back(blob);
    }
    layers.push_back(std::move(record));
  }
  entry.value = {{"version", version},
                 {"content_key", state.content_key},
                 {"layers", layers},
                 {"outcomes", snapshot::to_json(state.outcomes)}};
  if (!state.took.empty()) entry.value["took"] = state.took;
  return {std::move(keys), std::move(entry)};
}

}  // namespace ixian::cache
