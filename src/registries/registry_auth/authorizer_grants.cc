// How an Authorizer comes by what it sends; the problem is told in authorizer.cc.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "registry_auth/authorizer_impl.h"

namespace ixian::registry_auth {
namespace {

using base::Error;

std::string key_of(const Scopes& scopes) {
  std::vector<std::string> texts;
  for (const Scope& scope : scopes) texts.push_back(scope.text());
  std::sort(texts.begin(), texts.end());
  return base::join(texts, " ");
}

}  // namespace

bool Authorizer::Impl::is_good(const GrantPtr& grant, const AuthAttempt& attempt) {
  return grant && grant->number > attempt.refused_ && !(attempt.anonymous_ && grant->credential) &&
         (!grant->renew_at || client.clock().now() < *grant->renew_at);
}

// The one for exactly these scopes first, then any that covers them.
GrantPtr Authorizer::Impl::find_token(const AuthAttempt& attempt, const Scopes& wanted) {
  const std::string key = key_of(wanted);
  const std::lock_guard lock(mutex);
  if (const auto own = slots.find(key); own != slots.end() && is_good(own->second->grant, attempt))
    return own->second->grant;
  for (const auto& [_, slot] : slots)
    if (is_good(slot->grant, attempt) && !slot->grant->scopes.empty() && !wanted.empty() &&
        covers(slot->grant->scopes, wanted))
      return slot->grant;
  return nullptr;
}

GrantPtr Authorizer::Impl::get(const AuthAttempt& attempt, bool expired) {
  return known_method() == Method::kBearer ? get_token(attempt, expired) : get_direct(attempt);
}

// Credentials that are sent as they are. The provider keeps them fresh, so it is asked each time.
GrantPtr Authorizer::Impl::get_direct(const AuthAttempt& attempt) {
  if (attempt.anonymous_) return nullptr;
  TokenEntry& own = slot("@" + attempt.repository_);
  const std::lock_guard getting(own.getting);
  auto credential = provider.lookup(target(attempt));
  if (credential && attempt.sent_ && attempt.sent_->number <= attempt.refused_ && attempt.sent_->credential &&
      same_credential(*credential, *attempt.sent_->credential))
    credential = another_credential(attempt, *attempt.sent_->credential);
  if (!credential) return nullptr;
  {
    const std::lock_guard lock(mutex);
    if (own.grant && own.grant->credential && same_credential(*own.grant->credential, *credential))
      return own.grant;
  }
  Authorization grant;
  const bool basic = credential->bearer.empty() || !credential->password.empty();
  grant.header = basic ? base::basic_authorization(credential->username, credential->password.empty()
                                                                             ? credential->identity_token
                                                                             : credential->password)
                       : base::Secret("Bearer " + credential->bearer.reveal());
  grant.expires = credential->expires;
  grant.credential = std::move(credential);
  return add(own, std::move(grant));
}

// One thread gets a token for these scopes, those that wait meanwhile share it, or its failure.
GrantPtr Authorizer::Impl::get_token(const AuthAttempt& attempt, bool expired) {
  const Scopes wanted = merge(attempt.scopes_, attempt.besides_);
  TokenEntry& own = slot(key_of(wanted));
  std::uint64_t round_before;
  {
    const std::lock_guard lock(mutex);
    round_before = own.rounds;
  }
  const std::lock_guard getting(own.getting);
  {
    const std::lock_guard lock(mutex);
    if (is_good(own.grant, attempt)) return own.grant;
    // Somebody asked while this thread waited, and was refused: to ask again would be a second failed login.
    if (own.rounds != round_before && own.failure) throw Error(*own.failure);
  }
  const auto end_round = [&](std::optional<Error> failure) {
    const std::lock_guard lock(mutex);
    ++own.rounds;
    own.failure = std::move(failure);
  };
  try {
    auto grant = new_token(attempt, wanted, expired);
    end_round(std::nullopt);
    return grant ? add(own, std::move(*grant)) : nullptr;
  } catch (const Error& error) {
    end_round(error);
    throw;
  }
}

std::optional<Authorization> Authorizer::Impl::new_token(const AuthAttempt& attempt, const Scopes& wanted,
                                                         bool expired) {
  std::optional<auth::Credential> credential;
  if (!attempt.anonymous_) credential = provider.lookup(target(attempt));
  if (!credential) return ask(wanted, std::nullopt).grant;

  const auto& sent = attempt.sent_;
  if (expired && sent && sent->credential && same_credential(*credential, *sent->credential)) {
    auto other = another_credential(attempt, *credential);
    if (!other) return pull_only(wanted) ? token_without(*credential, wanted) : std::nullopt;
    credential = std::move(other);
  }
  if (pull_only(wanted) && is_known_bad(*credential))
    if (auto grant = token_without(*credential, wanted)) return grant;
  return token_with(std::move(*credential), attempt, wanted);
}

// With this credential; where it is refused, with another; where that is refused too or not to be had, for
// pulling only, with none.
std::optional<Authorization> Authorizer::Impl::token_with(auth::Credential credential,
                                                          const AuthAttempt& attempt, const Scopes& wanted) {
  // Some realms give out what they are given (OpenShift's): the very token that has just been refused is a
  // refusal.
  const auto ask_for_new = [&] {
    Answer answer = ask(wanted, credential);
    const bool same = answer.grant && attempt.sent_ && attempt.sent_->number <= attempt.refused_ &&
                      attempt.sent_->header.reveal() == answer.grant->header.reveal();
    return same ? Answer{} : answer;
  };
  Answer answer = ask_for_new();
  if (!answer.grant) {
    if (auto other = another_credential(attempt, credential)) {
      credential = std::move(*other);
      answer = ask_for_new();
    }
  }
  if (answer.grant || answer.refusal.status == 0) return answer.grant;

  if (answer.refusal.status == 401) {
    const std::lock_guard lock(mutex);
    known_bad = credential;
  }
  if (pull_only(wanted))
    if (auto grant = token_without(credential, wanted)) return grant;
  throw refused({options.host, token_server_now().realm.authority(), answer.refusal.status,
                 answer.refusal.said, wanted, attempt.repository_, credential, provider.name()});
}

std::optional<Authorization> Authorizer::Impl::token_without(const auth::Credential& refused,
                                                             const Scopes& wanted) {
  std::optional<Authorization> grant = ask(wanted, std::nullopt).grant;
  if (!grant) return std::nullopt;
  grant->refused = refused;
  bool first = false;
  {
    const std::lock_guard lock(mutex);
    first = !std::exchange(warned, true);
  }
  if (first && options.on_warning)
    options.on_warning(fmt::format("unauthorized: {} rejected {}; pulling without credentials", options.host,
                                   describe(refused)));
  return grant;
}

// A token from the server, or the one that the credential is.
Authorizer::Impl::Answer Authorizer::Impl::ask(const Scopes& wanted,
                                               const std::optional<auth::Credential>& credential) {
  Authorization grant;
  grant.scopes = wanted;
  grant.credential = credential;
  if (credential && !credential->bearer.empty()) {
    grant.header = base::Secret("Bearer " + credential->bearer.reveal());
    grant.expires = credential->expires;
    grant.renew_at = client.clock().now();  // the provider keeps it fresh, so it is asked each time
    return {std::move(grant), {}};
  }
  auto answer = ask_token_server(client, token_server_now(), wanted, credential);
  if (auto* refusal = std::get_if<TokenRefusal>(&answer)) return {std::nullopt, std::move(*refusal)};
  const Token token = std::get<Token>(std::move(answer));
  grant.header = base::Secret("Bearer " + token.value.reveal());
  grant.expires = client.clock().now() + token.lifetime;
  grant.renew_at = *grant.expires - renewal_margin(token.lifetime);
  return {std::move(grant), {}};
}

bool Authorizer::Impl::is_known_bad(const auth::Credential& credential) {
  const std::lock_guard lock(mutex);
  return known_bad && same_credential(*known_bad, credential);
}

std::optional<auth::Credential> Authorizer::Impl::another_credential(const AuthAttempt& attempt,
                                                                     const auth::Credential& refused) {
  // One at a time: the provider is invalidated once, however many threads had the credential refused.
  const std::lock_guard lock(renewing);
  auto credential = provider.lookup(target(attempt));
  if (credential && !same_credential(*credential, refused)) return credential;
  provider.invalidate(target(attempt));
  credential = provider.lookup(target(attempt));
  if (credential && same_credential(*credential, refused)) return std::nullopt;
  return credential;
}

}  // namespace ixian::registry_auth
