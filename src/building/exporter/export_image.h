// What `ix build` does with an image that has been built.
//
// The front door of this room: a BuiltStage comes in with the Outputs (output.h) that were asked for, and
// each is written as its row of the table says (output_table.h): to a registry, a layout, an archive, or as
// the files alone (rootfs.h).
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

// The store that an image's files are read from. An engine that keeps its images elsewhere passes the image
// on to it first.
using OpenStore = std::function<std::shared_ptr<store::Store>()>;

// What is to be written, and what with. Refers to all of it.
struct ExportJob {
  const ExportOptions& options;
  const engine::BuiltStage& image;
  engine::Engine& engine;  // which has built it, and named it
  const OpenTarget& open_target;
  const OpenStore& open_store;
  base::EventSink& sink;
  base::Cancellation& cancellation;

  std::string digest() const { return image.manifest.descriptor.digest.text(); }
};

// Writes the image to all outputs and its digests to the files that were asked for. Throws base::Error.
void export_image(const ExportJob& job);

}  // namespace ixian::exporter
