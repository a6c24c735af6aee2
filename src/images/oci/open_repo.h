// How the engine reaches what is not in its store.
#pragma once

#include <functional>
#include <memory>

#include "oci/image_repo.h"
#include "oci/reference.h"

namespace ixian::engine {

// The repository that a reference names: of a registry, mostly. Asks nobody yet; throws base::Error where the
// registry cannot be used. Thread-safe.
using OpenRepo = std::function<std::shared_ptr<oci::ImageRepo>(const oci::Reference& reference)>;

}  // namespace ixian::engine
