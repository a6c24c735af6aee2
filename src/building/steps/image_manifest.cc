// A config from a plan and what its steps came to. History has an entry for each instruction, and as many
// that are not empty as there are layers; times are of the layers, so that an image that was built from the
// cache alone is the same one again.
#include "steps/image_manifest.h"

#include <variant>

#include "base/time.h"
#include "oci/media_types.h"

namespace ixian::steps {
namespace {

constexpr char kMadeBy[] = "ix";

// The stages that a stage stands on, lowest first, itself last.
std::vector<const StagePlan*> chain(const BuildPlan& plan, std::size_t index) {
  std::vector<const StagePlan*> stages;
  const StagePlan* stage = &plan.stages.at(index);
  while (stage != nullptr) {
    stages.insert(stages.begin(), stage);
    const auto* from = std::get_if<stages::FromStage>(&stage->base);
    stage = from != nullptr ? &plan.stages.at(from->index) : nullptr;
  }
  return stages;
}

// The configuration behind the last of the steps.
base::Json document_after(const StagePlan& stage, std::size_t steps) {
  if (steps == stage.steps.size()) return stage.settings->document();
  const Step& last = stage.steps.at(steps - 1);
  ImageConfigBuilder settings = *last.settings;
  settings.apply(last.instruction);
  return settings.document();
}

}  // namespace

AssembledImage assemble(const BuildPlan& plan, std::size_t stage, const snapshot::StageSnapshot& state) {
  return assemble(plan, stage, plan.stages.at(stage).steps.size(), state);
}

AssembledImage assemble(const BuildPlan& plan, std::size_t stage, std::size_t steps,
                        const snapshot::StageSnapshot& state) {
  const std::vector<const StagePlan*> stages = chain(plan, stage);
  const StagePlan& target = *stages.back();
  oci::ImageConfig config;
  config.platform = target.platform;
  config.document = document_after(target, steps);
  std::string created;
  if (const auto& base = stages.front()->base_image) {
    config.platform = base->config.platform;
    config.history = base->config.history;
    created = base->config.created;
  }
  std::size_t next = 0;
  // History must have as many entries that are not empty as there are layers: an outcome says which.
  if (created.empty())
    created =
        state.outcomes.empty() ? base::rfc3339_text(plan.source_date_epoch) : state.outcomes.front().created;
  for (const StagePlan* each : stages) {
    const std::size_t count = each == &target ? steps : each->steps.size();
    for (std::size_t i = 0; i < count; ++i) {
      const Step& step = each->steps[i];
      // As with Docker, what is left for later builds is not in the history of this one.
      if (std::holds_alternative<dockerfile::OnBuild>(step.instruction.body)) continue;
      oci::HistoryEntry entry;
      entry.created_by = step.history;
      entry.comment = kMadeBy;
      entry.empty_layer = true;
      if (step.makes_layer && next < state.outcomes.size()) {
        const snapshot::StepResult& outcome = state.outcomes[next++];
        created = outcome.created;
        entry.empty_layer = outcome.is_empty();
      }
      entry.created = created;
      config.history.push_back(std::move(entry));
    }
  }
  config.created = plan.source_date_epoch ? base::rfc3339_text(plan.source_date_epoch) : created;

  std::vector<oci::Descriptor> blobs;
  for (const auto& layer : snapshot::non_empty(state.layers)) {
    blobs.push_back(layer->blob());
    config.diff_ids.push_back(layer->diff_id());
  }
  std::string bytes = oci::to_bytes(config);
  oci::Descriptor described{
      std::string(oci::kOciConfig), oci::Digest::of(bytes), bytes.size(), {}, {}, {}, {}};
  oci::Manifest manifest{std::string(oci::kOciManifest), std::move(described), std::move(blobs), {}, {}, {}};
  return {std::move(bytes), std::move(manifest)};
}

}  // namespace ixian::steps
