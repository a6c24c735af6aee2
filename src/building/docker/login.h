// How the daemon is told who we are to a registry.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/secret.h"

namespace ixian::docker {

struct RegistryAuth {
  std::string username;
  base::Secret password;
  base::Secret identity_token;  // in place of the password
};

// What there is for a host ("docker.io", "registry.local:5000"); nullopt where everybody may, or the daemon
// cannot reach it. May be slow. Throws Error{kRegistry}. Thread-safe.
using FindRegistryAuth = std::function<std::optional<RegistryAuth>(const std::string& host)>;

// The value of X-Registry-Auth; nullopt is nobody.
base::Secret registry_auth(const std::string& host, const std::optional<RegistryAuth>& login);

}  // namespace ixian::docker
