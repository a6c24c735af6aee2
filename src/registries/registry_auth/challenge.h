// WWW-Authenticate (RFC 9110 section 11.6.1), as registries send it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ixian::registry_auth {

struct Challenge {
  std::string scheme;                             // lower case: "basic", "bearer"
  std::map<std::string, std::string> parameters;  // names in lower case: realm, service, scope, error
  std::string token68;                            // of other schemes, else ""
};

// All challenges of all header fields, in order. Commas within quotes, unquoted values, several challenges in
// one field, any case, and escapes are understood; what cannot be read is left out, never thrown.
std::vector<Challenge> parse_challenges(const std::vector<std::string_view>& fields);

}  // namespace ixian::registry_auth
