// A realm is a URL that a registry, or somebody in between, has made up, and a password is to be sent there.
// So it must be https, or loopback, or allowed by `insecure`; it must not be an address of a private network
// unless the registry has the same, lest a public registry make us call a machine of our own network; and
// redirects are not followed with a secret in the body.
#include "registry_auth/token_server.h"

#include <fmt/format.h>

#include <memory>
#include <stdexcept>
#include <utility>

#include "base/base64.h"
#include "base/byte_source.h"
#include "base/error.h"
#include "http/reach.h"
#include "registry_auth/error_body.h"

namespace ixian::registry_auth {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kLongestAnswer = 64 << 10;
constexpr char kClientId[] = "ixian";

// A body that is wiped when the request goes.
class SecretSource : public base::ByteSource {
 public:
  SecretSource(std::shared_ptr<const base::Secret> text, std::size_t offset)
      : text_(std::move(text)), rest_(std::string_view(text_->reveal()).substr(offset)) {}
  std::size_t read(char* buffer, std::size_t size) override { return rest_.read(buffer, size); }

 private:
  std::shared_ptr<const base::Secret> text_;
  base::TextSource rest_;
};

http::RequestBody secret_body(base::Secret text) {
  auto shared = std::make_shared<const base::Secret>(std::move(text));
  return {shared->reveal().size(), [shared](std::uint64_t offset) {
            return std::make_unique<SecretSource>(shared, static_cast<std::size_t>(offset));
          }};
}

std::string joined(const Scopes& scopes) {
  std::string text;
  for (const Scope& scope : scopes) text += (text.empty() ? "" : " ") + scope.text();
  return text;
}

http::Request get_request(const TokenServer& server, const Scopes& scopes) {
  http::Request request;
  request.url = server.realm.text();
  request.reach = server.reach;
  if (!server.service.empty()) request.url = http::with_query(request.url, "service", server.service);
  for (const Scope& scope : scopes) request.url = http::with_query(request.url, "scope", scope.text());
  return request;
}

// A redirect is not followed: the secret is in the body, which would go with it.
http::Request refresh_request(const TokenServer& server, const Scopes& scopes, const base::Secret& token) {
  std::string form = "grant_type=refresh_token&client_id=" + std::string(kClientId) +
                     "&service=" + http::url_encode(server.service) +
                     "&scope=" + http::url_encode(joined(scopes)) + "&refresh_token=";
  std::string secret = http::url_encode(token.reveal());
  form.reserve(form.size() + secret.size());
  form += secret;
  base::wipe(secret);

  http::Request request;
  request.method = "POST";
  request.url = server.realm.text();
  request.reach = server.reach;
  request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  request.body = secret_body(base::Secret(std::move(form)));
  request.follow_redirects = false;
  return request;
}

std::string what_it_said(const http::ResponseHead& head, std::string_view body) {
  std::string said;
  for (const RegistryError& error :
       parse_error_body(body, head.headers.find("Content-Type").value_or(std::string_view())))
    said += (said.empty() ? "" : "; ") + (error.message.empty() ? error.code : error.message);
  return said;
}

Token read_token(http::Client& client, const TokenServer& server, http::Response& response) {
  const std::string name = server.realm.authority();
  std::string body = base::read_all(*response.body, kLongestAnswer, "token from " + name);
  try {
    Token token = parse_token(body, client.clock().now());
    base::wipe(body);
    return token;
  } catch (const std::invalid_argument& reason) {
    base::wipe(body);
    throw Error(ErrorCode::kRegistry, fmt::format("invalid answer from the token server {}: {}\nhint: check "
                                                  "for a login page or a proxy in front of it",
                                                  name, reason.what()));
  }
}

// `secret` is what was sent, which the server may repeat in what it says.
std::variant<Token, TokenRefusal> read_answer(http::Client& client, const TokenServer& server,
                                              http::Response response, const base::Secret& secret) {
  const int status = response.head.status;
  if (response.head.ok()) return read_token(client, server, response);
  std::string said = base::without_secret(what_it_said(response.head, response.text()), secret);
  if (status == 400 || status == 401 || status == 403) return TokenRefusal{status, std::move(said)};
  throw Error(ErrorCode::kRegistry,
              fmt::format("token server {} answered {} instead of a token\nhint: try again later; if it "
                          "persists, check the realm of the registry that names it",
                          server.realm.authority(), status),
              said);
}

}  // namespace

TokenServer token_server(const Challenge& challenge, const http::ResponseHead& head,
                         const http::Url& registry, bool insecure) {
  const auto parameter = [&](const char* name) {
    const auto found = challenge.parameters.find(name);
    return found == challenge.parameters.end() ? std::string() : found->second;
  };
  const std::string text = parameter("realm");
  auto realm = http::parse_url(text);
  if (!realm)
    throw Error(ErrorCode::kRegistry,
                registry.authority() +
                    " names a token server that is not an http(s) URL, so ix cannot log in to it\nhint: fix "
                    "`realm` in the configuration of the registry",
                "realm: " + text.substr(0, 200));
  // A registry behind a proxy that does not tell it about TLS names itself by http: the proxy's own scheme is
  // right.
  if (!realm->https() && registry.https() && realm->host == registry.host) {
    realm->scheme = "https";
    if (realm->port == 80) realm->port = registry.port;
  }
  const bool loopback = http::is_loopback(realm->host);
  if (!realm->https() && !loopback && !insecure)
    throw Error(ErrorCode::kRegistry,
                fmt::format("{} redirects logins to {}, which is not encrypted; no credentials were "
                            "sent\nhint: set the registry's token server to https, or the option `insecure` "
                            "if the network in between can be trusted",
                            registry.authority(), realm->origin()));
  const bool own = realm->host == registry.host || (loopback && http::is_loopback(registry.host));
  if (http::is_private_address(realm->host) && !own)
    throw Error(
        ErrorCode::kRegistry,
        fmt::format(
            "{} redirects logins to {}, an address of a private network that is not the registry's own; no "
            "credentials were sent\nhint: give its token server a name, or the registry's own address",
            registry.authority(), realm->origin()));
  return {*realm, parameter("service"), http::reach_from(head, *realm)};
}

std::variant<Token, TokenRefusal> ask_token_server(http::Client& client, const TokenServer& server,
                                                   const Scopes& scopes,
                                                   const std::optional<auth::Credential>& credential) {
  http::Request request = get_request(server, scopes);
  if (!credential) return read_answer(client, server, client.send(request), base::Secret());
  if (!credential->identity_token.empty()) {
    const base::Secret& token = credential->identity_token;
    http::Response response = client.send(refresh_request(server, scopes, token));
    const int status = response.head.status;
    // Not every server knows the OAuth2 way: then the identity token goes as a password, as Docker does.
    if (status != 404 && status != 405 && status / 100 != 3)
      return read_answer(client, server, std::move(response), token);
  }
  const bool by_token = !credential->identity_token.empty();
  const base::Secret& password = by_token ? credential->identity_token : credential->password;
  const std::string user = by_token && credential->username.empty() ? "<token>" : credential->username;
  request.secret_headers.emplace_back("Authorization", base::basic_authorization(user, password));
  return read_answer(client, server, client.send(request), password);
}

}  // namespace ixian::registry_auth
