// Credentials of a container's role: ECS gives a path at a fixed link-local address, EKS and others a whole
// URL with a token. Who can set our variables could send that token elsewhere, so only the addresses that
// AWS's own tools allow are asked.
#include "aws_credentials/container.h"

#include <fmt/format.h>

#include <chrono>

#include "aws/environment.h"
#include "aws/exchange.h"
#include "aws_credentials/credential_answer.h"
#include "base/text.h"
#include "http/url.h"

namespace ixian::aws_credentials {
namespace {

constexpr char kRelative[] = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr char kFull[] = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr char kToken[] = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
constexpr char kTokenFile[] = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
constexpr int kRetries = 2;
constexpr std::chrono::milliseconds kContainerTimeLimit{2000};

base::Secret authorization(const aws::Environment& environment) {
  std::string token = aws::variable(environment, kToken);
  // The file goes before the variable: it is renewed, a variable is not.
  if (const std::string path = aws::variable(environment, kTokenFile); !path.empty()) {
    const auto text = aws::read_text(path);
    if (!text) cannot_use(fmt::format("{} not found (set in {})", base::printable_path(path), kTokenFile));
    token = base::trim(*text);
  }
  // It becomes a header: a second line would be a second header.
  if (token.find_first_of("\r\n") != std::string::npos) {
    cannot_use("the authorization token for the container's credentials has more than one line");
  }
  return base::Secret(std::move(token));
}

// "" where neither variable is set.
std::string uri(const aws::Environment& environment) {
  if (const std::string path = aws::variable(environment, kRelative); !path.empty()) {
    const std::string whole = "http://169.254.170.2" + path;
    if (path[0] != '/' || !http::parse_url(whole))
      cannot_use(fmt::format("{} must be a path that starts with /", kRelative));
    return whole;
  }
  std::string whole = aws::variable(environment, kFull);
  if (!whole.empty() && !is_allowed_container_uri(whole)) {
    cannot_use(fmt::format(
        "{} must be https, or http on this machine, at 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]",
        kFull));
  }
  return whole;
}

}  // namespace

bool is_allowed_container_uri(const std::string& uri) {
  const auto url = http::parse_url(uri);
  if (!url) return false;
  return url->https() || http::is_loopback(url->host) || url->host == "169.254.170.2" ||
         url->host == "169.254.170.23" || url->host == "fd00:ec2::23";
}

ProviderResult container_credentials(const ProviderContext& lookup) {
  http::Request request;
  request.url = uri(lookup.environment);
  if (request.url.empty()) return not_found(fmt::format("neither {} nor {} is set", kRelative, kFull));
  request.headers.add("Accept", "application/json");
  base::Secret token = authorization(lookup.environment);
  if (!token.empty()) request.secret_headers.emplace_back("Authorization", token);
  request.retries = kRetries;
  request.time_limit = kContainerTimeLimit;
  // A proxy would see the token, and the address means another machine there.
  request.no_proxy = true;
  request.follow_redirects = false;

  const aws::Response reply =
      aws::send_with_retries(lookup.client, request, aws::json_refusal, "container's credentials endpoint");
  if (!reply.head.ok()) {
    const aws::ErrorResponse refusal = aws::json_refusal(reply);
    cannot_use(
        fmt::format(
            "container's credentials endpoint answered {}\nhint: check that the task or the pod has a role",
            reply.head.status),
        base::without_secret(refusal.type + " " + refusal.message, token));
  }
  try {
    aws::Credentials credentials = parse_metadata_answer(reply.body);
    credentials.source = "the role of the container";
    return {std::move(credentials), ""};
  } catch (const std::invalid_argument& error) {
    cannot_use("invalid answer from the container's credentials endpoint", error.what());
  }
}

}  // namespace ixian::aws_credentials
