// Signatures and the like follow the image that they are about.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "oci/copy_image.h"

namespace ixian::oci {

struct ReferrersResult {
  std::size_t copied = 0;          // manifests and tags that were not there
  std::vector<std::string> stays;  // what did not come along, one half of a sentence each
};

// Copies what stands on `image` and on all that it names: what `from` lists as its referrers, and what has a
// tag that is about it by name ("sha256-<hex>.sig"), and what stands on these, to any depth. A tag that `to`
// has with something else stays as it is there, and is told. Throws what copy_image throws.
ReferrersResult copy_referrers(ImageRepo& from, const Descriptor& image, ImageRepo& to,
                               const CopyOptions& options, base::Cancellation& cancellation);

}  // namespace ixian::oci
