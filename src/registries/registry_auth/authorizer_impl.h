// The inside of Authorizer: what is known of the registry, and how grants are got for it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "http/url.h"
#include "registry_auth/authorizer.h"
#include "registry_auth/challenge.h"
#include "registry_auth/grant.h"
#include "registry_auth/token_server.h"

namespace ixian::registry_auth {

using GrantPtr = std::shared_ptr<const Authorization>;

enum class Method { kUnknown, kDirect, kBearer };

// One for each set of scopes, or for each repository where credentials are sent as they are.
struct TokenEntry {
  std::mutex getting;  // held while a grant is got
  GrantPtr grant;      // this and below: by Impl::mutex
  std::uint64_t rounds = 0;
  std::optional<base::Error> failure;  // of the last round
};

// Order of locks: a slot's `getting`, then `renewing`, then `mutex`, which is never held while anybody is
// asked; `discovering` is held with no other but `mutex`. So a token for one scope is got once, and tokens
// for others meanwhile.
struct Authorizer::Impl {
  Impl(http::Client& client_, auth::CredentialProvider& provider_, AuthorizerOptions options_);

  http::Client& client;
  auth::CredentialProvider& provider;
  const AuthorizerOptions options;
  const http::Url base;

  std::mutex discovering;
  bool discovered = false;
  std::mutex renewing;  // credentials

  std::mutex mutex;  // what follows
  Method method = Method::kUnknown;
  std::optional<TokenServer> server;
  std::map<std::string, std::unique_ptr<TokenEntry>> slots;
  std::uint64_t last_number = 0;
  std::optional<auth::Credential> known_bad;  // the token server has refused it
  bool warned = false;

  bool is_ours(const std::string& url) const {
    const auto parsed = http::parse_url(url);
    return parsed && http::same_origin(*parsed, base);
  }
  bool is_safe() const { return base.https() || options.insecure || http::is_loopback(base.host); }

  Method known_method() {
    const std::lock_guard lock(mutex);
    return method;
  }
  std::uint64_t newest() {
    const std::lock_guard lock(mutex);
    return last_number;
  }

  TokenEntry& slot(const std::string& key) {
    const std::lock_guard lock(mutex);
    auto& found = slots[key];
    if (!found) found = std::make_unique<TokenEntry>();
    return *found;
  }

  GrantPtr add(TokenEntry& slot, Authorization grant) {
    const std::lock_guard lock(mutex);
    grant.number = ++last_number;
    slot.grant = std::make_shared<const Authorization>(std::move(grant));
    return slot.grant;
  }

  // Prefers Bearer to Basic. False where the registry asks for something else altogether. Without any
  // challenge what is known stays, and Basic is worth a try. Throws for a realm that must not be followed.
  bool learn(const std::vector<Challenge>& challenges, const http::ResponseHead& head);

  // One that is there already, else null.
  GrantPtr find_token(const AuthAttempt& attempt, const Scopes& wanted);

  // One that the attempt has not seen refused, got from wherever; null where there is none. `expired`: what
  // was sent last was refused as too old.
  GrantPtr get(const AuthAttempt& attempt, bool expired);

  // The grant, or why there is none: status 0 where nobody was asked.
  struct Answer {
    std::optional<Authorization> grant;
    TokenRefusal refusal;
  };

  bool is_good(const GrantPtr& grant, const AuthAttempt& attempt);  // REQUIRES: mutex is held
  GrantPtr get_direct(const AuthAttempt& attempt);
  GrantPtr get_token(const AuthAttempt& attempt, bool expired);
  std::optional<Authorization> new_token(const AuthAttempt& attempt, const Scopes& wanted, bool expired);
  std::optional<Authorization> token_with(auth::Credential credential, const AuthAttempt& attempt,
                                          const Scopes& wanted);
  std::optional<Authorization> token_without(const auth::Credential& refused, const Scopes& wanted);
  Answer ask(const Scopes& wanted, const std::optional<auth::Credential>& credential);
  bool is_known_bad(const auth::Credential& credential);

  // Where the provider has one that is not the refused one, which it is made to renew once.
  std::optional<auth::Credential> another_credential(const AuthAttempt& attempt,
                                                     const auth::Credential& refused);
  auth::CredentialQuery target(const AuthAttempt& attempt) const {
    return {options.host, attempt.repository_};
  }
  TokenServer token_server_now() {
    const std::lock_guard lock(mutex);
    return *server;
  }
};

}  // namespace ixian::registry_auth
