// The token that Vault's calls are made with: found, or fetched by logging in, and fetched anew in time.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "aws/credentials.h"
#include "base/secret.h"
#include "secrets/vault_api.h"

namespace ixian::secrets {

struct VaultToken {
  base::Secret token;  // empty: an agent adds it
  std::string source;  // for people: "VAULT_TOKEN", "~/.vault-token", "the AppRole login at auth/approle"
};

// Thread-safe; one login at a time.
class VaultTokens {
 public:
  VaultTokens(const VaultApi& api, aws::Environment environment)
      : api_(api), environment_(std::move(environment)) {}

  // One whose lease has still a tenth of its time. Throws Error{kRegistry} that says where it looked, or why
  // the login failed.
  VaultToken current();

  // After a 403: true where another token may be had, which current() then gets.
  bool replace(const VaultToken& refused);

 private:
  std::optional<VaultToken> from_file() const;
  VaultToken log_in(const VaultLogin& login);

  const VaultApi& api_;
  const aws::Environment environment_;

  // Guards both below, and is held while logging in.
  std::mutex mutex_;
  std::optional<VaultToken> logged_in_;
  std::optional<std::chrono::system_clock::time_point> renew_at_;
};

}  // namespace ixian::secrets
