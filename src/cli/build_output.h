// What `ix build` does with an image that has been built.
#pragma once

#include <memory>

#include "base/cancel.h"
#include "base/event.h"
#include "cli/build_options.h"
#include "engine/engine.h"
#include "store/store.h"

namespace ixian::cli {

// Names it, writes it to all outputs and its digests to the files that were asked for. Throws base::Error.
void deliver(const BuildOptions& options, const engine::BuiltStage& image,
             const std::shared_ptr<store::Store>& store, engine::Engine& engine, base::EventSink& sink,
             base::Cancellation& cancellation);

}  // namespace ixian::cli
