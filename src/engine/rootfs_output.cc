#include "engine/rootfs_output.h"

#include <filesystem>
#include <memory>
#include <system_error>
#include <variant>

#include "base/fs.h"
#include "engine/copy_draft.h"
#include "engine/image_layer.h"
#include "engine/layers_view.h"
#include "engine/materialise.h"
#include "layer/from_entries.h"
#include "oci/copy_image.h"
#include "oci/image_config.h"

namespace ixian::engine {
namespace {

LayerStack layers_of(LayerServices& services, const BuiltStage& image) {
  const auto manifest = std::get<oci::Manifest>(image.manifest.parsed());
  const auto repo = services.store().images("");
  const oci::ImageConfig config = oci::parse_image_config(oci::read_blob(*repo, manifest.config));
  LayerStack layers;
  for (std::size_t i = 0; i < manifest.layers.size(); ++i)
    layers.push_back(std::make_shared<ImageLayer>(services, manifest.layers[i], config.diff_ids.at(i)));
  return layers;
}

}  // namespace

void write_root_tar(const std::shared_ptr<store::Store>& store, const BuiltStage& image,
                    layer::ByteSink& sink, base::EventSink& events, base::Cancellation& cancellation) {
  const auto lease = store->lease();
  LayerServices services(store, events, cancellation);
  const auto view = std::make_shared<const LayersView>(layers_of(services, image));
  const context::EmptyView nothing;
  CopyStyle style;
  style.own_owner = true;
  CopyDraft draft(nothing, style);
  draft.copy(view, context::select(*view, {""}, {}), "/");
  layer::WriteOptions options;
  options.compression = layer::Compression::kNone;
  layer::from_entries(draft.take(), sink, options, cancellation);
}

void write_root_folder(const std::shared_ptr<store::Store>& store, const BuiltStage& image,
                       const std::string& folder, base::EventSink& events, base::Cancellation& cancellation) {
  const auto lease = store->lease();
  LayerServices services(store, events, cancellation);
  const LayerStack layers = layers_of(services, image);
  base::make_directories(folder);
  std::error_code unreadable;
  if (std::filesystem::is_empty(folder, unreadable)) {
    for (const auto& layer : layers) layer->apply_to(folder);
    return;
  }
  const LayersView view(layers);
  for (const std::string& name : view.children(""))
    materialise(view, name, folder + "/" + name, cancellation);
}

}  // namespace ixian::engine
