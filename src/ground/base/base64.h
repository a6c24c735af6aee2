// Base64 (RFC 4648), as credentials travel in headers and lie in files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace ixian::base {

Secret encode_base64(std::string_view bytes);
Secret encode_base64_url(std::string_view bytes);  // the alphabet of section 5, with padding

// Both alphabets, with padding or without, white space ignored. nullopt where it is not base64.
std::optional<Secret> decode_base64(std::string_view text);

// The value of an Authorization header: "Basic …".
Secret basic_authorization(const std::string& username, const Secret& password);

}  // namespace ixian::base
