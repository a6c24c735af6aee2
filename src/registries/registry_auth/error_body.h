// The errors that registries answer with (distribution specification, "Error Codes").
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ixian::registry_auth {

struct RegistryError {
  std::string code;     // "MANIFEST_UNKNOWN", upper case, may be empty
  std::string message;  // one line, control characters replaced
};

// Reads {"errors":[…]}, and the shapes that others send ({"message"}, {"details"}, {"error"}, S3's XML, plain
// text, HTML), cut to something that fits a message. Never throws; empty where nothing can be said.
std::vector<RegistryError> parse_error_body(std::string_view body, std::string_view content_type);

}  // namespace ixian::registry_auth
