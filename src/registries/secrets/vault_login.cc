// How to log in when there is no token, told by the variables that are set: AppRole, JWT (CI systems), or the
// service account of a pod. Vault's own variables know no logins, so the names are those that common actions
// and Ixian have in use, ours first. Only the first kind that is set counts: trying one after another would
// hide a mistake in the one that was meant.
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"
#include "files/trust.h"
#include "secrets/vault_settings.h"

namespace ixian::secrets {
namespace {

constexpr const char* kPodToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";

std::string first_of(const aws::Environment& environment, std::initializer_list<const char*> names,
                     std::string otherwise = "") {
  for (const char* name : names) {
    std::string value = variable_or_empty(environment, name);
    if (!value.empty()) return value;
  }
  return otherwise;
}

std::string mount_of(const aws::Environment& environment, std::initializer_list<const char*> names,
                     std::string otherwise) {
  std::string mount = first_of(environment, names, std::move(otherwise));
  while (mount.ends_with('/')) mount.pop_back();
  if (mount.starts_with("auth/")) mount.erase(0, 5);
  return mount;
}

// `variable` has named it.
base::Secret read_named(const std::string& path, const std::string& variable) {
  std::optional<std::string> content;
  try {
    content = files::read_credentials_file(path);
  } catch (const base::Error& error) {
    throw base::Error(base::ErrorCode::kRegistry, error.message());
  }
  if (!content) {
    throw base::Error(base::ErrorCode::kRegistry,
                      fmt::format("{} not found (set in {})", base::printable_path(path), variable));
  }
  base::Secret secret{std::string(base::trim(*content))};
  base::wipe(*content);
  if (secret.empty()) {
    throw base::Error(base::ErrorCode::kRegistry,
                      fmt::format("{} is empty (set in {})", base::printable_path(path), variable));
  }
  return secret;
}

std::optional<VaultLogin> approle(const aws::Environment& environment) {
  base::Secret role_id(variable_or_empty(environment, "VAULT_ROLE_ID"));
  if (role_id.empty()) return std::nullopt;
  VaultLogin login{"AppRole", mount_of(environment, {"VAULT_APPROLE_PATH"}, "approle"), "", {}};
  login.fields.emplace_back("role_id", std::move(role_id));
  base::Secret secret_id(variable_or_empty(environment, "VAULT_SECRET_ID"));
  const std::string file = variable_or_empty(environment, "VAULT_SECRET_ID_FILE");
  if (secret_id.empty() && !file.empty()) secret_id = read_named(file, "VAULT_SECRET_ID_FILE");
  if (!secret_id.empty()) login.fields.emplace_back("secret_id", std::move(secret_id));
  return login;
}

std::optional<VaultLogin> jwt(const aws::Environment& environment) {
  base::Secret token(first_of(environment, {"VAULT_JWT", "VAULT_ID_TOKEN"}));
  const std::string file = variable_or_empty(environment, "VAULT_JWT_FILE");
  if (token.empty() && file.empty()) return std::nullopt;
  if (token.empty()) token = read_named(file, "VAULT_JWT_FILE");
  VaultLogin login{"JWT",
                   mount_of(environment, {"VAULT_JWT_PATH", "VAULT_AUTH_PATH"}, "jwt"),
                   first_of(environment, {"VAULT_ROLE", "VAULT_AUTH_ROLE"}),
                   {}};
  login.fields.emplace_back("jwt", std::move(token));
  return login;
}

std::optional<VaultLogin> kubernetes(const aws::Environment& environment) {
  std::string role = first_of(environment, {"VAULT_K8S_ROLE", "VAULT_ROLE", "VAULT_AUTH_ROLE"});
  if (role.empty()) return std::nullopt;
  const std::string named = variable_or_empty(environment, "VAULT_K8S_TOKEN_FILE");
  // A role alone is also set outside pods, for JWT.
  if (named.empty() && !files::read_file(kPodToken)) return std::nullopt;
  VaultLogin login{"Kubernetes",
                   mount_of(environment, {"VAULT_K8S_PATH", "VAULT_AUTH_PATH"}, "kubernetes"),
                   std::move(role),
                   {}};
  login.fields.emplace_back(
      "jwt", named.empty() ? read_named(kPodToken, "the pod") : read_named(named, "VAULT_K8S_TOKEN_FILE"));
  return login;
}

}  // namespace

std::optional<VaultLogin> vault_login(const aws::Environment& environment) {
  if (auto login = approle(environment)) return login;
  if (auto login = jwt(environment)) return login;
  return kubernetes(environment);
}

}  // namespace ixian::secrets
