// One call to Vault's HTTP API.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/secret.h"
#include "http/client.h"
#include "secrets/json_field.h"
#include "secrets/vault_settings.h"

namespace ixian::secrets {

struct VaultAnswer {
  int status = 0;
  WipedJson body{base::Json()};  // null where there is none

  bool ok() const { return status >= 200 && status < 300; }

  // What Vault said, "errors" and "warnings" in one line; may be empty.
  std::string said() const;
};

// Thread-safe. A standby node may send us on to another one, once, and the token goes with us, as with
// Vault's own client: but only to https, or to where we already are.
class VaultApi {
 public:
  VaultApi(http::Client& client, VaultAddress address) : client_(client), address_(std::move(address)) {}

  // `path` is what follows /v1/, not yet encoded. An empty token is not sent. Throws Error{kRegistry} where
  // Vault is sealed, fails, sends us somewhere we must not go, or is no Vault; all other answers are for the
  // caller.
  VaultAnswer get(const std::string& path, const base::Secret& token) const;
  VaultAnswer post(const std::string& path, std::string body) const;

  const VaultAddress& address() const { return address_; }
  http::Client& client() const { return client_; }

 private:
  http::Request request(const std::string& path) const;
  http::Response send(http::Request request) const;
  VaultAnswer answer(http::Response response) const;

  http::Client& client_;
  VaultAddress address_;
};

}  // namespace ixian::secrets
