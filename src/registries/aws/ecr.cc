// ECR's registries are known by their names, and its tokens are passwords of the user AWS for twelve hours.
// The public registry has the same calls under other names, in one region.
#include "aws/ecr.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "aws/timestamp.h"
#include "base/base64.h"
#include "base/text.h"
#include "base/time.h"

namespace ixian::aws {
namespace {

constexpr std::size_t kLongestToken = 64 << 10;

// What ends the names of its registries; the dual-stack ones are `on.…`.
constexpr std::string_view kSuffixes[] = {
    "amazonaws.com",  "amazonaws.com.cn", "on.aws",        "on.amazonwebservices.com.cn",
    "amazonaws.eu",   "c2s.ic.gov",       "sc2s.sgov.gov", "cloud.adc-e.uk",
    "csp.hci.ic.gov",
};

bool is_account(std::string_view text) {
  return text.size() == 12 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_region(std::string_view text) {
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// Takes `prefix` off the front.
bool skip(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

const base::Json& authorization_data(const base::Json& answer, bool is_public) {
  if (!answer.is_object()) throw std::invalid_argument("an answer that is not a JSON object");
  const auto found = answer.find("authorizationData");
  if (found == answer.end()) throw std::invalid_argument("an answer without authorizationData");
  // The private service has a list of one.
  if (is_public && found->is_object()) return *found;
  if (!is_public && found->is_array() && !found->empty() && found->front().is_object()) return found->front();
  throw std::invalid_argument("an answer whose authorizationData is something else");
}

EcrToken read_token(const base::Json& answer, bool is_public) {
  const base::Json& data = authorization_data(answer, is_public);
  const auto token = data.find("authorizationToken");
  if (token == data.end() || !token->is_string())
    throw std::invalid_argument("an answer without authorizationToken");
  const std::string& encoded = token->get_ref<const std::string&>();
  if (encoded.size() > kLongestToken) throw std::invalid_argument("a token that is too long");
  const auto decoded = base::decode_base64(encoded);
  if (!decoded) throw std::invalid_argument("a token that is not base64");
  const std::string& pair = decoded->reveal();
  const std::string_view user = "AWS:";
  if (!pair.starts_with(user) || pair.size() == user.size())
    throw std::invalid_argument("a token that is not AWS:…");

  EcrToken result;
  result.password = base::Secret(pair.substr(user.size()));
  const auto expires = data.find("expiresAt");
  if (expires == data.end()) throw std::invalid_argument("an answer without expiresAt");
  result.expires = parse_time(*expires);
  const auto endpoint = data.find("proxyEndpoint");
  if (endpoint != data.end() && endpoint->is_string()) result.endpoint = endpoint->get<std::string>();
  return result;
}

}  // namespace

// <account>.dkr.ecr[-fips].<region>.<suffix>, or <account>.dkr-ecr[-fips].<region>.on.aws.
std::optional<EcrHost> parse_ecr_host(std::string_view host) {
  const std::string lower = base::to_lower(host);
  std::string_view rest = lower;
  if (rest == "public.ecr.aws" || rest == "ecr-public.aws.com") return EcrHost{true, "", "us-east-1", false};

  EcrHost result;
  const std::string_view account = rest.substr(0, 12);
  if (!is_account(account)) return std::nullopt;
  result.account = account;
  rest.remove_prefix(account.size());
  if (!skip(rest, ".dkr.ecr") && !skip(rest, ".dkr-ecr")) return std::nullopt;
  result.fips = skip(rest, "-fips");
  if (!skip(rest, ".")) return std::nullopt;
  const std::string_view region = rest.substr(0, rest.find('.'));
  if (!is_region(region) || region.size() == rest.size()) return std::nullopt;
  result.region = region;
  rest.remove_prefix(region.size() + 1);
  if (std::find(std::begin(kSuffixes), std::end(kSuffixes), rest) == std::end(kSuffixes)) return std::nullopt;
  return result;
}

EcrToken parse_token_answer(const std::string& json, bool is_public) {
  base::Json answer;
  try {
    answer = base::parse_json(json, 1 << 20, 32);
  } catch (const std::invalid_argument&) {
    throw std::invalid_argument("an answer that is not JSON");  // the reason might quote the token
  }
  return read_token(answer, is_public);
}

EcrToken get_token(http::Client& client, CredentialSource& source, const Service& service, bool is_public) {
  const Time asked = client.clock().now();
  const base::Json answer = call(client, source, service, "GetAuthorizationToken", base::Json::object());
  EcrToken token;
  try {
    token = read_token(answer, is_public);
  } catch (const std::invalid_argument& error) {
    throw base::Error(base::ErrorCode::kRegistry,
                      fmt::format("{} returned no token\nhint: check that {} is the right endpoint",
                                  service.name, service.endpoint),
                      error.what());
  }
  // Before the request: the token's life may have begun at any time since.
  token.issued = asked;
  if (!token.expired(client.clock().now())) return token;
  throw base::Error(
      base::ErrorCode::kRegistry,
      fmt::format("{} returned a token that has expired\nhint: check this machine's clock", service.name),
      fmt::format("note: expired at {}; now it is {}", base::utc_text(token.expires),
                  base::utc_text(client.clock().now())));
}

void create_repository(http::Client& client, CredentialSource& source, const Service& service, bool,
                       const std::string& repository) {
  try {
    call(client, source, service, "CreateRepository", {{"repositoryName", repository}});
  } catch (const ServiceError& error) {
    // Somebody else was quicker.
    if (error.type != "RepositoryAlreadyExistsException") throw;
  }
}

}  // namespace ixian::aws
