// A registry that does not know subjects (no header OCI-Subject in its answer) is told by whoever pushes, as
// the distribution specification has it ("Pushing Manifests with Subject"): an index under the tag
// "sha256-<hex>" lists what refers to a manifest. Two who add to it at once may lose one entry; the
// specification has no better way.
#include "registry/referrers.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "oci/media_types.h"
#include "oci/referrers.h"
#include "registry/pages.h"

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
    // As the specification has it for artifacts from before `artifactType`.
    entry.artifact_type = image->config.media_type;
  }

  const std::string tag = oci::referrers_tag(subject->digest);
  oci::Index index{std::string(oci::kOciIndex), {}, {}, {}, {}};
  if (const std::optional<oci::RawManifest> there = repo.read_manifest(tag)) {
    const oci::AnyManifest value = there->parsed();
    if (const auto* listed = std::get_if<oci::Index>(&value)) index = *listed;
  }
  const bool known = std::any_of(index.manifests.begin(), index.manifests.end(),
                                 [&](const oci::Descriptor& other) { return other.digest == entry.digest; });
  // Between reading and writing somebody else may add an entry, which is then lost: the scheme has no way to
  // prevent that.
  if (known) return;
  index.manifests.push_back(std::move(entry));
  repo.put_manifest(tag, oci::raw(index));
}

std::optional<std::vector<oci::Descriptor>> list_referrers(HostClient& host, const Operation& work,
                                                           const std::string& repository,
                                                           const oci::Digest& subject) {
  std::vector<oci::Descriptor> found;
  std::set<oci::Digest> known;
  const auto take = [&](const base::Json& page, const http::ResponseHead&) {
    const oci::AnyManifest parsed = oci::parse_manifest(page.dump(), "");
    const auto* index = std::get_if<oci::Index>(&parsed);
    if (index == nullptr) throw std::invalid_argument("not an index");
    const std::size_t before = found.size();
    for (const oci::Descriptor& each : index->manifests) {
      if (known.insert(each.digest).second) found.push_back(each);
    }
    return found.size() - before;
  };
  const List list{"/v2/" + repository + "/referrers/" + subject.text(), "list of referrers",
                  registry_auth::pull_scope(repository), true};
  if (!read_list(host, work, list, take)) return std::nullopt;
  return found;
}

}  // namespace ixian::registry
