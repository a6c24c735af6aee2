// A stage while it is built: its layers so far, and what became of each instruction that makes files.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/cache_repos.h"
#include "engine/image_layer.h"
#include "engine/stage_plan.h"
#include "store/store.h"

namespace ixian::engine {

// Of one instruction that makes files.
struct Outcome {
  std::string created;                // RFC 3339
  std::shared_ptr<ImageLayer> layer;  // null: the cache answered
  bool changed_nothing = false;       // then it has no layer in the image

  bool is_empty() const { return changed_nothing || (layer && layer->empty()); }
};

struct StageState {
  LayerStack layers;              // perhaps with some that turn out empty
  std::vector<Outcome> outcomes;  // since the base image, those of the stages below included
  std::string content_key;

  // The stages that it stands on or took files from, whatever way they were reached: the last key by
  // definition of each → fingerprint() of what that stage had come to.
  std::map<std::string, std::string> took;
};

// One for equal layers, whoever made them. Waits for layers that are being written.
std::string fingerprint(const LayerStack& layers);

base::Json to_json(const std::vector<Outcome>& outcomes);
// Throws base::Json::exception for what is none.
std::vector<Outcome> outcomes_from_json(const base::Json& json);

// The instruction cache of this machine: states by key. Thread-safe.
class BuildCache {
 public:
  BuildCache(LayerServices& services, CacheRepos& repos) : services_(services), repos_(repos) {}

  // Layers that the store does not have are those of `base`, which know where they are, or came from a
  // registry, which is asked whether it has them still.
  std::optional<StageState> find(const std::string& key, const LayerStack& base);

  // Whether none of the stages that the state took from has come to something else on this machine since. A
  // key by definition does not say so: a stage that was run again without the cache has the same one.
  bool is_current(const StageState& state);

  // What a key leads to. Waits for layers that are still being written.
  store::Store::Keyed entry(std::vector<std::string> keys, const StageState& state, const LayerStack& base);
  void put(const std::vector<store::Store::Keyed>& entries) { services_.store().cache_put(entries); }
  void put(std::vector<std::string> keys, const StageState& state, const LayerStack& base) {
    put({entry(std::move(keys), state, base)});
  }

 private:
  bool are_there(const LayerStack& layers);

  LayerServices& services_;
  CacheRepos& repos_;
};

// The layers that are not empty.
LayerStack without_empty(const LayerStack& layers);

}  // namespace ixian::engine
