#include "snapshot/stage_snapshot.h"

#include "base/sha256.h"

namespace ixian::snapshot {

LayerStack non_empty(const LayerStack& layers) {
  LayerStack kept;
  for (const auto& layer : layers) {
    if (!layer->empty()) kept.push_back(layer);
  }
  return kept;
}

std::string fingerprint(const LayerStack& layers) {
  std::vector<std::string> diff_ids;
  for (const auto& layer : non_empty(layers)) diff_ids.push_back(layer->diff_id().text());
  return fingerprint(diff_ids);
}

std::string fingerprint(const std::vector<std::string>& diff_ids) {
  return base::sha256_hex(base::canonical_json(diff_ids));
}

base::Json to_json(const std::vector<StepResult>& outcomes) {
  base::Json json = base::Json::array();
  for (const StepResult& outcome : outcomes)
    json.push_back({{"created", outcome.created}, {"empty", outcome.is_empty()}});
  return json;
}

std::vector<StepResult> outcomes_from_json(const base::Json& json) {
  std::vector<StepResult> outcomes;
  for (const base::Json& each : json)
    outcomes.push_back({each.at("created").get<std::string>(), nullptr, each.at("empty").get<bool>()});
  return outcomes;
}

}  // namespace ixian::snapshot
