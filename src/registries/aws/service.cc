// AWS's JSON 1.1 protocol: POST to "/" of the service with the action in a header, signed with Signature
// Version 4 by libcurl. Credentials may be refused as expired although they should not be (a clock that is
// off, a role whose sessions were revoked): they are then searched for once more, and the call is repeated
// only if other ones were found.
#include "aws/service.h"

#include <fmt/format.h>

#include "aws/endpoints.h"
#include "aws/exchange.h"

namespace ixian::aws {
namespace {

constexpr int kDeepestAnswer = 64;

http::Request request_for(const Service& service, const std::string& action, const base::Json& input,
                          const Credentials& credentials) {
  http::Request request;
  request.method = "POST";
  request.url = service.endpoint + "/";
  request.headers.add("Content-Type", "application/x-amz-json-1.1");
  request.headers.add("X-Amz-Target", service.target_prefix + "." + action);
  request.body = http::text_body(input.is_null() ? "{}" : input.dump());
  request.aws_signature = signature(credentials, service.signing_name, service.region);
  request.follow_redirects = false;
  return request;
}

bool same(const Credentials& a, const Credentials& b) {
  return a.access_key_id.reveal() == b.access_key_id.reveal() &&
         a.secret_access_key.reveal() == b.secret_access_key.reveal() &&
         a.session_token.reveal() == b.session_token.reveal();
}

base::Json parse_answer(const Response& reply, const std::string& what) {
  if (reply.body.empty()) return base::Json::object();
  try {
    return base::parse_json(reply.body, reply.body.size(), kDeepestAnswer);
  } catch (const std::invalid_argument&) {  // whose text might quote a secret
    throw ServiceError(
        "", reply.head.status,
        fmt::format("{} returned an answer that is not JSON\nhint: check for a proxy in between", what));
  }
}

}  // namespace

Service ecr(const std::string& region, const ClientOptions& options, bool fips,
            const Environment& environment) {
  check_region(region);
  const std::string host =
      fmt::format("https://{}.{}.{}", fips ? "ecr-fips" : "api.ecr", region, dns_suffix(region));
  return {"ecr", "AmazonEC2ContainerRegistry_V20150921", region, endpoint("ECR", host, options, environment),
          "Amazon ECR"};
}

Service ecr_public(const ClientOptions& options, const Environment& environment) {
  return {"ecr-public", "SpencerFrontendService", "us-east-1",
          endpoint("ECR_PUBLIC", "https://api.ecr-public.us-east-1.amazonaws.com", options, environment),
          "Amazon ECR Public"};
}

Service secrets_manager(const std::string& region, const ClientOptions& options,
                        const Environment& environment) {
  check_region(region);
  const std::string host = fmt::format("https://secretsmanager.{}.{}", region, dns_suffix(region));
  return {"secretsmanager", "secretsmanager", region, endpoint("SECRETS_MANAGER", host, options, environment),
          "AWS Secrets Manager"};
}

Service ssm(const std::string& region, const ClientOptions& options, const Environment& environment) {
  check_region(region);
  const std::string host = fmt::format("https://ssm.{}.{}", region, dns_suffix(region));
  return {"ssm", "AmazonSSM", region, endpoint("SSM", host, options, environment), "AWS Systems Manager"};
}

Service sts(const std::string& region, const ClientOptions& options, const Environment& environment) {
  // The endpoint for the whole world, which signs as if it were in us-east-1.
  if (region.empty()) {
    return {"sts", "", "us-east-1", endpoint("STS", "https://sts.amazonaws.com", options, environment),
            "AWS STS"};
  }
  check_region(region);
  const std::string host = fmt::format("https://sts.{}.{}", region, dns_suffix(region));
  return {"sts", "", region, endpoint("STS", host, options, environment), "AWS STS"};
}

base::Json call(http::Client& client, CredentialSource& source, const Service& service,
                const std::string& action, const base::Json& input) {
  const std::string what =
      fmt::format("{} in {}", service.name.empty() ? service.signing_name : service.name, service.region);
  Credentials credentials = source.find();
  for (bool first = true;; first = false) {
    const Response reply =
        send_with_retries(client, request_for(service, action, input, credentials), json_refusal, what);
    if (reply.head.ok()) return parse_answer(reply, what);

    const ErrorResponse refusal = json_refusal(reply);
    const ServiceError error = explain(refusal, {service.signing_name + ":" + action, credentials.source,
                                                 service.region, credentials.session_token});
    if (!first || !(refusal.expired() || refusal.unknown())) throw error;
    source.forget();
    Credentials renewed = source.find();
    if (same(renewed, credentials)) throw error;
    credentials = std::move(renewed);
  }
}

}  // namespace ixian::aws
