// Image manifests and indexes, OCI 1.1 (manifest.md, image-index.md) and Docker schema 2, as values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "oci/descriptor.h"

namespace ixian::oci {

inline constexpr std::size_t kMaxManifestBytes = 4 << 20;

struct Manifest {
  std::string media_type;  // kOciManifest or kDockerManifest
  Descriptor config;
  std::vector<Descriptor> layers;
  std::optional<Descriptor> subject;
  std::string artifact_type;
  std::map<std::string, std::string> annotations;

  friend bool operator==(const Manifest&, const Manifest&) = default;
};

struct Index {
  std::string media_type;  // kOciIndex or kDockerList
  std::vector<Descriptor> manifests;
  std::optional<Descriptor> subject;
  std::string artifact_type;
  std::map<std::string, std::string> annotations;

  friend bool operator==(const Index&, const Index&) = default;
};

using AnyManifest = std::variant<Manifest, Index>;

// `media_type` is what the registry or a descriptor called it ("" is unknown); a mediaType inside must be
// equal. Strict, so that no two readers see two things in one document: schemaVersion 2, not both `layers`
// and `manifests`, no duplicate keys, depth and size limits, at most 4096 entries, descriptors whose size
// cannot overflow, not even all together, and no field that differs from a specified one only in case, which
// readers in Go would take for it. Parameters of `media_type` are ignored. Docker schema 1 is refused by
// name. Throws std::invalid_argument with a sentence for people that does not name the image, which the
// caller does.
AnyManifest parse_manifest(std::string_view bytes, std::string_view media_type);

// Bytes to push. Deterministic: equal values give equal bytes.
std::string to_bytes(const Manifest& manifest);
std::string to_bytes(const Index& index);

// A manifest as it travels: its exact bytes, and the descriptor that fits them.
struct RawManifest {
  Descriptor descriptor;  // media type, digest and size of `bytes`
  std::string bytes;

  AnyManifest parsed() const { return parse_manifest(bytes, descriptor.media_type); }
};

// The bytes of to_bytes(), and the descriptor that fits them.
RawManifest raw(const Manifest& manifest);
RawManifest raw(const Index& index);

// Of an index, the entry that suits `wanted` best; nullptr where none does. Entries of attestations
// ("unknown/unknown") never do. One without a platform does where it is the only image.
const Descriptor* choose(const Index& index, const Platform& wanted);

// For a message: "linux/amd64, linux/arm64", printable whatever stands there; "no named platform" where
// nothing does.
std::string platforms(const Index& index);

}  // namespace ixian::oci
