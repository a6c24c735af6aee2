// The tag scheme of the distribution specification for what refers to an image, where a registry has no API
// for it: "sha256-<hex>" names an index of the referrers. Cosign appends ".sig" and the like for single ones.
#include "oci/referrers.h"

#include <stdexcept>
#include <variant>

#include "base/error.h"

namespace ixian::oci {

std::string referrers_tag(const Digest& subject) {
  return std::string(subject.algorithm()) + "-" + std::string(subject.hex());
}

std::optional<Digest> subject_of_tag(std::string_view tag) {
  const std::size_t dash = tag.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view rest = tag.substr(dash + 1);
  return Digest::parse(std::string(tag.substr(0, dash)) + ":" + std::string(rest.substr(0, rest.find('.'))));
}

std::vector<Descriptor> referrers_by_tag(ImageRepo& repo, const Digest& subject) {
  const std::string tag = referrers_tag(subject);
  const std::optional<RawManifest> there = repo.read_manifest(tag);
  if (!there) return {};
  try {
    AnyManifest parsed = there->parsed();
    if (auto* index = std::get_if<Index>(&parsed)) return std::move(index->manifests);
    return {};
  } catch (const std::invalid_argument& error) {
    throw base::Error(base::ErrorCode::kRegistry,
                      "invalid list of referrers " + tag + " in " + repo.name() + ": " + error.what());
  }
}

std::vector<Descriptor> ImageRepo::referrers(const Digest& subject) {
  return referrers_by_tag(*this, subject);
}

}  // namespace ixian::oci
