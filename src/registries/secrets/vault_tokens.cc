// Where Vault's token comes from: VAULT_TOKEN, ~/.vault-token, a login; an agent may need none. The first two
// are read anew each time, as `vault login` may have been run meanwhile. A token of ours is left to run out
// and replaced by another login at nine tenths of its life. It is not renewed: that needs a right of its own,
// has a limit too, and would be a second way to the same thing.
#include "secrets/vault_tokens.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "files/trust.h"

namespace ixian::secrets {
namespace {

std::string request_body(const VaultLogin& login) {
  WipedJson body(base::Json::object());
  if (!login.role.empty()) body.json["role"] = login.role;
  for (const auto& [name, value] : login.fields) body.json[name] = value.reveal();
  return base::canonical_json(body.json);
}

std::string without_secrets(std::string text, const VaultLogin& login) {
  for (const auto& [name, value] : login.fields) text = base::without_secret(std::move(text), value);
  return text;
}

std::string source_of(const VaultLogin& login) {
  return fmt::format("the {} login at auth/{}", login.method, login.mount);
}

}  // namespace

VaultToken VaultTokens::current() {
  std::lock_guard lock(mutex_);
  std::string variable = variable_or_empty(environment_, "VAULT_TOKEN");
  if (!variable.empty()) return {base::Secret(std::move(variable)), "VAULT_TOKEN"};
  if (auto token = from_file()) return *token;
  const bool good = logged_in_ && (!renew_at_ || api_.client().clock().now() < *renew_at_);
  if (good) return *logged_in_;
  if (const auto login = vault_login(environment_)) {
    logged_in_ = log_in(*login);
    return *logged_in_;
  }
  if (api_.address().token_optional) return {};
  base::fail_registry(
      "no token for Vault: VAULT_TOKEN is not set, ~/.vault-token does not exist, and no login is "
      "configured\nhint: run `vault login`, or set VAULT_ROLE_ID and VAULT_SECRET_ID (AppRole), VAULT_JWT "
      "and VAULT_ROLE (JWT), or VAULT_K8S_ROLE (in a pod)");
}

bool VaultTokens::replace(const VaultToken& refused) {
  std::lock_guard lock(mutex_);
  // Nobody can change it while the process runs.
  if (refused.source == "VAULT_TOKEN") return false;
  if (refused.source == "~/.vault-token") {
    const auto token = from_file();
    // Another is there, or the next in the order has a turn.
    return !token || token->token.reveal() != refused.token.reveal();
  }
  // Somebody else may have logged in anew meanwhile.
  if (logged_in_ && logged_in_->token.reveal() == refused.token.reveal()) logged_in_.reset();
  return !refused.token.empty();
}

std::optional<VaultToken> VaultTokens::from_file() const {
  if (environment_.home.empty()) return std::nullopt;
  std::optional<std::string> content;
  try {
    content = files::read_credentials_file(environment_.home + "/.vault-token");
  } catch (const base::Error& error) {
    base::fail_registry(error.message());
  }
  if (!content) return std::nullopt;
  base::Secret token{std::string(base::trim(*content))};
  base::wipe(*content);
  if (token.empty()) return std::nullopt;
  return VaultToken{std::move(token), "~/.vault-token"};
}

VaultToken VaultTokens::log_in(const VaultLogin& login) {
  const auto asked = api_.client().clock().now();
  VaultAnswer answer = api_.post(fmt::format("auth/{}/login", login.mount), request_body(login));
  if (!answer.ok()) {
    base::fail_registry(
        fmt::format("Vault at {} rejected {} ({})\nhint: check the role, what it is bound to, and the mount",
                    api_.address().url, source_of(login), answer.status),
        without_secrets(answer.said(), login));
  }
  const base::Json none;
  const base::Json& body = answer.body.json;
  const base::Json& auth = body.is_object() && body.contains("auth") ? body["auth"] : none;
  if (!auth.is_object() || !auth.contains("client_token") || !auth["client_token"].is_string() ||
      auth["client_token"].get_ref<const std::string&>().empty()) {
    base::fail_registry(fmt::format("Vault at {} accepted {}, but returned no token\nhint: check whether the "
                                    "role needs a second factor",
                                    api_.address().url, source_of(login)),
                        without_secrets(answer.said(), login));
  }
  // No duration, or none at all, is a token that does not end.
  renew_at_.reset();
  const auto lease = auth.find("lease_duration");
  if (lease != auth.end() && lease->is_number_integer()) {
    const std::chrono::seconds time(std::min<std::int64_t>(lease->get<std::int64_t>(), 10L * 365 * 86'400));
    if (time.count() > 0) renew_at_ = asked + std::chrono::milliseconds(time) * 9 / 10;
  }
  return {base::Secret(auth["client_token"].get<std::string>()), source_of(login)};
}

}  // namespace ixian::secrets
