// How the daemon is told who we are to a registry.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/secret.h"

namespace ixian::docker {

struct Login {
  std::string username;
  base::Secret password;
  base::Secret identity_token;  // in place of the password
};

// What there is for a host ("docker.io", "registry.local:5000"); nullopt where everybody may, or the daemon
// cannot reach it. May be slow. Throws Error{kRegistry}. Thread-safe.
using FindLogin = std::function<std::optional<Login>(const std::string& host)>;

// The value of X-Registry-Auth; nullopt is nobody.
base::Secret registry_auth(const std::string& host, const std::optional<Login>& login);

}  // namespace ixian::docker
