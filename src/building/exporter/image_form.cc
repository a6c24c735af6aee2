// A manifest names its parts by digest, so another form of a part is another part, and in the end another
// image. Layers are repacked as tars: their diffIDs, and with them the configuration, stay. Only one layer
// for all is new in content, and then the configuration is, too.
#include "exporter/image_form.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "base/error.h"
#include "exporter/root_tar.h"
#include "exporter/rootfs.h"
#include "layer/packing.h"
#include "oci/copy_image.h"
#include "oci/image_config.h"
#include "oci/media_types.h"
#include "snapshot/blob_sink.h"
#include "snapshot/layers_view.h"

namespace ixian::exporter {
namespace {

using compression::Compression;

std::string_view docker_type_of(std::string_view layer) {
  if (layer == oci::kOciLayer || layer == oci::kDockerLayer) return oci::kDockerLayer;
  if (layer == oci::kOciLayerGzip || layer == oci::kDockerLayerGzip) return oci::kDockerLayerGzip;
  return "";
}

// Writes what it gets into a blob of the store.
class StoreSink : public files::ByteSink {
 public:
  explicit StoreSink(store::Store& store) : writer_(store.new_blob()) {}
  void write(std::string_view bytes) override { writer_->write(bytes); }
  void commit(const oci::Descriptor& blob) { writer_->commit(blob); }

 private:
  const std::unique_ptr<store::BlobWriter> writer_;
};

class Former {
 public:
  Former(const ImageForm& form, std::shared_ptr<store::Store> store, base::EventSink& sink,
         base::Cancellation& cancellation)
      : form_(form), store_(std::move(store)), sink_(sink), cancellation_(cancellation) {}

  OutgoingImage run(const oci::RawManifest& image, unsigned base_layers) {
    auto manifest = std::get<oci::Manifest>(image.parsed());
    const auto repo = store_->images("");
    const oci::ImageConfig config = oci::parse_image_config(oci::read_blob(*repo, manifest.config));
    if (form_.squash && manifest.layers.size() > 1) {
      squash(image, config, manifest);
    } else if (form_.compression) {
      const std::size_t first = form_.force ? 0 : base_layers;
      for (std::size_t i = first; i < manifest.layers.size(); ++i)
        repack(manifest.layers[i], config.diff_ids.at(i));
    }
    if (form_.docker_types) set_docker_types(manifest);
    manifest.annotations.insert(form_.annotations.begin(), form_.annotations.end());
    const oci::RawManifest formed = oci::raw(manifest);
    repo->put_manifest(formed.descriptor.digest.text(), formed);
    return {formed, manifest.config, store_};
  }

 private:
  layer::WriteOptions write_options() const {
    layer::WriteOptions options;
    options.compression = form_.compression.value_or(Compression::kGzip);
    options.level = form_.level;
    return options;
  }

  void squash(const oci::RawManifest& image, oci::ImageConfig config, oci::Manifest& manifest) {
    snapshot::LayerContext services(store_, sink_, cancellation_);
    snapshot::BlobSink blob(*store_);
    const layer::WrittenLayer written =
        write_tar_of(snapshot::LayersView(layers_of(services, image)), blob, write_options(), cancellation_);
    blob.keep(written);
    for (oci::HistoryEntry& entry : config.history) entry.empty_layer = true;
    if (!written.empty()) config.history.push_back({config.created, "", "", "all layers in one", false});
    config.diff_ids.clear();
    manifest.layers.clear();
    if (!written.empty()) {
      config.diff_ids.push_back(written.diff_id);
      manifest.layers.push_back(written.blob);
    }
    const std::string bytes = oci::to_bytes(config);
    manifest.config.digest = oci::Digest::of(bytes);
    manifest.config.size = bytes.size();
    store_->put_blob(manifest.config.digest, bytes);
  }

  bool is_packed_so(const oci::Descriptor& layer) const {
    if (form_.level) return false;
    const std::string_view wanted = compression::media_type_of(*form_.compression);
    return layer.media_type == wanted ||
           (wanted != oci::kOciLayerZstd && docker_type_of(wanted) == layer.media_type);
  }

  void repack(oci::Descriptor& layer, const oci::Digest& diff_id) {
    if (is_packed_so(layer) || oci::is_foreign_layer_type(layer.media_type)) return;
    const auto packed = store_->open_blob(layer, 0);
    const auto tar = compression::unpack(*packed);
    StoreSink blob(*store_);
    layer::CompressingWriter writer(blob, *form_.compression, 0, cancellation_, form_.level);
    while (true) {
      cancellation_.throw_if_requested();
      const layer::LayerWriter::Space space = writer.space();
      const std::size_t count = tar->read(space.data, space.size);
      if (count == 0) break;
      writer.filled(count);
    }
    const auto written = writer.finish();
    if (written.diff_id != diff_id) {
      throw base::Error(
          base::ErrorCode::kRegistry,
          fmt::format("layer {} is not what the configuration of its image says\nhint: pull the "
                      "base image again with --pull",
                      layer.digest.text()));
    }
    const auto before = store_->unpacked(layer.digest);
    layer.media_type = compression::media_type_of(*form_.compression);
    layer.digest = written.digest;
    layer.annotations.clear();  // of the packing that it had
    layer.size = written.blob_size;
    blob.commit(layer);
    if (before) store_->note_unpacked(layer.digest, *before);
  }

  static void set_docker_types(oci::Manifest& manifest) {
    manifest.media_type = oci::kDockerManifest;
    manifest.config.media_type = oci::kDockerConfig;
    for (oci::Descriptor& layer : manifest.layers) {
      const std::string_view type = docker_type_of(layer.media_type);
      if (type.empty()) {
        throw base::Error(base::ErrorCode::kTaskFailed,
                          fmt::format("Docker's media types have none for the layer {} ({})\nhint: leave out "
                                      "oci-mediatypes=false, or add compression=gzip,force-compression=true",
                                      layer.digest.text(), layer.media_type));
      }
      layer.media_type = type;
    }
  }

  const ImageForm& form_;
  const std::shared_ptr<store::Store> store_;
  base::EventSink& sink_;
  base::Cancellation& cancellation_;
};

}  // namespace

OutgoingImage in_form(const ImageForm& form, const oci::RawManifest& image, unsigned base_layers,
                      const std::shared_ptr<store::Store>& store, base::EventSink& sink,
                      base::Cancellation& cancellation) {
  return Former(form, store, sink, cancellation).run(image, base_layers);
}

}  // namespace ixian::exporter
