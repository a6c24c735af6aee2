// Three requests: PUT for a session token, GET for the name of the instance's role, GET for its credentials.
// All go to a link-local address without proxy and redirects, with one second each: on a machine that is no
// instance nobody answers there, and everybody else waits for that. Nothing that goes wrong is an error; the
// search has then simply come to its end.
#include "aws_credentials/imds.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "aws/environment.h"
#include "aws/exchange.h"
#include "aws_credentials/credential_answer.h"
#include "base/text.h"
#include "http/url.h"

namespace ixian::aws_credentials {
namespace {

constexpr char kRolePath[] = "/latest/meta-data/iam/security-credentials/";
constexpr std::chrono::milliseconds kImdsTimeLimit{1000};

std::string address(const ProviderContext& lookup) {
  const aws::Section& profile =
      lookup.profiles.profile(aws::profile_name(lookup.environment, lookup.options));
  const auto setting = [&](const std::string& name, const std::string& key) {
    const std::string value = aws::variable(lookup.environment, name);
    return value.empty() ? profile.text(key) : value;
  };
  std::string url = setting("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
  if (url.empty()) {
    const std::string mode =
        setting("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
    url = base::to_lower(mode) == "ipv6" ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
  }
  while (url.ends_with('/')) url.pop_back();
  return url;
}

http::Request request_for(const std::string& method, const std::string& url) {
  http::Request request;
  request.method = method;
  request.url = url;
  request.retries = 0;
  request.time_limit = kImdsTimeLimit;
  request.no_proxy = true;
  request.follow_redirects = false;
  return request;
}

// The body of an answer that says 200, or an Error that says why there is none.
std::string ask(const ProviderContext& lookup, const http::Request& request) {
  aws::Response reply =
      aws::send_with_retries(lookup.client, request, aws::json_refusal, "instance metadata service");
  if (!reply.head.ok()) cannot_use(fmt::format("instance metadata service answered {}", reply.head.status));
  return std::move(reply.body);
}

bool is_role_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("+=,.@-_").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

ProviderResult ask_service(const ProviderContext& lookup, const std::string& url) {
  http::Request opening = request_for("PUT", url + "/latest/api/token");
  opening.headers.add("X-aws-ec2-metadata-token-ttl-seconds", "21600");
  const base::Secret token(ask(lookup, opening));

  http::Request naming = request_for("GET", url + kRolePath);
  naming.secret_headers.emplace_back("X-aws-ec2-metadata-token", token);
  const std::string names = ask(lookup, naming);
  // A list, by its form; an instance has one role.
  const std::string role(base::trim(base::split(names, '\n')[0]));
  // Part of a URL: what is no role's name is no answer of the service.
  if (!is_role_name(role)) return not_found("the instance has no role");

  http::Request asking = request_for("GET", url + kRolePath + role);
  asking.secret_headers = naming.secret_headers;
  aws::Credentials credentials = parse_metadata_answer(ask(lookup, asking));
  credentials.source = fmt::format("the instance's role {}", role);
  return {std::move(credentials), ""};
}

}  // namespace

ProviderResult instance_credentials(const ProviderContext& lookup) {
  if (aws::is_true(lookup.environment, "AWS_EC2_METADATA_DISABLED")) {
    return not_found("AWS_EC2_METADATA_DISABLED is true");
  }
  const std::string url = address(lookup);
  if (!http::parse_url(url)) return not_found("AWS_EC2_METADATA_SERVICE_ENDPOINT is not an http URL");
  try {
    return ask_service(lookup, url);
  } catch (const http::TransportError&) {
    return not_found(
        "the instance metadata service did not answer (in a container on an instance, raise its hop limit to "
        "2)");
  } catch (const base::Error& error) {
    return not_found(error.message());
  } catch (const std::invalid_argument& error) {
    return not_found(fmt::format("the instance metadata service answered {}", error.what()));
  }
}

}  // namespace ixian::aws_credentials
