// Base64 (RFC 4648 section 4), as credentials travel in headers and lie in files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace ixian::auth {

base::Secret encode_base64(std::string_view bytes);

// Both alphabets, with padding or without, white space ignored. nullopt where it is not base64.
std::optional<base::Secret> decode_base64(std::string_view text);

// The value of an Authorization header: "Basic …".
base::Secret basic_authorization(const std::string& username, const base::Secret& password);

}  // namespace ixian::auth
