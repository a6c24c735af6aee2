// What a registry is given: the value of an Authorization header, and where it came from.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth/credential.h"
#include "base/error.h"
#include "base/secret.h"
#include "http/message.h"
#include "registry_auth/token.h"

namespace ixian::registry_auth {

struct Authorization {
  std::uint64_t number = 0;  // counts up, in the order in which they were got
  base::Secret header;       // "Bearer …", "Basic …"
  Scopes scopes;             // what was asked for; empty for credentials that are sent as they are
  std::optional<auth::Credential> credential;  // that it was got with; nullopt is none
  std::optional<auth::Credential> refused;     // that was tried before, in vain
  std::optional<std::chrono::system_clock::time_point> expires;
  std::optional<std::chrono::system_clock::time_point> renew_at;
};

// "the user 'ci' (password from vault:secret/ci#password)", "the token (service account of the pod)".
std::string describe(const auth::Credential& credential);

bool same_credential(const auth::Credential& a, const auth::Credential& b);

// Whom a registry refused, what, and what to do about it. `server` is who said so, the registry or its token
// server; `credential` null is nobody in particular; `looked_in` names the providers that had none.
struct AuthFailure {
  std::string host;
  std::string server;
  int status = 401;
  std::string said;
  Scopes scopes;
  std::string repository;
  std::optional<auth::Credential> credential;
  std::string looked_in;
  std::vector<std::string> why_none = {};  // a line for each place in which there were none
};
base::Error refused(const AuthFailure& refusal);

// What the body says, as one line of evidence.
std::string said_in(const http::ResponseHead& head, std::string_view body);

// An ECR token has expired: 403 "denied: Your authorization token has expired. Reauthenticate and try again."
bool says_expired(std::string_view body);

}  // namespace ixian::registry_auth
