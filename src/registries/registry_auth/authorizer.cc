// A registry says how it wants to be spoken to only by refusing. From then on the method is known, and
// headers are given in advance: `unknown` becomes `direct` (Basic, or a bearer token sent as it is) or
// `bearer` (a token server named by a realm); a later challenge may change it again.
//
// What is difficult is the second refusal, of something that we sent. It may have expired, been narrowed, or
// always have been wrong, and several threads meet it at once. Each grant has a number. Of the threads that
// had the same one refused, the first (under the slot's mutex) gets another; the others find a grant with a
// higher number than the refused one, and take it.
//
//   answer                                    what is done
//   401, nothing was sent                     learn the method, get a credential or a token, send again
//   401, sent something older than this try   take what others have got meanwhile, or get a new one
//   401 or 403, "token has expired"           ask the provider anew, once; if the same comes back, it stands
//   401 or 403, names further scopes          a token for these as well
//   401, sent what was got for this try       for pulling: once without a credential; else it stands
//   403 otherwise                             stands: a matter of permissions
//   token server refuses the credential       ask the provider anew, once; then for pulling without one
//
// A credential that a token server has refused is remembered: later pulls try without it first, and warn
// once. It is dropped for one attempt and never for the registry, because a push must still fail with its
// name, and because a credential can become good again. Four repetitions end it all, and an answer from
// another origin (a redirect) is never taken for a challenge.
#include "registry_auth/authorizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "http/url.h"
#include "registry_auth/authorizer_impl.h"

namespace ixian::registry_auth {
namespace {

using base::Error;
using base::ErrorCode;

constexpr int kMostRepetitions = 4;
constexpr char kAuthorization[] = "authorization";

http::Url parse_base(const std::string& text) {
  auto url = http::parse_url(text);
  if (!url) throw Error(ErrorCode::kProject, "\"" + text + "\" is not the URL of a registry");
  return *url;
}

void remove_authorization(http::Request& request) {
  std::erase_if(request.secret_headers,
                [](const auto& field) { return base::to_lower(field.first) == kAuthorization; });
}

const Challenge* find(const std::vector<Challenge>& challenges, std::string_view scheme) {
  for (const Challenge& challenge : challenges)
    if (challenge.scheme == scheme) return &challenge;
  return nullptr;
}

std::string parameter(const Challenge* challenge, const char* name) {
  if (!challenge) return "";
  const auto found = challenge->parameters.find(name);
  return found == challenge->parameters.end() ? "" : found->second;
}

// What a challenge names is asked for too, but for the right to delete, which nobody gets unasked.
Scopes named_scopes(const Challenge* bearer, const Scopes& wanted) {
  const bool deletes = std::any_of(wanted.begin(), wanted.end(),
                                   [](const Scope& scope) { return scope.actions.contains("delete"); });
  Scopes named = parse_scopes(parameter(bearer, "scope"));
  if (deletes) return named;
  for (Scope& scope : named) {
    scope.actions.erase("delete");
    if (scope.type == "repository") scope.actions.erase("*");
  }
  std::erase_if(named, [](const Scope& scope) { return scope.actions.empty(); });
  return named;
}

}  // namespace

Authorizer::Impl::Impl(http::Client& client_, auth::CredentialProvider& provider_, AuthorizerOptions options_)
    : client(client_),
      provider(provider_),
      options(std::move(options_)),
      base(parse_base(options.base_url)) {}

bool Authorizer::Impl::learn(const std::vector<Challenge>& challenges, const http::ResponseHead& head) {
  const Challenge* bearer = find(challenges, "bearer");
  const Challenge* basic = find(challenges, "basic");
  std::optional<TokenServer> named;
  if (bearer) {
    try {
      named = token_server(*bearer, head, base, options.insecure);
    } catch (const Error&) {
      // A realm that must not be used is an error only where there is no other way in.
      if (!basic) throw;
    }
  }
  const bool understood = named || basic || challenges.empty();
  const std::lock_guard lock(mutex);
  if (named) {
    method = Method::kBearer;
    server = std::move(named);
  } else if (basic || (challenges.empty() && method == Method::kUnknown)) {
    method = Method::kDirect;
  }
  return understood;
}

Authorizer::Authorizer(http::Client& client, auth::CredentialProvider& provider, AuthorizerOptions options)
    : impl_(std::make_unique<Impl>(client, provider, std::move(options))) {}
Authorizer::~Authorizer() = default;

void Authorizer::discover() {
  const std::lock_guard lock(impl_->discovering);
  if (impl_->discovered || impl_->known_method() != Method::kUnknown) return;
  http::Request request;
  request.url = impl_->base.origin() + "/v2/";
  http::Response response = impl_->client.send(request);
  if (response.head.status == 401 && impl_->is_ours(response.head.url)) {
    const auto challenges = parse_challenges(response.head.headers.all("WWW-Authenticate"));
    if (!challenges.empty()) impl_->learn(challenges, response.head);
  }
  response.text();  // read to the end, so that the connection can be used again
  impl_->discovered = true;
}

void Authorizer::authorize(http::Request& request, AuthAttempt& attempt) {
  if (!attempt.since_) attempt.since_ = impl_->newest();
  remove_authorization(request);
  const GrantPtr before = std::exchange(attempt.sent_, nullptr);
  if (impl_->known_method() == Method::kUnknown || !impl_->is_ours(request.url) || !impl_->is_safe()) return;
  GrantPtr grant;
  if (impl_->known_method() == Method::kBearer)
    grant = impl_->find_token(attempt, merge(attempt.scopes_, attempt.besides_));
  if (!grant) {
    attempt.sent_ = before;
    grant = impl_->get(attempt, false);
  }
  attempt.sent_ = grant;
  if (grant) request.secret_headers.emplace_back("Authorization", grant->header);
}

bool Authorizer::handle_challenge(const http::ResponseHead& head, std::string_view body,
                                  AuthAttempt& attempt) {
  // A redirect has led elsewhere, and who is there asks for credentials: not for ours.
  if (attempt.repetitions_ >= kMostRepetitions || !impl_->is_ours(head.url)) return false;
  const auto challenges = parse_challenges(head.headers.all("WWW-Authenticate"));
  const Challenge* bearer = find(challenges, "bearer");
  const bool expired = (head.status == 401 || head.status == 403) && says_expired(body);
  const bool narrow = parameter(bearer, "error") == "insufficient_scope";
  if (head.status != 401 && !(head.status == 403 && (expired || narrow))) return false;
  if (!impl_->learn(challenges, head)) return false;
  if (!impl_->is_safe())
    throw Error(ErrorCode::kRegistry,
                fmt::format("{} requests credentials over an unencrypted connection; none were sent\nhint: "
                            "use https, or set the option `insecure` for it in CONFIG.DOCKER.REGISTRIES if "
                            "the network in between can be trusted",
                            impl_->options.host));
  ++attempt.repetitions_;

  const Scopes named = named_scopes(bearer, attempt.scopes_);
  const bool more = !covers(merge(attempt.scopes_, attempt.besides_), named);
  attempt.besides_ = merge(attempt.besides_, named);

  if (const GrantPtr sent = attempt.sent_) {
    if (sent->credential) attempt.tried_ = sent;
    attempt.refused_ = std::max(attempt.refused_, sent->number);
    // Got after this attempt began: nobody else's old token can be to blame.
    const bool fresh = sent->number > attempt.since_.value_or(0);
    if (fresh && narrow && !more) return false;
    if (fresh && !more && (!sent->credential || attempt.repetitions_ > 2)) {
      // Even what was got for this very request is refused.
      if (!sent->credential || sent->scopes.empty() || !pull_only(attempt.scopes_)) return false;
      attempt.anonymous_ = true;
    }
  }
  return impl_->get(attempt, expired) != nullptr;
}

base::Error Authorizer::unauthorized(const http::ResponseHead& head, std::string_view body,
                                     const AuthAttempt& attempt) {
  const auto challenges = parse_challenges(head.headers.all("WWW-Authenticate"));
  std::string said = said_in(head, body);
  const auto url = http::parse_url(head.url);
  const std::string server = url ? url->authority() : impl_->options.host;
  if (!impl_->is_ours(head.url))
    return Error(
        ErrorCode::kRegistry,
        fmt::format("{} redirected to {}, which answered {}; credentials were sent to {} only, so they are "
                    "not the cause\nhint: try again later, or ask the registry's administrator",
                    impl_->options.host, server, head.status, impl_->options.host),
        said);
  if (!challenges.empty() && !find(challenges, "bearer") && !find(challenges, "basic"))
    return Error(ErrorCode::kRegistry,
                 fmt::format("unsupported login scheme \"{1}\" of {0} (expected: Basic, Bearer)\nhint: check "
                             "for a proxy in front of it",
                             impl_->options.host, challenges.front().scheme),
                 said);
  std::optional<auth::Credential> credential;
  if (attempt.sent_)
    credential = attempt.sent_->credential ? attempt.sent_->credential : attempt.sent_->refused;
  if (!credential && attempt.tried_) credential = attempt.tried_->credential;
  if (credential) {
    for (const base::Secret* secret :
         {&credential->password, &credential->identity_token, &credential->bearer})
      said = base::without_secret(std::move(said), *secret);
  }
  std::vector<std::string> why_none;
  if (!credential) why_none = impl_->provider.why_none(impl_->target(attempt));
  return refused({impl_->options.host, server, head.status, std::move(said), attempt.scopes_,
                  attempt.repository_, std::move(credential), impl_->provider.name(), std::move(why_none)});
}

std::string Authorizer::identity(const AuthAttempt& attempt) const {
  if (!attempt.sent_ || !attempt.sent_->credential) return "anonymous";
  const auth::Credential& credential = *attempt.sent_->credential;
  const std::string who =
      credential.username.empty() || credential.username == "<token>" ? "a token" : credential.username;
  return credential.source.empty() ? who : who + " (" + credential.source + ")";
}

std::string Authorizer::conceal(std::string text, const AuthAttempt& attempt) const {
  if (!attempt.sent_) return text;
  const std::string& header = attempt.sent_->header.reveal();
  text = base::without_secret(std::move(text), base::Secret(header.substr(header.find(' ') + 1)));
  if (attempt.sent_->credential) {
    text = base::without_secret(std::move(text), attempt.sent_->credential->password);
  }
  return text;
}

std::optional<std::chrono::system_clock::time_point> Authorizer::expires(const AuthAttempt& attempt) const {
  return attempt.sent_ ? attempt.sent_->expires : std::nullopt;
}

}  // namespace ixian::registry_auth
