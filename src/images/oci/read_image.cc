// An image's manifest, its blobs when small: through indexes to one platform, and never a byte that was not
// checked against its digest.
#include <variant>

#include "base/error.h"
#include "oci/copy_image.h"
#include "oci/verifying_source.h"

namespace ixian::oci {

std::optional<RawManifest> read_image(ImageRepo& repo, const std::string& ref, const Platform& platform) {
  std::optional<RawManifest> manifest = repo.read_manifest(ref);
  // Indexes may name indexes, and in a ring too.
  constexpr int kMaxDepth = 4;
  for (int depth = 0; manifest; ++depth) {
    try {
      const AnyManifest parsed = manifest->parsed();
      const Index* index = std::get_if<Index>(&parsed);
      if (index == nullptr) return manifest;
      const Descriptor* entry = choose(*index, platform);
      if (entry == nullptr || depth == kMaxDepth) {
        throw base::Error(base::ErrorCode::kRegistry, "no image for " + platform.text() + ": " + ref +
                                                          " in " + repo.name() + " has " + platforms(*index) +
                                                          "\nhint: choose one of these with --platform");
      }
      manifest = repo.read_manifest(entry->digest.text());
      if (!manifest) {
        throw base::Error(base::ErrorCode::kRegistry, entry->digest.text() + " not found in " + repo.name() +
                                                          ", but " + ref + " refers to it for " +
                                                          platform.text() + "\nhint: push that image again");
      }
    } catch (const std::invalid_argument& error) {
      throw base::Error(base::ErrorCode::kRegistry,
                        "invalid manifest of " + ref + " in " + repo.name() + ": " + error.what());
    }
  }
  return manifest;
}

std::string read_blob(ImageRepo& repo, const Descriptor& blob, std::size_t limit) {
  if (blob.size > limit) {
    throw base::Error(base::ErrorCode::kRegistry, blob.digest.text() + " in " + repo.name() + " has " +
                                                      std::to_string(blob.size) +
                                                      " bytes, more than allowed");
  }
  VerifiedBlob verified(
      blob, [&](std::uint64_t offset) { return repo.open_blob(blob, offset); }, repo.name());
  return base::read_all(*verified.open(0), limit, blob.digest.text() + " in " + repo.name());
}

void write_blob(ImageRepo& repo, const Descriptor& blob, std::string_view bytes) {
  if (repo.has_blob(blob)) return;
  repo.put_blob(blob, [bytes](std::uint64_t offset) {
    return std::make_unique<base::TextSource>(bytes.substr(offset));
  });
}

}  // namespace ixian::oci
