// A descriptor is what everything else points with, so it is read strictly: type, digest and size must be
// there and be right, since sizes are added up and digests become names of files.
#include "oci/descriptor.h"

#include <limits>
#include <stdexcept>

#include "oci/json_fields.h"

namespace ixian::oci {
namespace {

using base::Json;

// Numbers beyond 2^64 have become floating-point ones by now, so they are refused with these.
std::uint64_t read_size(const Fields& fields, const std::string& where) {
  const Json* value = fields.find("size");
  if (value == nullptr) throw std::invalid_argument("field " + where + ".size is missing");
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const bool whole =
      value->is_number_unsigned() || (value->is_number_integer() && value->get<std::int64_t>() >= 0);
  if (!whole || value->get<std::uint64_t>() > kLargest) {
    throw std::invalid_argument("field " + where + ".size is not a whole number from 0 to 2^63-1: " +
                                shown(value->dump(-1, ' ', true, Json::error_handler_t::replace)));
  }
  return value->get<std::uint64_t>();
}

Digest read_digest(const Fields& fields, const std::string& where) {
  const std::string text = fields.text("digest");
  if (const auto digest = Digest::parse(text)) return *digest;
  throw std::invalid_argument("field " + where + ".digest is not a SHA-256 or SHA-512 digest: \"" +
                              shown(text) + "\"");
}

}  // namespace

Descriptor descriptor_from_json(const Json& json, const std::string& where) {
  const Fields fields(json, where);
  fields.refuse_other_spellings(
      {"mediaType", "digest", "size", "platform", "annotations", "urls", "artifactType"});
  Descriptor descriptor{.media_type = fields.media_type("mediaType"),
                        .digest = read_digest(fields, where),
                        .size = read_size(fields, where),
                        .platform = std::nullopt,
                        .annotations = fields.text_map("annotations"),
                        .urls = fields.texts("urls"),
                        .artifact_type = fields.media_type("artifactType")};
  if (descriptor.media_type.empty()) {
    throw std::invalid_argument("field " + where + ".mediaType is missing");
  }
  if (const Json* platform = fields.find("platform")) {
    try {
      descriptor.platform = platform_from_json(*platform);
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument("field " + where + ".platform is invalid: " + error.what());
    }
  }
  return descriptor;
}

Json to_json(const Descriptor& descriptor) {
  Json json = {
      {"mediaType", descriptor.media_type}, {"digest", descriptor.digest.text()}, {"size", descriptor.size}};
  if (descriptor.platform) json["platform"] = to_json(*descriptor.platform);
  if (!descriptor.annotations.empty()) json["annotations"] = descriptor.annotations;
  if (!descriptor.urls.empty()) json["urls"] = descriptor.urls;
  if (!descriptor.artifact_type.empty()) json["artifactType"] = descriptor.artifact_type;
  return json;
}

}  // namespace ixian::oci
