#include "engine/build_state.h"

#include <stdexcept>

#include "oci/descriptor.h"

namespace ixian::engine {
namespace {

constexpr int kRecordVersion = 1;

const std::shared_ptr<ImageLayer>* find_layer(const LayerStack& stack, const oci::Digest& blob) {
  for (const auto& layer : stack) {
    if (layer->blob().digest == blob) return &layer;
  }
  return nullptr;
}

}  // namespace

LayerStack without_empty(const LayerStack& layers) {
  LayerStack kept;
  for (const auto& layer : layers) {
    if (!layer->empty()) kept.push_back(layer);
  }
  return kept;
}

std::optional<StageState> BuildCache::find(const std::string& key, const LayerStack& base) {
  const auto entry = services_.store().cache_get(key);
  if (!entry) return std::nullopt;
  try {
    const base::Json& value = entry->value;
    if (value.at("version") != kRecordVersion) return std::nullopt;
    StageState state;
    state.content_key = value.at("content_key").get<std::string>();
    for (const base::Json& each : value.at("layers")) {
      const oci::Descriptor blob = oci::descriptor_from_json(each.at("blob"), "layer");
      const auto diff_id = oci::Digest::parse(each.at("diff_id").get<std::string>());
      if (!diff_id) return std::nullopt;
      if (const auto* known = find_layer(base, blob.digest)) {
        state.layers.push_back(*known);
      } else {
        state.layers.push_back(std::make_shared<ImageLayer>(services_, blob, *diff_id));
      }
    }
    for (const base::Json& each : value.at("outcomes")) {
      state.outcomes.push_back(
          {each.at("created").get<std::string>(), nullptr, each.at("empty").get<bool>()});
    }
    return state;
  } catch (const std::exception&) {
    return std::nullopt;  // written by another version
  }
}

store::Store::Keyed BuildCache::entry(std::vector<std::string> keys, const StageState& state,
                                      const LayerStack& base) {
  store::CacheEntry entry;
  base::Json layers = base::Json::array();
  for (const auto& layer : without_empty(state.layers)) {
    const oci::Descriptor blob = layer->blob();
    layers.push_back({{"blob", oci::to_json(blob)}, {"diff_id", layer->diff_id().text()}});
    entry.trees.push_back(layer->diff_id());
    // A base's layers can be pulled again, and perhaps never have been.
    if (find_layer(base, blob.digest) == nullptr) entry.blobs.push_back(blob);
  }
  base::Json outcomes = base::Json::array();
  for (const Outcome& outcome : state.outcomes)
    outcomes.push_back({{"created", outcome.created}, {"empty", outcome.is_empty()}});
  entry.value = {{"version", kRecordVersion},
                 {"content_key", state.content_key},
                 {"layers", layers},
                 {"outcomes", outcomes}};
  return {std::move(keys), std::move(entry)};
}

}  // namespace ixian::engine
