// Loads secrets from where references say they are, when they are needed.
//
// The front door of this room. What comes in is an option of the project, either the value itself or a
// reference ("env:NAME", "vault:mount/path#field"); what goes out is a base::Secret. The types to know are
// SecretReference, SecretResolver, and base::Secret; each kind of reference has its source in a file of its
// own.
#pragma once

#include <memory>
#include <string>

#include "aws/credentials.h"
#include "base/cancel.h"
#include "base/secret.h"
#include "http/client.h"
#include "secrets/secret_reference.h"

namespace ixian::secrets {

// Thread-safe. What was loaded is kept in memory for the life of this object; Vault's token is renewed by
// logging in again.
class SecretResolver {
 public:
  // `environment` is what env: reads, and where the settings of Vault (VAULT_ADDR, …) and AWS come from.
  SecretResolver(http::Client& client, base::Cancellation& cancellation, aws::Environment environment);
  ~SecretResolver();

  // Throws Error{kRegistry} that names the reference, never the value, and what to do: not set, not readable,
  // empty, no permission, sealed, no such field.
  base::Secret load(const SecretReference& reference);

  // The value itself, or what the reference in it stands for.
  base::Secret load(const std::string& option);

  // Loads it anew next time: it was refused.
  void forget(const SecretReference& reference);

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace ixian::secrets
