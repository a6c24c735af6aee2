#include "engine/image_assembly.h"

#include <variant>

#include "engine/timestamp.h"
#include "oci/media_types.h"

namespace ixian::engine {
namespace {

constexpr char kMadeBy[] = "ix";

// The stages that a stage stands on, lowest first, itself last.
std::vector<const StagePlan*> chain(const BuildPlan& plan, std::size_t index) {
  std::vector<const StagePlan*> stages;
  const StagePlan* stage = &plan.stages.at(index);
  while (stage != nullptr) {
    stages.insert(stages.begin(), stage);
    const auto* from = std::get_if<dockerfile::FromStage>(&stage->base);
    stage = from != nullptr ? &plan.stages.at(from->index) : nullptr;
  }
  return stages;
}

}  // namespace

AssembledImage assemble(const BuildPlan& plan, std::size_t stage, const StageState& state) {
  const std::vector<const StagePlan*> stages = chain(plan, stage);
  const StagePlan& target = *stages.back();
  oci::ImageConfig config;
  config.platform = target.platform;
  config.document = target.settings->document();
  std::string created;
  if (const auto& base = stages.front()->base_image) {
    config.platform = base->config.platform;
    config.history = base->config.history;
    created = base->config.created;
  }
  std::size_t next = 0;
  if (created.empty())
    created = state.outcomes.empty() ? timestamp(plan.source_date_epoch) : state.outcomes.front().created;
  for (const StagePlan* each : stages) {
    for (const Step& step : each->steps) {
      oci::HistoryEntry entry;
      entry.created_by = step.history;
      entry.comment = kMadeBy;
      entry.empty_layer = true;
      if (step.makes_files && next < state.outcomes.size()) {
        const Outcome& outcome = state.outcomes[next++];
        created = outcome.created;
        entry.empty_layer = outcome.is_empty();
      }
      entry.created = created;
      config.history.push_back(std::move(entry));
    }
  }
  config.created = plan.source_date_epoch ? timestamp(plan.source_date_epoch) : created;

  AssembledImage image;
  image.manifest.media_type = oci::kOciManifest;
  for (const auto& layer : without_empty(state.layers)) {
    image.manifest.layers.push_back(layer->blob());
    config.diff_ids.push_back(layer->diff_id());
  }
  image.config = oci::to_bytes(config);
  image.manifest.config = {std::string(oci::kOciConfig), oci::Digest::of(image.config), image.config.size(), {}, {}, {}, {}};
  return image;
}

}  // namespace ixian::engine
