// The tar is a COPY of the whole image over nothing, so that it looks like a layer. The directory is written
// layer by layer from their archives, without extracting them into the store first.
#include "exporter/rootfs.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <memory>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "exporter/root_tar.h"
#include "files/fs.h"
#include "layer_files/checkout.h"
#include "oci/copy_image.h"
#include "oci/image_config.h"
#include "snapshot/layers_view.h"
#include "snapshot/lazy_layer.h"

namespace ixian::exporter {

snapshot::LayerStack layers_of(snapshot::LayerContext& services, const oci::RawManifest& image) {
  const auto manifest = std::get<oci::Manifest>(image.parsed());
  const auto repo = services.store().images("");
  const oci::ImageConfig config = oci::parse_image_config(oci::read_blob(*repo, manifest.config));
  snapshot::LayerStack layers;
  for (std::size_t i = 0; i < manifest.layers.size(); ++i)
    layers.push_back(
        std::make_shared<snapshot::LazyLayer>(services, manifest.layers[i], config.diff_ids.at(i), nullptr,
                                              engine::Remaking{engine::Remaking::By::kNobody, {}}));
  return layers;
}

void write_root_tar(const std::shared_ptr<store::Store>& store, const oci::RawManifest& image,
                    files::ByteSink& sink, base::EventSink& events, base::Cancellation& cancellation) {
  const auto lease = store->lease();
  snapshot::LayerContext services(store, events, cancellation);
  layer::WriteOptions options;
  options.compression = compression::Compression::kNone;
  write_tar_of(snapshot::LayersView(layers_of(services, image)), sink, options, cancellation);
}

void write_root_folder(const std::shared_ptr<store::Store>& store, const oci::RawManifest& image,
                       const std::string& folder, base::EventSink& events, base::Cancellation& cancellation) {
  const auto lease = store->lease();
  snapshot::LayerContext services(store, events, cancellation);
  const snapshot::LayerStack layers = layers_of(services, image);
  std::vector<layer_files::CheckoutLayer> parts;
  for (const auto& layer : layers) parts.push_back(layer->for_checkout());
  files::make_directories(folder);
  const files::UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) {
    throw base::Error(
        base::ErrorCode::kTaskFailed,
        fmt::format("cannot open {}: {}", base::printable_path(folder), base::errno_text(errno)));
  }
  layer_files::checkout(parts, fd.get(), cancellation);
}

}  // namespace ixian::exporter
