// Which manifests refer to which (distribution specification, "Listing Referrers" and its fall-back).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oci/image_repo.h"
#include "registry/host_client.h"

namespace ixian::registry {

// For a registry that does not keep track of subjects itself (it answered a push without OCI-Subject): adds
// the manifest, if it has a subject, to the index under the tag "<alg>-<hex>" of its subject. Nothing happens
// to manifests without one.
void add_to_fallback_index(oci::ImageRepo& repo, const oci::RawManifest& manifest);

// What the registry itself says of it, the whole list (pages.h); nullopt where it has no such question.
// Throws failure(work, …).
std::optional<std::vector<oci::Descriptor>> list_referrers(HostClient& host, const Operation& work,
                                                           const std::string& repository,
                                                           const oci::Digest& subject);

}  // namespace ixian::registry
