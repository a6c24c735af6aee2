// One request to AWS with its answer as text. HTTP's own repetitions are the client's; here those are
// repeated that AWS refuses with status 400 because it is called too often, which no HTTP client can know.
#include "aws/exchange.h"

#include <fmt/format.h>

#include <algorithm>

namespace ixian::aws {
namespace {

constexpr std::size_t kLongestAnswer = 1 << 20;

// AWS throttles whole accounts for moments: to give up after one, as somebody does who only asks whether a
// registry works, would tell of a fault where there is none.
constexpr int kLeastRetries = 4;

Response send(http::Client& client, const http::Request& request, const std::string& what) {
  try {
    http::Response response = client.send(request);
    std::string body = response.head.ok()
                           ? base::read_all(*response.body, kLongestAnswer, "answer of " + what)
                           : response.text();
    return {std::move(response.head), std::move(body)};
  } catch (const http::TransportError& error) {
    // The name holds the region, so a name that is not found is mostly a region that is not there.
    if (error.failure != http::TransportFailure::kResolve &&
        error.failure != http::TransportFailure::kResolver)
      throw;
    throw http::TransportError(
        error.failure,
        fmt::format(
            "cannot resolve host of {}\nhint: check the region, and this machine's network connection", what),
        error.message());
  }
}

}  // namespace

ErrorResponse json_refusal(const Response& reply) {
  return parse_json_refusal(reply.head.status, reply.head.headers.find("x-amzn-errortype").value_or(""),
                            reply.body);
}

ErrorResponse xml_refusal(const Response& reply) {
  return parse_xml_refusal(reply.head.status, reply.body);
}

Response send_with_retries(http::Client& client, const http::Request& request, ParseRefusal parse,
                           const std::string& what) {
  for (int attempt = 1;; ++attempt) {
    Response reply = send(client, request, what);
    // What the client itself tries again on has been tried often enough.
    const bool waits = reply.head.status == 400 && parse(reply).throttled();
    const int retries = std::max(client.options().retries, kLeastRetries);
    if (!waits || attempt > retries) return reply;
    if (client.options().on_retry) {
      client.options().on_retry(
          fmt::format("{}: rate limit exceeded; retrying ({}/{})", what, attempt, retries));
    }
    client.clock().sleep_for(client.pause_before(attempt), client.cancellation());
  }
}

http::AwsSignature signature(const Credentials& credentials, const std::string& service,
                             const std::string& region) {
  return {region, service, credentials.access_key_id, credentials.secret_access_key,
          credentials.session_token};
}

}  // namespace ixian::aws
