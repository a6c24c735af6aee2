// How the engine reaches what is not in its store.
#pragma once

#include <functional>
#include <memory>

#include "oci/image_repo.h"
#include "oci/reference.h"

namespace ixian::oci {

// The repository that a reference names: of a registry, mostly. Asks nobody yet; throws base::Error where the
// registry cannot be used. Thread-safe.
using OpenRepo = std::function<std::shared_ptr<ImageRepo>(const Reference& reference)>;

}  // namespace ixian::oci
