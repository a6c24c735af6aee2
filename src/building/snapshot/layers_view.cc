// The files of an image without extracting it: the listings of its layers, merged, say what is where, and a
// file is opened in the layer that has it. Most COPYs need a few names of the image below (is the destination
// a directory?), and no bytes at all.
#include "snapshot/layers_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/thread_pool.h"

namespace ixian::snapshot {
namespace {

using Last = layer::MergedTree::Last;

tar::TarType tar_type(layer::EntryType type) {
  switch (type) {
    case layer::EntryType::kFolder:
      return tar::TarType::kFolder;
    case layer::EntryType::kSymlink:
      return tar::TarType::kSymlink;
    case layer::EntryType::kCharacterDevice:
      return tar::TarType::kCharacterDevice;
    case layer::EntryType::kBlockDevice:
      return tar::TarType::kBlockDevice;
    case layer::EntryType::kFifo:
      return tar::TarType::kFifo;
    default:
      return tar::TarType::kFile;
  }
}

constexpr unsigned kListingsAtOnce = 8;  // some wait for a registry

}  // namespace

layer::MergedTree merged(const LayerStack& layers) {
  std::vector<std::shared_ptr<const layer::LayerListing>> listings(layers.size());
  base::parallel_for(layers.size(), std::max(kListingsAtOnce, base::processor_count()),
                     [&](std::size_t i) { listings[i] = layers[i]->listing(); });
  return layer::MergedTree(std::move(listings));
}

LayersView::LayersView(LayerStack layers) : layers_(std::move(layers)), tree_(merged(layers_)) {}

std::optional<tar::TarEntry> LayersView::find(const std::string& path) const {
  const auto found = tree_.lookup(path, Last::kKeep);
  // lookup() follows links on the way, which this view must not.
  if (!found || found->entry.path != path) return std::nullopt;
  return entry(*found);
}

tar::TarEntry LayersView::entry(const layer::MergedTree::Found& found) {
  tar::TarEntry entry;
  entry.name = context::base_name(found.entry.path);
  entry.type = tar_type(found.entry.type);
  entry.mode = found.entry.mode;
  entry.uid = found.entry.uid;
  entry.gid = found.entry.gid;
  entry.mtime = found.entry.mtime;
  if (entry.type == tar::TarType::kFile) entry.size = found.entry.size;
  if (entry.type == tar::TarType::kSymlink) entry.link = found.entry.link;
  entry.device_major = found.entry.device_major;
  entry.device_minor = found.entry.device_minor;
  return entry;
}

std::vector<std::string> LayersView::children(const std::string& path) const {
  std::vector<std::string> names;
  const auto folder = tree_.lookup(path, Last::kKeep);
  if (!folder || folder->entry.type != layer::EntryType::kFolder || folder->entry.path != path) return names;
  for (layer::MergedTree::Descendants below(tree_, path); below.next(); below.skip())
    names.push_back(context::base_name(below.found().entry.path));
  return names;
}

layer::MergedTree::Found LayersView::file(const std::string& path) const {
  auto found = tree_.lookup(path, Last::kKeep);
  if (!found || found->entry.type != layer::EntryType::kFile || found->layer >= layers_.size()) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      fmt::format("file /{} not found in the image", base::printable_path(path)));
  }
  return std::move(*found);
}

files::UniqueFd LayersView::open(const std::string& path) const {
  return open(file(path));
}

files::UniqueFd LayersView::open(const layer::MergedTree::Found& found) const {
  return layers_[found.layer]->open(found.content_path, found.entry);
}

std::map<std::string, std::string> LayersView::xattrs(const std::string& path) const {
  const auto found = tree_.lookup(path, Last::kKeep);
  if (!found) return {};
  return xattrs(*found);
}

std::map<std::string, std::string> LayersView::xattrs(const layer::MergedTree::Found& found) const {
  if (found.layer >= layers_.size()) return {};
  const bool folder = found.entry.type == layer::EntryType::kFolder;
  return layers_[found.layer]->xattrs(folder ? found.entry.path : found.content_path);
}

std::string LayersView::hard_link_group(const std::string& path) const {
  const auto found = file(path);
  // Names of one file lead to one place in the archive of its layer.
  return fmt::format("{}:{}", found.layer, found.content_path);
}

}  // namespace ixian::snapshot
