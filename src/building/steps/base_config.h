// What an image means for a Dockerfile that stands on it, remembered on this machine.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/event.h"
#include "oci/digest.h"
#include "oci/image_config.h"
#include "oci/open_repo.h"
#include "oci/platform.h"
#include "store/store.h"

namespace ixian::steps {

struct BaseConfig {
  std::vector<std::string> environment;  // "NAME=value" each
  std::vector<std::string> triggers;     // ONBUILD
};

BaseConfig base_config(const base::Json& runtime);  // of the `config` object of an image's configuration

// By digest, whatever the image is called: a digest never means another image. nullopt where nobody has been
// asked on this machine so far.
std::optional<BaseConfig> known_base_config(store::Store& store, const oci::Digest& digest,
                                            const oci::Platform& platform);

// Of an image in the store, else at its registry, and known from then on. `reference` has the digest. Throws
// as BaseImages::get() does.
BaseConfig read_base_config(const std::shared_ptr<store::Store>& store, const oci::OpenRepo& open,
                            const oci::Reference& reference, const oci::Platform& platform,
                            base::Cancellation& cancellation);

}  // namespace ixian::steps
