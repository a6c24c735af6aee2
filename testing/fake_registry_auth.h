// Who may use a fake registry: everybody, Basic credentials, or Bearer tokens from a token endpoint of its
// own.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/base64.h"
#include "base/json.h"
#include "testing/fake_registry_protocol.h"

namespace ixian::testing {

struct FakeRegistryAuth {
  enum class Kind { kNone, kBasic, kBearer } kind = Kind::kNone;
  std::string user = "ci";
  std::string password = "canary-password-5d1f";
  bool anonymous_pull = false;  // Bearer: a token for pulling needs no credentials
  std::string realm;            // "" is /token of the registry itself
  std::optional<base::Json> expires_in = base::Json(300);
  std::size_t token_padding = 0;  // makes tokens longer
};

// Thread-safe.
class FakeGatekeeper {
 public:
  explicit FakeGatekeeper(FakeRegistryAuth auth_) : auth(std::move(auth_)), realm_(auth.realm) {}

  const FakeRegistryAuth auth;  // as it was at first

  void set_realm(const std::string& realm) {
    std::lock_guard lock(realm_mutex_);
    realm_ = realm;
  }

  // The 401 for a request that may not pass, else nullopt. `origin` is the registry's own.
  std::optional<Reply> refuse(const ServerRequest& request, const std::string& origin) {
    using enum FakeRegistryAuth::Kind;
    if (auth.kind == kNone) return std::nullopt;
    const std::string header = request.header("authorization");
    if (auth.kind == kBasic) {
      return header == basic() ? std::nullopt : std::optional(challenge(request, origin));
    }
    const std::string wanted = scope_of(request);
    std::lock_guard lock(mutex_);
    const auto token = header.starts_with("Bearer ") ? tokens_.find(header.substr(7)) : tokens_.end();
    if (token == tokens_.end()) return challenge(request, origin);
    if (wanted.empty() || covers(token->second, wanted)) return std::nullopt;
    return challenge(request, origin, "insufficient_scope");
  }

  Reply challenge(const ServerRequest& request, const std::string& origin,
                  const std::string& error = "") const {
    Reply reply = error_reply(401, "UNAUTHORIZED", "authentication required");
    if (auth.kind == FakeRegistryAuth::Kind::kBasic) {
      reply.set("WWW-Authenticate", "Basic realm=\"fake\"");
      return reply;
    }
    std::lock_guard lock(realm_mutex_);
    const std::string realm = realm_.empty() ? origin + "/token" : realm_;
    std::string field = "Bearer realm=\"" + realm + "\",service=\"fake\"";
    if (const std::string scope = scope_of(request); !scope.empty()) field += ",scope=\"" + scope + "\"";
    if (!error.empty()) field += ",error=\"" + error + "\"";
    reply.set("WWW-Authenticate", field);
    return reply;
  }

  // The token endpoint: GET with Basic, or POST with a refresh token, which is unknown here.
  Reply issue(const ServerRequest& request) {
    const std::string header = request.header("authorization");
    if (request.method != "GET") return {404, {}, ""};
    if (!header.empty() && header != basic())
      return error_reply(401, "UNAUTHORIZED", "incorrect username or password");
    std::set<std::string> scopes;
    for (const std::string& scope : all_scopes(request.query)) {
      const bool only_pull = scope.ends_with(":pull");
      if (!header.empty() || (auth.anonymous_pull && only_pull)) scopes.insert(scope);
    }
    if (header.empty() && !auth.anonymous_pull)
      return error_reply(401, "UNAUTHORIZED", "credentials required");
    std::lock_guard lock(mutex_);
    const std::string token =
        "canary-token-" + std::to_string(++issued_) + std::string(auth.token_padding, 'x');
    tokens_[token] = std::move(scopes);
    base::Json body = {{"token", token}};
    if (auth.expires_in) body["expires_in"] = *auth.expires_in;
    return {200, {{"Content-Type", "application/json"}}, body.dump()};
  }

  // From now on every token that was issued is refused.
  void expire_tokens() {
    std::lock_guard lock(mutex_);
    tokens_.clear();
  }
  int issued() const {
    std::lock_guard lock(mutex_);
    return issued_;
  }
  std::string basic() const {
    return base::basic_authorization(auth.user, base::Secret(auth.password)).reveal();
  }

 private:
  static std::string scope_of(const ServerRequest& request) {
    const RegistryPath path = RegistryPath::parse(request.path);
    if (path.repository.empty()) return "";
    const std::string scope = "repository:" + path.repository + ":";
    if (request.method == "GET" || request.method == "HEAD") return scope + "pull";
    return scope + (request.method == "DELETE" && path.kind == RegistryPath::Kind::kManifest ? "delete"
                                                                                             : "pull,push");
  }

  // "repository:a:pull,push" covers "repository:a:pull".
  static bool covers(const std::set<std::string>& scopes, const std::string& wanted) {
    const std::size_t colon = wanted.rfind(':');
    for (const std::string& scope : scopes) {
      const std::size_t end = scope.rfind(':');
      if (scope.substr(0, end) != wanted.substr(0, colon)) continue;
      const std::string actions = "," + scope.substr(end + 1) + ",";
      if (actions.find(",*,") != std::string::npos) return true;
      bool all = true;
      for (std::size_t at = colon + 1; at <= wanted.size();) {
        const std::size_t comma = std::min(wanted.find(',', at), wanted.size());
        all = all && actions.find("," + wanted.substr(at, comma - at) + ",") != std::string::npos;
        at = comma + 1;
      }
      if (all) return true;
    }
    return false;
  }

  // Several scope parameters, or one with spaces.
  static std::vector<std::string> all_scopes(const std::string& query) {
    std::vector<std::string> scopes;
    for (std::size_t at = 0; at < query.size();) {
      const std::size_t end = std::min(query.find('&', at), query.size());
      const std::string pair = query.substr(at, end - at);
      at = end + 1;
      if (!pair.starts_with("scope=")) continue;
      const std::string value = ServerRequest::decoded(pair.substr(6));
      for (std::size_t word = 0; word <= value.size();) {
        const std::size_t space = std::min(value.find(' ', word), value.size());
        scopes.push_back(value.substr(word, space - word));
        word = space + 1;
      }
    }
    return scopes;
  }

  mutable std::mutex realm_mutex_;
  std::string realm_;
  mutable std::mutex mutex_;
  std::map<std::string, std::set<std::string>> tokens_;
  int issued_ = 0;
};

}  // namespace ixian::testing
