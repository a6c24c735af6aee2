// Secrets in Vault's key-value engines, versions 1 and 2, and whatever else is read as fields.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "aws/credentials.h"
#include "base/secret.h"
#include "http/client.h"

namespace ixian::secrets {

struct VaultSecret {
  base::Secret value;
  std::optional<std::chrono::system_clock::time_point> expires;  // of secrets that Vault leases
};

// Thread-safe. The environment (see vault_settings.h) is read when the first secret is.
class VaultSource {
 public:
  VaultSource(http::Client& client, aws::Environment environment);
  ~VaultSource();

  // `path` is "mount/path" as the vault command takes it, without the "data/" of version 2. Throws
  // Error{kRegistry} in sentences; which reference it was, the caller adds.
  VaultSecret load(const std::string& path, const std::string& field);

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace ixian::secrets
