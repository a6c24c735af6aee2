// What stands on a manifest without being part of it (distribution specification, "Referrers Tag Schema", and
// the tags of cosign).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/image_repo.h"

namespace ixian::oci {

// "sha256-<hex>": where the referrers of a manifest are listed if the registry does not list them itself.
std::string referrers_tag(const Digest& subject);

// The digest that a tag is about, by its name: that of "sha256-<hex>", "sha256-<hex>.sig",
// "sha256-<hex>.att".
std::optional<Digest> subject_of_tag(std::string_view tag);

// The entries under referrers_tag(); none where that is no index.
std::vector<Descriptor> referrers_by_tag(ImageRepo& repo, const Digest& subject);

}  // namespace ixian::oci
