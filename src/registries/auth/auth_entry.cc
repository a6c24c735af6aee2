// One entry of "auths", by Docker's reading: {"auth": base64(user ":" password)}, or the two by name, or one
// of two tokens. Of several the credential keeps all; which is sent is the matter of src/registry. An entry
// that holds nothing usable is none, and never an error: `docker logout` and credential stores leave such
// entries behind.
#include <algorithm>
#include <stdexcept>

#include "auth/docker_config.h"
#include "base/base64.h"
#include "base/json.h"

namespace ixian::auth {
namespace {

std::string text_at(const base::Json& entry, const char* name) {
  const auto found = entry.find(name);
  return found != entry.end() && found->is_string() ? found->get<std::string>() : "";
}

// Old versions of Docker padded what they encoded with NULs.
void strip_nuls(std::string& text) {
  std::erase(text, '\0');
}

void split_auth(const std::string& auth, Credential& credential) {
  const auto decoded = base::decode_base64(auth);
  if (!decoded) return;
  const std::string& both = decoded->reveal();
  const std::size_t colon = both.find(':');
  if (colon == std::string::npos) return;
  credential.username = both.substr(0, colon);
  std::string password = both.substr(colon + 1);
  strip_nuls(credential.username);
  strip_nuls(password);
  credential.password = base::Secret(std::move(password));
}

}  // namespace

std::optional<Credential> parse_auth_entry(const std::string& json) {
  base::Json entry;
  try {
    entry = base::parse_json(json, 1 << 20, 16);
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
  if (!entry.is_object()) return std::nullopt;
  Credential credential;
  split_auth(text_at(entry, "auth"), credential);
  // `auth` wins, as with Docker.
  if (credential.password.empty()) {
    const std::string username = text_at(entry, "username");
    if (!username.empty()) credential.username = username;
    credential.password = base::Secret(text_at(entry, "password"));
  }
  // With a token there is often half a pair beside it, such as a user without a password.
  credential.identity_token = base::Secret(text_at(entry, "identitytoken"));
  credential.bearer = base::Secret(text_at(entry, "registrytoken"));
  const bool has_password = !credential.username.empty() && !credential.password.empty();
  if (!has_password) credential.password = base::Secret();
  if (!has_password && credential.identity_token.empty() && credential.bearer.empty()) return std::nullopt;
  return credential;
}

}  // namespace ixian::auth
