#include "layer/checkout.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

#include "base/error.h"
#include "layer/entry_maker.h"
#include "layer/layer_reader.h"
#include "layer/limits.h"
#include "layer/unpacking.h"

// Nothing is applied on top of anything: MergedTree says what is where in the end, and of each layer only
// what is still there is written. So the folder holds what a mount and every other output hold, whatever the
// layers do to each other. Folders come first, empty, so that nothing is ever reached through a link.

namespace ixian::layer {
namespace {

class Checkout {
 public:
  Checkout(const std::vector<CheckoutLayer>& layers, int folder, base::Cancellation& cancellation)
      : layers_(layers), cancellation_(cancellation), maker_(folder, {Marks::kNone, false}, cancellation) {}

  CheckedOut run() {
    std::vector<std::shared_ptr<const LayerListing>> listings;
    for (const CheckoutLayer& layer : layers_) listings.push_back(layer.listing);
    const MergedTree tree(std::move(listings));
    wanted_.resize(layers_.size());
    for (MergedTree::Found& found : tree.list_below("")) {
      cancellation_.throw_if_requested();
      if (found.entry.type == EntryType::kFolder) maker_.make_folder(found.entry.path);
      if (found.layer == MergedTree::kImplied || found.entry.type == EntryType::kHardLink) continue;
      const bool linked = !found.content_path.empty();
      Wanted& wanted = wanted_[found.layer][linked ? found.content_path : found.entry.path];
      wanted.type = found.entry.type;
      wanted.offset = found.entry.offset;
      wanted.names.push_back(std::move(found.entry.path));
    }
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (!wanted_[i].empty()) read(layers_[i], wanted_[i]);
    }
    maker_.finish_folders([](const std::string&) { return true; });
    return {maker_.skipped_devices(), maker_.skipped_attributes()};
  }

 private:
  // An entry of a layer that shows, under all its names.
  struct Wanted {
    EntryType type = EntryType::kFolder;
    std::uint64_t offset = 0;
    std::vector<std::string> names;
  };

  void read(const CheckoutLayer& layer, const std::map<std::string, Wanted>& wanted) {
    const auto blob = layer.open();
    const Limits limits;
    const std::optional<oci::Digest> diff_id = layer.diff_id;
    Unpacking tar(*blob, layer.blob, diff_id, limits, cancellation_);
    LayerReader reader(tar, layer.blob.digest.text(), limits);
    while (const auto item = reader.next()) {
      cancellation_.throw_if_requested();
      const auto found = wanted.find(item->path);
      // Of several entries with one path the last counts.
      if (found == wanted.end() || item->type != found->second.type) continue;
      if (item->type == EntryType::kFile && reader.offset() != found->second.offset) continue;
      const auto& names = found->second.names;
      maker_.make(reader, *item, names.front());
      for (std::size_t i = 1; i < names.size(); ++i) maker_.link(reader, *item, names.front(), names[i]);
    }
    tar.finish();
    // It may have been somebody else's word.
    if (reader.take_listing() != *layer.listing) {
      throw base::Error(
          base::ErrorCode::kRegistry,
          fmt::format("The layer {} does not hold what its listing says. Remove the listing from the "
                      "cache in the registry.",
                      layer.blob.digest.text()));
    }
  }

  const std::vector<CheckoutLayer>& layers_;
  base::Cancellation& cancellation_;
  EntryMaker maker_;
  std::vector<std::map<std::string, Wanted>> wanted_;  // by layer, by path in it
};

}  // namespace

CheckedOut checkout(const std::vector<CheckoutLayer>& layers, int folder, base::Cancellation& cancellation) {
  return Checkout(layers, folder, cancellation).run();
}

}  // namespace ixian::layer
