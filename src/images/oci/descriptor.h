// Descriptors (OCI image-spec, descriptor.md).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "oci/digest.h"
#include "oci/platform.h"

namespace ixian::oci {

struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;  // bytes of the content as it is stored
  std::optional<Platform> platform;
  std::map<std::string, std::string> annotations;
  std::vector<std::string> urls;
  std::string artifact_type;

  // "layer 3f2a… (12 MB)" is for others to say; this is only the same content: digest and size.
  bool same_content(const Descriptor& other) const { return digest == other.digest && size == other.size; }
  friend bool operator==(const Descriptor&, const Descriptor&) = default;
};

// Strict: types as specified, a size of 0 to 2^63-1, a digest that parses. Throws std::invalid_argument with
// `where` ("layers[2]") in its sentence. Unknown fields are ignored, `data` too.
Descriptor descriptor_from_json(const base::Json& json, const std::string& where);
base::Json to_json(const Descriptor& descriptor);

}  // namespace ixian::oci
