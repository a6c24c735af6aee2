// Vault's HTTP API. A standby node answers with a redirect to the active one, and the token must go along; so
// redirects are followed here, one of them, and only to where a token may go: the same origin, or https. The
// client's own rule would drop the header.
#include "secrets/vault_api.h"

#include <fmt/format.h>

#include <stdexcept>

#include "base/error.h"
#include "base/text.h"
#include "http/url.h"

namespace ixian::secrets {
namespace {

constexpr std::size_t kLargestAnswer = 4 << 20;
constexpr int kRetries = 2;  // as Vault's own client: a sealed Vault stays sealed

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 307 || status == 308;
}

// Where a redirect leads, if the token may go there.
http::Url target_of(const http::Response& response, const http::Url& from) {
  const auto location = response.head.headers.find("Location");
  const auto to = location ? http::resolve_url(from, *location) : std::nullopt;
  if (!to)
    base::fail_registry(fmt::format("Vault at {} returned a redirect without a target", from.origin()));
  if (!to->https() && !http::same_origin(from, *to)) {
    base::fail_registry(
        fmt::format("Vault at {} redirects to {}, which is not https; the token was not sent\nhint: set "
                    "VAULT_ADDR to that address if it is right",
                    from.origin(), to->origin()));
  }
  return *to;
}

void append_all(std::vector<std::string>& texts, const base::Json& body, const char* name) {
  if (!body.is_object()) return;
  const auto list = body.find(name);
  if (list == body.end() || !list->is_array()) return;
  for (const auto& text : *list) {
    if (text.is_string()) texts.emplace_back(base::trim(text.get_ref<const std::string&>()));
  }
}

bool mentions_seal(const std::string& said) {
  return base::to_lower(said).find("sealed") != std::string::npos;
}

}  // namespace

std::string VaultAnswer::said() const {
  std::vector<std::string> texts;
  append_all(texts, body.json, "errors");
  append_all(texts, body.json, "warnings");
  return base::join(texts, "; ");
}

VaultAnswer VaultApi::get(const std::string& path, const base::Secret& token) const {
  http::Request get = request(path);
  if (!token.empty()) get.secret_headers.emplace_back("X-Vault-Token", token);
  return answer(send(std::move(get)));
}

VaultAnswer VaultApi::post(const std::string& path, std::string body) const {
  http::Request post = request(path);
  post.method = "POST";
  post.headers.add("Content-Type", "application/json");
  post.body = http::text_body(std::move(body));
  return answer(send(std::move(post)));
}

http::Request VaultApi::request(const std::string& path) const {
  http::Request request;
  request.url = address_.url + "/v1/" + http::url_encode(path, true);
  request.unix_socket = address_.unix_socket;
  // An agent may be set up to refuse requests without it, against those forged through a browser or a proxy.
  request.headers.add("X-Vault-Request", "true");
  request.headers.add("Accept", "application/json");
  if (!address_.vault_namespace.empty()) request.headers.add("X-Vault-Namespace", address_.vault_namespace);
  request.retries = kRetries;
  request.follow_redirects = false;
  return request;
}

http::Response VaultApi::send(http::Request request) const {
  http::Response first = client_.send(request);
  if (!is_redirect(first.head.status)) return first;
  const auto from = http::parse_url(request.url);
  const http::Url to = target_of(first, *from);
  // The socket is the agent's; the active node is elsewhere.
  if (!http::same_origin(*from, to)) request.unix_socket.clear();
  request.url = to.text();
  http::Response second = client_.send(request);
  if (is_redirect(second.head.status)) {
    base::fail_registry(fmt::format(
        "Vault at {} redirects to {}, which redirects again\nhint: set VAULT_ADDR to the active node",
        from->origin(), to.origin()));
  }
  return second;
}

VaultAnswer VaultApi::answer(http::Response response) const {
  VaultAnswer answer;
  answer.status = response.head.status;
  std::string text =
      answer.ok() ? base::read_all(*response.body, kLargestAnswer, "answer of Vault") : response.text();
  try {
    if (!text.empty()) answer.body.json = parse_secret_json(text);
  } catch (const std::invalid_argument&) {
    base::fail_registry(fmt::format("{} answered {}, but not as Vault does\nhint: check VAULT_ADDR",
                                    address_.url, answer.status));
  }
  const std::string said = answer.said();
  // A 503 is also what a load balancer in front of it says.
  if (answer.status == 503 && mentions_seal(said)) {
    base::fail_registry(
        fmt::format("Vault at {} is sealed\nhint: unseal it, or ask its administrator to", address_.url),
        said);
  }
  if (answer.status == 429 || answer.status >= 500) {
    base::fail_registry(
        fmt::format("Vault at {} answered {}\nhint: try again later", address_.url, answer.status), said);
  }
  return answer;
}

}  // namespace ixian::secrets
