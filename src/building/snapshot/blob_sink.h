// A blob of the store as the place where a layer is written to.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "files/byte_sink.h"
#include "layer/layer_writer.h"
#include "store/store.h"

namespace ixian::snapshot {

// The store knows what is in the layer from now on.
inline void keep_listing(store::Store& store, const oci::Digest& diff_id,
                         const layer::LayerListing& listing) {
  store.put_listing(diff_id, [&](int file, const std::string& path) {
    files::FileSink sink(file, path);
    listing.write(sink);
  });
}

// For one layer and one thread. What was written is gone unless keep() is called.
class BlobSink : public files::ByteSink {
 public:
  explicit BlobSink(store::Store& store) : store_(store), writer_(store.new_blob()) {}

  void write(std::string_view bytes) override { writer_->write(bytes); }

  // The store has blob and listing when this returns, and knows that they belong together; neither, where the
  // layer is empty.
  void keep(const layer::WrittenLayer& layer) {
    if (layer.empty()) return;
    writer_->commit(layer.blob);
    store_.note_unpacked(layer.blob.digest, {layer.diff_id, layer.listing.depends_on_below()});
    keep_listing(store_, layer.diff_id, layer.listing);
  }

 private:
  store::Store& store_;
  const std::unique_ptr<store::BlobWriter> writer_;
};

}  // namespace ixian::snapshot
