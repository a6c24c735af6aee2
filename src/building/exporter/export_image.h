// What `ix build` does with an image that has been built.
//
// The front door of this room: a BuiltStage comes in with the Outputs (output.h) that were asked for, and
// each is written as its row of the table says (output_table.h): to a registry, a layout, an archive, a
// daemon, or as the files alone (rootfs.h).
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

// Loads what `ref` finds in `from` into the Docker daemon, under these names.
using LoadIntoDocker =
    std::function<void(oci::ImageRepo& from, const std::string& ref, const std::vector<std::string>& names)>;

// What is to be written, and what with. Refers to all of it.
struct ExportJob {
  const ExportOptions& options;
  const engine::BuiltStage& image;
  engine::Engine& engine;  // which has built it, and named it
  const OpenTarget& open_target;
  const OpenStore& open_store;
  const LoadIntoDocker& load;  // null: the engine is that daemon
  base::EventSink& sink;
  base::Cancellation& cancellation;

  std::string digest() const { return image.manifest.descriptor.digest.text(); }
};

// The image as the engine has built it, in the store.
oci::RawManifest in_store(const ExportJob& job, const std::shared_ptr<store::Store>& store);

// What a build has led to: the image as its last output has it that has an image, else as it was built.
struct Exported {
  oci::RawManifest manifest;  // without bytes where only a daemon has it
  oci::Descriptor config;
};

// Writes the image to all outputs and its digests to the files that were asked for. Throws base::Error.
Exported export_image(const ExportJob& job);

// Takes away what an earlier build has left in the file for the ID: where this one fails, nobody is to find
// that. Not what is no regular file. Never throws.
void remove_id_file(const std::string& path) noexcept;

}  // namespace ixian::exporter
