// All files of an image as one archive.
#pragma once

#include "base/cancel.h"
#include "files/byte_sink.h"
#include "layer/layer_writer.h"
#include "snapshot/layers_view.h"

namespace ixian::exporter {

// Each file once, the first of its names with the content. Goes through the layers' listings, and holds of
// the files only 30 bytes for each that shows under other names than its layer gives the content. Throws
// Error{kTaskFailed} where a name, or a file, cannot be in an archive, Cancelled, and what `sink` throws.
layer::WrittenLayer write_tar_of(const snapshot::LayersView& image, files::ByteSink& sink,
                                 const layer::WriteOptions& options, base::Cancellation& cancellation);

}  // namespace ixian::exporter
