#include "registry/referrers.h"

#include <algorithm>

#include "oci/media_types.h"

namespace ixian::registry {

void add_to_fallback_index(oci::ImageRepo& repo, const oci::RawManifest& manifest) {
  const oci::AnyManifest parsed = manifest.parsed();
  const auto& subject = std::visit(
      [](const auto& value) -> const auto& { return value.subject; }, parsed);
  if (!subject) return;

  oci::Descriptor entry = manifest.descriptor;
  std::visit(
      [&](const auto& value) {
        entry.artifact_type = value.artifact_type;
        entry.annotations = value.annotations;
      },
      parsed);
  if (const auto* image = std::get_if<oci::Manifest>(&parsed); image && entry.artifact_type.empty()) {
    entry.artifact_type = image->config.media_type;
  }

  const std::string tag = std::string(subject->digest.algorithm()) + "-" + std::string(subject->digest.hex());
  oci::Index index{std::string(oci::kOciIndex), {}, {}, {}, {}};
  if (const std::optional<oci::RawManifest> there = repo.read_manifest(tag)) {
    const oci::AnyManifest value = there->parsed();
    if (const auto* listed = std::get_if<oci::Index>(&value)) index = *listed;
  }
  const bool known = std::any_of(index.manifests.begin(), index.manifests.end(),
                                 [&](const oci::Descriptor& other) { return other.digest == entry.digest; });
  if (known) return;
  index.manifests.push_back(std::move(entry));
  repo.put_manifest(tag, oci::raw(index));
}

}  // namespace ixian::registry
