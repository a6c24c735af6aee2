// Where Vault is and who we are to it, as the environment says.
//
// Read as Vault's own client reads them:
//   VAULT_ADDR                            https://vault.example.com:8200, or unix:///run/vault.sock
//   VAULT_AGENT_ADDR                      an agent in its place, which may add the token by itself
//   VAULT_TOKEN, then ~/.vault-token      a token that is there already
//   VAULT_NAMESPACE
//   VAULT_CACERT, else VAULT_CAPATH       a file, or a folder of files, with CAs in PEM
//   VAULT_CLIENT_CERT, VAULT_CLIENT_KEY
//   VAULT_SKIP_VERIFY                     true, 1, …: any certificate will do
//
// Without a token, the first of these that is complete logs in:
//   AppRole      VAULT_ROLE_ID, with VAULT_SECRET_ID or VAULT_SECRET_ID_FILE where the role wants one;
//                mount VAULT_APPROLE_PATH, else "approle"
//   JWT          VAULT_JWT, VAULT_ID_TOKEN (GitLab) or VAULT_JWT_FILE; role VAULT_ROLE or VAULT_AUTH_ROLE,
//                else the mount's default role; mount VAULT_JWT_PATH or VAULT_AUTH_PATH, else "jwt"
//   Kubernetes   VAULT_K8S_ROLE, VAULT_ROLE or VAULT_AUTH_ROLE; the token in VAULT_K8S_TOKEN_FILE, else the
//                pod's own; mount VAULT_K8S_PATH or VAULT_AUTH_PATH, else "kubernetes"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/credentials.h"
#include "base/secret.h"
#include "http/tls_settings.h"

namespace ixian::secrets {

struct VaultAddress {
  std::string url;  // without a slash at its end
  std::string unix_socket;
  std::string vault_namespace;
  bool token_optional = false;  // an agent
};

// Throws Error{kRegistry} where VAULT_ADDR is missing or is no address.
VaultAddress vault_address(const aws::Environment& environment);

// What is sent to auth/<mount>/login.
struct VaultLogin {
  std::string method;  // for people: "AppRole"
  std::string mount;
  std::string role;  // "" where the mount's default is meant; for AppRole, the role is one of `fields`
  std::vector<std::pair<std::string, base::Secret>> fields;
};

// nullopt where the environment has none. Files are read at each call: tokens in them are replaced while we
// run. Throws Error{kRegistry} where one is named and cannot be used.
std::optional<VaultLogin> vault_login(const aws::Environment& environment);

// For whoever makes connections: what the environment says for Vault's own host, nullopt for other hosts and
// where it says nothing. Throws Error{kRegistry} for settings that contradict each other.
std::optional<http::TlsSettings> vault_tls_settings(std::string_view authority,
                                                    const aws::Environment& environment);

// A variable's value; "" where it is not set.
std::string variable_or_empty(const aws::Environment& environment, const std::string& name);

}  // namespace ixian::secrets
