// The files of an image without the image: a tar archive, a folder.
#pragma once

#include <string>

#include "base/cancel.h"
#include "base/event.h"
#include "files/byte_sink.h"
#include "oci/manifest.h"
#include "snapshot/lazy_layer.h"
#include "store/store.h"

namespace ixian::exporter {

// Those of an image that the store of `services` has, which outlive them.
snapshot::LayerStack layers_of(snapshot::LayerContext& services, const oci::RawManifest& image);

// An uncompressed tar archive of all files, with their owners. `image` is one that the store has.
void write_root_tar(const std::shared_ptr<store::Store>& store, const oci::RawManifest& image,
                    files::ByteSink& sink, base::EventSink& events, base::Cancellation& cancellation);

// All files below `folder`, which is made if it is missing. They belong to whoever calls. What is there
// stays, but for what a file of the image takes the place of.
void write_root_folder(const std::shared_ptr<store::Store>& store, const oci::RawManifest& image,
                       const std::string& folder, base::EventSink& events, base::Cancellation& cancellation);

}  // namespace ixian::exporter
