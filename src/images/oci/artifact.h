// What a manifest is of that is no image: a chart, a signature.
#pragma once

#include <string>

#include "oci/manifest.h"

namespace ixian::oci {

// The artifact's type, or that of its configuration, printable; "" for an image. For a message, where it
// cannot be used as an image.
std::string artifact_type(const Manifest& manifest);

}  // namespace ixian::oci
