// What `ix build` does with an image that has been built.
//
// The front door of this room: a BuiltStage comes in with the Outputs (output.h) that were asked for, and
// goes to the store, a registry, a layout, an archive, or as its files alone (rootfs.h).
#pragma once

#include <functional>
#include <memory>

#include "base/cancel.h"
#include "base/event.h"
#include "engine/engine.h"
#include "exporter/output.h"
#include "oci/image_repo.h"
#include "store/store.h"

namespace ixian::exporter {

// The place to push a name to.
using OpenTarget = std::function<std::shared_ptr<oci::ImageRepo>(const oci::Reference& name)>;

// Names it, writes it to all outputs and its digests to the files that were asked for. `store` may be null
// where no output is of files or in it. Throws base::Error.
void export_image(const ExportOptions& options, const engine::BuiltStage& image,
                  const std::shared_ptr<store::Store>& store, engine::Engine& engine,
                  const OpenTarget& open_target, base::EventSink& sink, base::Cancellation& cancellation);

}  // namespace ixian::exporter
