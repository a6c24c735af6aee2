// The files of an image as its layers make them, without a mount.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "context/file_view.h"
#include "layer/merged_tree.h"
#include "snapshot/lazy_layer.h"

namespace ixian::snapshot {

// What is where comes from the layers' listings; a layer is extracted only where a file of it is opened.
class LayersView : public context::FileView {
 public:
  // Reads the listings of all layers.
  explicit LayersView(LayerStack layers);

  std::optional<tar::TarEntry> find(const std::string& path) const override;
  std::vector<std::string> children(const std::string& path) const override;
  std::map<std::string, std::string> xattrs(const std::string& path) const override;
  files::UniqueFd open(const std::string& path) const override;
  std::string hard_link_group(const std::string& path) const override;

  // The same, for whoever goes through all.
  const layer::MergedTree& tree() const { return tree_; }
  static tar::TarEntry entry(const layer::MergedTree::Found& found);
  std::map<std::string, std::string> xattrs(const layer::MergedTree::Found& found) const;
  files::UniqueFd open(const layer::MergedTree::Found& file) const;

 private:
  layer::MergedTree::Found file(const std::string& path) const;

  const LayerStack layers_;
  const layer::MergedTree tree_;
};

// The merged listing, for whoever writes a layer on top of these.
layer::MergedTree merged(const LayerStack& layers);

}  // namespace ixian::snapshot
