// A registry and its token server as two functions, and somebody who has credentials for it.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "auth/credential.h"
#include "base/base64.h"
#include "http/client.h"
#include "http/url.h"
#include "registry_auth/authorizer.h"
#include "testing/fake_clock.h"
#include "testing/fake_transport.h"

namespace ixian::testing {

inline auth::Credential password_credential(const std::string& user, const std::string& password) {
  auth::Credential credential;
  credential.username = user;
  credential.password = base::Secret(password);
  credential.source = "password from env:CANARY";
  return credential;
}

inline std::string basic(const std::string& user, const std::string& password) {
  return base::basic_authorization(user, base::Secret(password)).reveal();
}

// Gives the first of its credentials; when that is invalidated the next, and the last for ever.
class ScriptedProvider : public auth::CredentialProvider {
 public:
  std::string name() const override { return "the test"; }
  std::optional<auth::Credential> lookup(const auth::CredentialQuery& target) override {
    const std::lock_guard lock(mutex_);
    targets.push_back(target);
    return credentials.empty() ? std::nullopt : std::optional(credentials.front());
  }
  void invalidate(const auth::CredentialQuery&) override {
    const std::lock_guard lock(mutex_);
    ++invalidations;
    if (credentials.size() > 1) credentials.pop_front();
  }

  std::deque<auth::Credential> credentials;
  std::vector<auth::CredentialQuery> targets;
  int invalidations = 0;

 private:
  std::mutex mutex_;
};

inline FakeAnswer answer(int status, std::string body = "",
                         std::vector<std::pair<std::string, std::string>> headers = {}) {
  FakeAnswer made{status, std::move(body), {}};
  for (auto& [name, value] : headers) made.headers.add(std::move(name), std::move(value));
  return made;
}
inline FakeAnswer challenge(const std::string& value, int status = 401, std::string body = "") {
  return answer(status, std::move(body), {{"WWW-Authenticate", value}});
}

// By default: r.example.com wants Bearer tokens of auth.example.com, which gives the user "ci" with the
// password "pw" the tokens t1, t2, … one after the other. The registry takes the newest only.
struct ScriptedRegistry {
  ScriptedRegistry() {
    registry = [this](const SentRequest& sent) {
      if (minted > 0 && sent.header("Authorization") == "Bearer t" + std::to_string(minted))
        return answer(200, "fine");
      return challenge(kBearer);
    };
    token_server = [this](const SentRequest& sent) {
      if (sent.header("Authorization") != basic("ci", "pw")) return answer(401, R"({"details":"who?"})");
      return answer(200, R"({"token":"t)" + std::to_string(++minted) + R"(","expires_in":300})");
    };
    provider.credentials = {password_credential("ci", "pw")};
  }

  static constexpr char kBearer[] = R"(Bearer realm="https://auth.example.com/token",service="r")";

  registry_auth::Authorizer make(std::string base_url = "https://r.example.com", bool insecure = false) {
    const auto url = http::parse_url(base_url);
    return registry_auth::Authorizer(client, provider,
                                     {url->authority(), base_url, insecure,
                                      [this](const std::string& sentence) { warnings.push_back(sentence); }});
  }

  // Sends a request as the header of Authorizer says; the final status. Throws what stands.
  int ask(registry_auth::Authorizer& authorizer, const registry_auth::Scopes& scopes,
          const std::string& method = "GET",
          std::string url = "https://r.example.com/v2/team/app/manifests/1") {
    registry_auth::AuthAttempt attempt(scopes.empty() ? "" : scopes.front().repository, scopes);
    http::Request request;
    request.method = method;
    request.url = std::move(url);
    request.retries = 0;
    while (true) {
      authorizer.authorize(request, attempt);
      http::Response response = client.send(request);
      identity = authorizer.identity(attempt);
      if (response.head.status != 401 && response.head.status != 403) return response.head.status;
      const std::string body = response.text();
      if (!authorizer.handle_challenge(response.head, body, attempt))
        throw authorizer.unauthorized(response.head, body, attempt);
    }
  }

  // Those whose URL starts with this.
  std::vector<SentRequest> sent_to(const std::string& start) {
    std::vector<SentRequest> found;
    for (const SentRequest& sent : transport.sent())
      if (sent.url().starts_with(start)) found.push_back(sent);
    return found;
  }
  std::size_t asked_registry() { return sent_to("https://r.example.com/").size(); }
  std::size_t asked_token_server() { return sent_to("https://auth.example.com/").size(); }

  FakeTransport::Answer registry;
  FakeTransport::Answer token_server;
  FakeTransport::Answer elsewhere = [](const SentRequest&) { return answer(500); };
  int minted = 0;
  std::string identity;
  std::vector<std::string> warnings;

  FakeClock clock;
  base::Cancellation cancellation;
  ScriptedProvider provider;
  FakeTransport transport{[this](const SentRequest& sent) {
    if (sent.url().starts_with("https://auth.example.com/")) return token_server(sent);
    return sent.url().find("//r.example.com") != std::string::npos ? registry(sent) : elsewhere(sent);
  }};
  http::Client client{transport, clock, cancellation, [] {
                        http::ClientOptions options;
                        options.retries = 1;
                        return options;
                      }()};
};

}  // namespace ixian::testing
