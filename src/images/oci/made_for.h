// For which key an image was made: what the tag "<stage>-<key>" of a project says, and the manifest besides,
// so that a tag that leads to another image is noticed by whoever reads it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oci/manifest.h"

namespace ixian::oci {

// The annotation of the manifest.
inline constexpr std::string_view kMadeFor = "ixian.stage.key";

// nullopt for a tag that is no stage's.
std::optional<std::string> key_in_tag(std::string_view tag);

enum class MadeFor { kThisTag, kAnother, kSaysNothing };

// What the manifest of a stage says of the tag; of any other tag it is kThisTag. Images of a Docker daemon,
// and those of others, say nothing.
MadeFor made_for(const RawManifest& manifest, std::string_view tag);

// Throws Error{kRegistry} where the manifest under that tag was made for another key.
void check_made_for(const RawManifest& manifest, const std::string& repository, const std::string& tag);

}  // namespace ixian::oci
