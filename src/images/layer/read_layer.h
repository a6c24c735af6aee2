// Looks into a layer's blob without extracting it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_source.h"
#include "base/cancel.h"
#include "compression/limits.h"
#include "layer/listing.h"
#include "oci/descriptor.h"
#include "oci/digest.h"

namespace ixian::layer {

struct ScannedLayer {
  LayerListing listing;
  oci::Digest diff_id;
  std::uint64_t tar_size = 0;
};

// What extract() would find, and refuse for the same reasons, as far as they show without a file system.
ScannedLayer scan(base::ByteSource& blob, const oci::Descriptor& descriptor,
                  const std::optional<oci::Digest>& diff_id, const compression::Limits& limits,
                  base::Cancellation& cancellation);

// Calls back with each of `files`, entries of the listing of this layer of type kFile, and its content, in
// the order in which they lie in the layer. The content is gone when the call returns; what was not read of
// it is skipped. Reads the blob only as far as needed, and so does not verify it: its bytes must come from a
// store that has. Throws Error{kRegistry} where the blob does not have them, and what on_file throws.
void read_files(base::ByteSource& blob, std::vector<ListedEntry> files,
                const std::function<void(const ListedEntry& file, base::ByteSource& content)>& on_file,
                base::Cancellation& cancellation);

// The content of one file. Throws Error{kRegistry} where it is longer than `limit` bytes.
std::string read_file(base::ByteSource& blob, const ListedEntry& file, std::size_t limit,
                      base::Cancellation& cancellation);

}  // namespace ixian::layer
