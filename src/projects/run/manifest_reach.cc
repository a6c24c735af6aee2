// Registries remove by digest, and with a digest go all its tags, and what an index of others names may be a
// manifest of ours. So before anything goes, the manifests of all foreign tags are read, level by level, each
// once. What cannot be read could name anything: then nothing is removed.
#include "run/manifest_reach.h"

#include <fmt/format.h>

#include <mutex>
#include <optional>
#include <stdexcept>
#include <variant>

#include "base/error.h"
#include "oci/media_types.h"
#include "oci/referrers.h"
#include "run/repo_requests.h"

namespace ixian::run {
namespace {

bool names_a_manifest(const oci::Descriptor& entry) {
  return oci::is_manifest_type(entry.media_type) || oci::is_index_type(entry.media_type);
}

}  // namespace

void ManifestReach::follow(const std::vector<std::string>& tags) {
  std::vector<std::string> refs = tags;
  while (!refs.empty()) refs = read(refs);
}

// One step further. Returns what it leads to.
std::vector<std::string> ManifestReach::read(const std::vector<std::string>& refs) {
  std::mutex mutex;
  std::set<oci::Digest> next;
  request_each(refs.size(), cancellation_, [&](std::size_t i) {
    std::optional<oci::RawManifest> manifest;
    try {
      manifest = repo_.read_manifest(refs[i]);
      const std::lock_guard lock(mutex);
      if (const auto subject = oci::subject_of_tag(refs[i])) next.insert(*subject);
      if (manifest) add(*manifest, next);
    } catch (const std::invalid_argument& error) {
      throw base::Error(
          base::ErrorCode::kRegistry,
          fmt::format("cannot read what {} in {} refers to, so nothing can be removed there: {}", refs[i],
                      repo_.name(), error.what()));
    } catch (const base::Error& error) {
      throw base::Error(
          error.code(),
          fmt::format("cannot read what {} in {} refers to, so nothing can be removed there: {}", refs[i],
                      repo_.name(), error.message()),
          error.context());
    }
  });
  std::vector<std::string> further;
  for (const oci::Digest& digest : next) {
    held_.insert(digest);
    if (read_.insert(digest).second) further.push_back(digest.text());
  }
  return further;
}

void ManifestReach::add(const oci::RawManifest& manifest, std::set<oci::Digest>& next) {
  held_.insert(manifest.descriptor.digest);
  read_.insert(manifest.descriptor.digest);
  const oci::AnyManifest parsed = manifest.parsed();
  std::visit(
      [&](const auto& value) {
        if (value.subject) next.insert(value.subject->digest);
      },
      parsed);
  const auto* index = std::get_if<oci::Index>(&parsed);
  if (index == nullptr) return;
  for (const oci::Descriptor& entry : index->manifests) {
    held_.insert(entry.digest);
    if (names_a_manifest(entry)) next.insert(entry.digest);
  }
}

}  // namespace ixian::run
