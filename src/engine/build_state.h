// A stage while it is built: its layers so far, and what became of each instruction that makes files.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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
};

// The instruction cache: states by key. Thread-safe.
class BuildCache {
 public:
  explicit BuildCache(LayerServices& services) : services_(services) {}

  // Layers that the store does not have are those of `base`, which know where they are.
  std::optional<StageState> find(const std::string& key, const LayerStack& base);

  // What a key leads to. Waits for layers that are still being written.
  store::Store::Keyed entry(std::vector<std::string> keys, const StageState& state, const LayerStack& base);
  void put(const std::vector<store::Store::Keyed>& entries) { services_.store().cache_put(entries); }

 private:
  LayerServices& services_;
};

// The layers that are not empty.
LayerStack without_empty(const LayerStack& layers);

}  // namespace ixian::engine
