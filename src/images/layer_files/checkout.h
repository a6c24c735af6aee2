// The files of an image, written into a folder as its layers make them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/byte_source.h"
#include "base/cancel.h"
#include "layer/listing.h"
#include "layer/merged_tree.h"
#include "oci/descriptor.h"
#include "oci/digest.h"

namespace ixian::layer_files {

struct CheckoutLayer {
  oci::Descriptor blob;
  oci::Digest diff_id;
  std::shared_ptr<const layer::LayerListing> listing;
  std::function<std::unique_ptr<base::ByteSource>()> open;
};

struct CheckedOut {
  std::uint64_t skipped_devices = 0;
  std::uint64_t skipped_attributes = 0;
};

// What MergedTree shows of the layers, lowest first, becomes the content of a folder: with hard links,
// attributes and holes; everything belongs to whoever calls. `folder` is a descriptor of it. What is there
// stays, but for what something of the image takes the place of; links that are there are never followed.
// Each layer that something is taken from is read once, in whole. In memory are, besides what LayerReader
// holds, 30 bytes for each file that shows under other names alone. Throws Error{kRegistry} for layers that
// extract() refuses, Error{kTaskFailed} where the file system does, and Cancelled.
CheckedOut checkout(const std::vector<CheckoutLayer>& layers, int folder, base::Cancellation& cancellation);

}  // namespace ixian::layer_files
