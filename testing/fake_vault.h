// Vault as an HttpTransport: key-value engines of both versions, tokens with leases, logins, no network.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "http/client.h"
#include "http/url.h"

namespace ixian::testing {

struct VaultRequest {
  std::string method;
  std::string url;
  std::string path;  // behind /v1/
  std::string token;
  std::string vault_namespace;
  std::string body;
  std::string unix_socket;
};

class FakeVault : public http::HttpTransport {
 public:
  struct Reply {
    int status = 200;
    std::string body;
    std::string location;
  };
  using Login = std::function<bool(const base::Json& body)>;

  http::Response send(const http::Request& request) override {
    std::lock_guard lock(mutex);
    VaultRequest seen = describe(request);
    requests.push_back(seen);
    std::optional<Reply> reply = before ? before(seen) : std::nullopt;
    if (!reply) reply = answer(seen);
    http::Response response;
    response.head.status = reply->status;
    response.head.url = request.url;
    if (!reply->location.empty()) response.head.headers.add("Location", reply->location);
    response.body = std::make_unique<OwnedText>(std::move(reply->body));
    return response;
  }

  static Reply errors(int status, const std::vector<std::string>& texts) {
    return {status, base::Json{{"errors", texts}}.dump(), ""};
  }

  std::vector<std::string> paths() const {
    std::vector<std::string> all;
    for (const auto& request : requests) all.push_back(request.path);
    return all;
  }

  std::map<std::string, std::string> mounts;  // "secret/" → "1", "2" or "" for other engines
  std::map<std::string, base::Json> secrets;  // by the path of the API behind /v1/: all of "data"
  std::map<std::string, base::Json> gone;     // the same, answered with 404
  std::map<std::string, base::Json> leases;   // the same: more members of the answer
  std::set<std::string> tokens;
  std::set<std::string> forbidden;       // paths that no token may read
  std::map<std::string, Login> logins;   // "auth/approle/login"
  std::vector<std::string> next_tokens;  // what logins give out, first to last
  std::int64_t lease_duration = 3600;
  bool sealed = false;
  bool knows_mounts = true;
  std::function<std::optional<Reply>(const VaultRequest&)> before;
  std::vector<VaultRequest> requests;
  std::mutex mutex;

 private:
  class OwnedText : public base::ByteSource {
   public:
    explicit OwnedText(std::string text) : text_(std::move(text)), source_(text_) {}
    std::size_t read(char* buffer, std::size_t size) override { return source_.read(buffer, size); }

   private:
    std::string text_;
    base::TextSource source_;
  };

  static VaultRequest describe(const http::Request& request) {
    VaultRequest seen{request.method, request.url, "", "", "", "", request.unix_socket};
    const auto at = request.url.find("/v1/");
    if (at != std::string::npos) seen.path = request.url.substr(at + 4);
    for (const auto& [name, value] : request.secret_headers) {
      if (name == "X-Vault-Token") seen.token = value.reveal();
    }
    seen.vault_namespace = request.headers.find("X-Vault-Namespace").value_or("");
    if (request.body) seen.body = base::read_all(*request.body->open(0), 1 << 20, "The body");
    return seen;
  }

  Reply answer(const VaultRequest& request) {
    if (sealed) return errors(503, {"Vault is sealed"});
    if (const auto login = logins.find(request.path); login != logins.end()) {
      return log_in(login->second, request);
    }
    if (!tokens.contains(request.token)) return errors(403, {"permission denied", "invalid token"});
    if (forbidden.contains(request.path)) return errors(403, {"permission denied"});
    if (request.path == "auth/token/lookup-self") return {200, R"({"data":{}})", ""};
    constexpr std::string_view kMounts = "sys/internal/ui/mounts/";
    if (request.path.starts_with(kMounts)) return mount_of(request.path.substr(kMounts.size()));
    if (const auto found = gone.find(request.path); found != gone.end()) {
      return {404, base::Json{{"data", found->second}}.dump(), ""};
    }
    const auto found = secrets.find(request.path);
    if (found == secrets.end()) return errors(404, {});
    base::Json body{{"data", found->second}, {"lease_id", ""}, {"lease_duration", 0}};
    if (leases.contains(request.path)) body.update(leases[request.path]);
    return {200, body.dump(), ""};
  }

  Reply log_in(const Login& login, const VaultRequest& request) {
    if (!login(base::parse_json(request.body))) return errors(400, {"invalid role or secret ID"});
    if (next_tokens.empty()) return errors(500, {"the test has no token left"});
    const std::string token = next_tokens.front();
    next_tokens.erase(next_tokens.begin());
    tokens.insert(token);
    return {200, base::Json{{"auth", {{"client_token", token}, {"lease_duration", lease_duration}}}}.dump(),
            ""};
  }

  Reply mount_of(const std::string& path) {
    if (!knows_mounts) return errors(404, {});
    for (const auto& [mount, version] : mounts) {
      if (!path.starts_with(mount)) continue;
      base::Json data{{"path", mount}, {"type", version.empty() ? "database" : "kv"}, {"options", nullptr}};
      if (!version.empty()) data["options"] = {{"version", version}};
      return {200, base::Json{{"data", data}}.dump(), ""};
    }
    return errors(403, {"preflight capability check returned 403"});
  }
};

}  // namespace ixian::testing
