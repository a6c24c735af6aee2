// COPY, ADD and WORKDIR: layers that are written without the files of the image below.
#pragma once

#include <memory>
#include <optional>

#include "fetch/fetcher.h"
#include "layer/layer_writer.h"
#include "snapshot/lazy_layer.h"
#include "steps/build_plan.h"

namespace ixian::executor {

// What a COPY takes, once it is known where from.
struct CopyInput {
  std::shared_ptr<const context::FileView> view;  // the context, or the stage or image of --from
  std::vector<context::SelectedSource> selection;
};

struct FileStepContext {
  snapshot::LayerContext& services;
  fetch::Fetcher& remote;
  engine::ContextModes modes = engine::ContextModes::kAsTheyAre;
  std::optional<std::int64_t> source_date_epoch;
};

// Writes the layer of `step` over `below`. nullopt where it changes nothing. Throws Error, which the caller
// points at the step.
std::optional<layer::WrittenLayer> write_file_layer(const steps::Step& step, const CopyInput& input,
                                                    const snapshot::LayerStack& below,
                                                    const FileStepContext& context);

// How all layers of a build are written.
layer::WriteOptions write_options(const std::optional<std::int64_t>& source_date_epoch);

}  // namespace ixian::executor
