// Nothing is applied on top of anything: MergedTree says what is where in the end, and of each layer only
// what is still there is written. So the folder holds what a mount and every other output hold, whatever the
// layers do to each other. Folders come first, empty, so that nothing is ever reached through a link.
#include "layer_files/checkout.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "base/error.h"
#include "compression/limits.h"
#include "compression/unpacking.h"
#include "layer/first_names.h"
#include "layer/layer_reader.h"
#include "layer/spooled_records.h"
#include "layer_files/entry_maker.h"

namespace ixian::layer_files {
namespace {

class Checkout {
 public:
  Checkout(const std::vector<CheckoutLayer>& layers, int folder, base::Cancellation& cancellation)
      : layers_(layers),
        cancellation_(cancellation),
        tree_(listings_of(layers)),
        maker_(folder, {Marks::kNone, false}, cancellation),
        wanted_(layers.size()) {}

  CheckedOut run() {
    for (layer::MergedTree::Descendants below(tree_, ""); below.next();) {
      cancellation_.throw_if_requested();
      note(below.found());
    }
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (wanted_[i]) read(i);
    }
    links_.each([this](std::string_view link) {
      const auto end = link.find('\0');
      maker_.link(std::string(link.substr(0, end)), std::string(link.substr(end + 1)));
    });
    maker_.finish_folders([](const std::string&) { return true; });
    return {maker_.skipped_devices(), maker_.skipped_attributes()};
  }

 private:
  static std::vector<std::shared_ptr<const layer::LayerListing>> listings_of(
      const std::vector<CheckoutLayer>& layers) {
    std::vector<std::shared_ptr<const layer::LayerListing>> listings;
    for (const CheckoutLayer& layer : layers) listings.push_back(layer.listing);
    return listings;
  }

  void note(const layer::MergedTree::Found& found) {
    const std::string& path = found.entry.path;
    if (found.entry.type == layer::EntryType::kFolder) maker_.make_folder(path);
    if (found.layer == layer::MergedTree::kImplied || found.entry.type == layer::EntryType::kHardLink) return;
    wanted_[found.layer] = true;
    if (found.content_path.empty() || found.content_path == path) return;
    // Another name of a file, which is made where it is itself, or under the first of these names.
    const auto itself = tree_.find(found.content_path);
    if (itself && itself->layer == found.layer && itself->content_path == found.content_path)
      return links_.add(found.content_path + '\0' + path);
    if (const auto first = first_names_.find(found.layer, found.content_path))
      return links_.add(*first + '\0' + path);
    first_names_.add(found.layer, found.content_path, path);
  }

  // The name that an entry of a layer is made under; nullopt where nothing of it shows.
  std::optional<std::string> name_of(std::size_t layer, const layer::LayerReader& reader,
                                     const layer::LayerReader::Item& item) const {
    // Of several entries with one path the last counts.
    const auto is_it = [&](const layer::ListedEntry& entry) {
      return entry.type == item.type &&
             (item.type != layer::EntryType::kFile || entry.offset == reader.offset());
    };
    // The marks have had their effect in MergedTree; links are made at the end, when what they lead to is
    // there.
    const bool mark = item.type == layer::EntryType::kWhiteout || item.type == layer::EntryType::kOpaque;
    if (mark || item.type == layer::EntryType::kHardLink) return std::nullopt;
    const auto shown = tree_.find(item.path);
    const bool itself = shown && shown->layer == layer &&
                        (item.type == layer::EntryType::kFolder || shown->content_path == item.path);
    if (itself) return is_it(shown->entry) ? std::optional(item.path) : std::nullopt;
    auto other = first_names_.find(layer, item.path);
    if (!other) return std::nullopt;
    const auto listed = layers_[layer].listing->thing(item.path);
    return listed && is_it(*listed) ? std::move(other) : std::nullopt;
  }

  void read(std::size_t index) {
    const CheckoutLayer& layer = layers_[index];
    const auto blob = layer.open();
    const compression::Limits limits;
    const std::optional<oci::Digest> diff_id = layer.diff_id;
    compression::DecompressingReader tar(*blob, layer.blob, diff_id, limits, cancellation_);
    layer::LayerReader reader(tar, layer.blob.digest.text(), limits);
    while (const auto item = reader.next()) {
      cancellation_.throw_if_requested();
      if (const auto name = name_of(index, reader, *item)) maker_.make(reader, *item, *name);
    }
    tar.finish();
    // It may have been somebody else's word.
    if (reader.take_listing() != *layer.listing) {
      throw base::Error(
          base::ErrorCode::kRegistry,
          fmt::format(
              "layer {} does not match its file listing\nhint: remove the listing from the cache repository",
              layer.blob.digest.text()));
    }
  }

  const std::vector<CheckoutLayer>& layers_;
  base::Cancellation& cancellation_;
  const layer::MergedTree tree_;
  EntryMaker maker_;
  std::vector<bool> wanted_;       // layers that something is taken from
  layer::FirstNames first_names_;  // of files that do not show where they are themselves
  layer::SpooledRecords links_;    // "from\0to", to be made when all files are there
};

}  // namespace

CheckedOut checkout(const std::vector<CheckoutLayer>& layers, int folder, base::Cancellation& cancellation) {
  return Checkout(layers, folder, cancellation).run();
}

}  // namespace ixian::layer_files
