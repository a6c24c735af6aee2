// Makes requests to one registry acceptable to it: Basic, or Bearer tokens from its token server.
//
//   AuthAttempt attempt(repository, pull_scope(repository));
//   while (true) {
//     authorizer.authorize(request, attempt);
//     http::Response response = client.send(request);
//     if (response.head.status != 401 && response.head.status != 403) return response;
//     const std::string body = response.text();
//     if (!authorizer.handle_challenge(response.head, body, attempt))
//       throw authorizer.unauthorized(response.head, body, attempt);
//   }
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/credential.h"
#include "base/error.h"
#include "http/client.h"
#include "registry_auth/token.h"

namespace ixian::registry_auth {

struct AuthorizerOptions {
  std::string host;       // as in oci::Reference; what credentials are looked up for, and named in messages
  std::string base_url;   // "https://registry-1.docker.io": no other origin is given anything
  bool insecure = false;  // secrets may travel over plain http, which loopback hosts are allowed anyway

  // "public.ecr.aws refused the user 'AWS' (…); going on without credentials."
  std::function<void(const std::string& sentence)> on_warning;
};

struct Authorization;  // what has been sent

// What has been tried for one request, however often it is sent. Not thread-safe; may be copied.
class AuthAttempt {
 public:
  // `repository` is what credentials are looked up for ("" is the registry as a whole), `scopes` what the
  // request needs; more repositories than one where it mounts a blob.
  AuthAttempt(std::string repository, Scopes scopes)
      : repository_(std::move(repository)), scopes_(std::move(scopes)) {}

  const std::string& repository() const { return repository_; }
  const Scopes& scopes() const { return scopes_; }

 private:
  friend class Authorizer;

  std::string repository_;
  Scopes scopes_;
  Scopes besides_;                              // that a challenge has named
  std::shared_ptr<const Authorization> sent_;   // by the last authorize(); null is nothing
  std::shared_ptr<const Authorization> tried_;  // the last with a credential, all told
  std::optional<std::uint64_t> since_;          // grants with a higher number are younger than this attempt
  std::uint64_t refused_ = 0;                   // grants up to this number are not tried any more
  bool anonymous_ = false;                      // credentials have been refused and are left out from here on
  int repetitions_ = 0;
};

// One for each registry. Thread-safe; what is got is kept in memory for as long as it is good. However many
// threads find the same token refused, it is renewed once.
class Authorizer {
 public:
  // `client` and `provider` outlive it.
  Authorizer(http::Client& client, auth::CredentialProvider& provider, AuthorizerOptions options);
  ~Authorizer();

  // Asks GET /v2/ how the registry wants to be spoken to, unless that is known or was asked before. Worth it
  // before the first request: registries may say 404 to strangers rather than 401. Throws TransportError,
  // and Error{kRegistry} for a realm that leads elsewhere.
  void discover();

  // Gives the request an Authorization header if it is known which, in place of the one that it had; gets a
  // token where there is none that is good for long enough. Requests to other origins get none. Throws as
  // handle_challenge does.
  void authorize(http::Request& request, AuthAttempt& attempt);

  // After a 401 or 403: true if the request is worth sending again, through authorize(). False where the
  // answer stands, for good: nothing is tried more than a few times. Throws Error{kRegistry} where
  // credentials cannot be got, or may not be sent (plain http, a realm that leads elsewhere), or were refused
  // by the token server; TransportError.
  bool handle_challenge(const http::ResponseHead& head, std::string_view body, AuthAttempt& attempt);

  // The error to throw for a 401 or 403 that stands: whom the registry refused, what, and what to do.
  base::Error unauthorized(const http::ResponseHead& head, std::string_view body, const AuthAttempt& attempt);

  // Whom the request was sent as: "ci (password from vault:secret/ci#password)", "anonymous".
  std::string identity(const AuthAttempt& attempt) const;

  // `text`, which the registry said, without any secret that it was sent.
  std::string conceal(std::string text, const AuthAttempt& attempt) const;

  // The end of what was sent, where it has one that is known.
  std::optional<std::chrono::system_clock::time_point> expires(const AuthAttempt& attempt) const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace ixian::registry_auth
