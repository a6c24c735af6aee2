// All requests to one host pass here: the scheme is found out once, each request is authorized, a refusal
// answered, and what comes back is freed of what it must not hold (secrets that a registry repeats) and of
// what cannot be true (a web page from a proxy's login).
#include "registry/host_client.h"

#include "base/missing_credential.h"
#include "base/text.h"
#include "oci/losses.h"
#include "oci/reference.h"

namespace ixian::registry {
namespace {

// What Go's and nginx's servers say to a plain request on a port where they expect TLS.
bool wants_tls(const http::ResponseHead& head, const std::string& body) {
  return head.status == 400 && base::to_lower(body).find("https") != std::string::npos;
}

}  // namespace

HostClient::HostClient(http::Client& client, std::shared_ptr<auth::CredentialProvider> provider,
                       HostOptions options)
    : client_(client),
      provider_(std::move(provider)),
      options_(std::move(options)),
      authority_(oci::wire_host(options_.host)) {}

http::Response HostClient::send(const Operation& work, http::Request request,
                                const registry_auth::Scopes& scopes) {
  registry_auth::AuthAttempt attempt(scopes.empty() ? "" : scopes.front().repository, scopes);
  try {
    if (request.url.starts_with("/")) request.url = origin() + request.url;
    registry_auth::Authorizer& authorizer = this->authorizer();
    for (;;) {
      authorizer.authorize(request, attempt);
      http::Response response = client_.send(request);
      const int status = response.head.status;
      // Blobs may be anything.
      const bool blob = request.method == "GET" && request.url.find("/blobs/") != std::string::npos;
      if (status < 400 && !blob && is_web_page(response.head))
        throw failure(work, web_page(response.head, authorizer.conceal(response.text(), attempt)));
      if (status < 400) return response;
      // What a registry says is shown, and some repeat what they were sent.
      std::string body = authorizer.conceal(response.text(), attempt);
      const bool refused = status == 401 || status == 403;
      if (refused && authorizer.handle_challenge(response.head, body, attempt)) continue;
      // A 403 may be the answer to a question (a missing blob, for one), so the caller judges it.
      if (status == 401) throw authorizer.unauthorized(response.head, body, attempt);
      return {std::move(response.head), std::make_unique<base::OwnedTextSource>(std::move(body))};
    }
  } catch (const http::TransportError&) {
    throw;
  } catch (const base::MissingCredential& error) {
    throw base::MissingCredential(error.code(), failure(work, error).message(), error.context());
  } catch (const oci::Lost&) {
    throw;  // what was to be sent could not be read: no fault of this registry
  } catch (const base::Error& error) {
    throw failure(work, error);
  }
}

bool HostClient::create_repository(const std::string& repository) {
  if (!options_.create_repository) return false;
  // Many blobs find it missing at once; one makes it, and the others go on when it is there.
  std::lock_guard lock(create_mutex_);
  if (!created_.contains(repository)) {
    options_.create_repository(repository);
    created_.insert(repository);
  }
  return true;
}

const std::string& HostClient::origin() {
  std::lock_guard lock(mutex_);
  if (origin_.empty()) {
    origin_ = find_origin();
    authorizer_ = std::make_unique<registry_auth::Authorizer>(
        client_, *provider_,
        registry_auth::AuthorizerOptions{options_.host, origin_, options_.insecure, options_.on_warning});
  }
  return origin_;
}

registry_auth::Authorizer& HostClient::authorizer() {
  origin();
  return *authorizer_;
}

// Which scheme a host speaks is asked only where plain HTTP may be used at all: on loopback first without
// TLS, as Docker does, elsewhere only if `insecure` is set, and then TLS first.
std::string HostClient::find_origin() {
  const std::string https = "https://" + authority_;
  const std::string http = "http://" + authority_;
  const std::optional<http::Url> url = http::parse_url(https);
  const bool loopback = url && http::is_loopback(url->host);
  if (!loopback && !options_.insecure) return https;

  http::Request request;
  request.retries = 0;
  if (loopback) {
    request.url = http + "/v2/";
    try {
      http::Response response = client_.send(request);
      return wants_tls(response.head, response.text()) ? https : http;
    } catch (const http::TransportError& error) {
      // A TLS server hangs up on plain text.
      return error.failure == http::TransportFailure::kInterrupted ? https : http;
    }
  }
  request.url = https + "/v2/";
  try {
    client_.send(request);
    return https;
  } catch (const http::TransportError& error) {
    const bool no_tls = error.failure == http::TransportFailure::kTls ||
                        error.failure == http::TransportFailure::kInterrupted ||
                        error.failure == http::TransportFailure::kConnect;
    return no_tls ? http : https;
  }
}

}  // namespace ixian::registry
