// A person logs in by `aws sso login`, which leaves an access token in a cache that all AWS tools share. With
// it the portal gives credentials of a role, for an hour or so. A login with an sso-session can be renewed
// without the person as long as the registration of the client lasts; the new token goes back into the cache,
// since the old refresh token may be worth nothing from then on.
#include "aws_credentials/sso.h"

#include <fmt/format.h>

#include <chrono>

#include "aws/endpoints.h"
#include "aws/environment.h"
#include "aws/exchange.h"
#include "aws_credentials/credential_answer.h"
#include "aws_credentials/sso_cache.h"
#include "base/text.h"
#include "base/time.h"
#include "http/url.h"

namespace ixian::aws_credentials {
namespace {

// botocore's: a token that ends sooner is renewed.
constexpr auto kRenewSsoBefore = std::chrono::minutes(15);

struct Settings {
  std::string profile;
  std::string session;  // "" for profiles that name the start URL themselves
  std::string start_url;
  std::string region;
  std::string account;
  std::string role;
};

std::string login_command(const std::string& profile) {
  return profile == "default" ? "`aws sso login`"
                              : fmt::format("`aws sso login --profile {}`", base::shell_quote(profile));
}

// The profile, and what its sso-session adds: they must not contradict each other.
aws::Section with_session(const ProviderContext& lookup, const std::string& profile,
                          const aws::Section& own) {
  const std::string session = own.text("sso_session");
  if (session.empty()) return own;
  const auto found = lookup.profiles.sso_sessions.find(session);
  if (found == lookup.profiles.sso_sessions.end()) {
    cannot_use(
        fmt::format("profile {} names the sso-session {}, but {} has no [sso-session {}]\nhint: add it, or "
                    "run `aws configure sso`",
                    profile, session, lookup.profiles.config_path, session));
  }
  for (const auto& [key, value] : found->second.values()) {
    if (own.has(key) && own.text(key) != value.reveal()) {
      cannot_use(fmt::format(
          "{} differs between profile {} and its sso-session {} in {}\nhint: set it in one of them", key,
          profile, session, lookup.profiles.config_path));
    }
  }
  aws::Section both = own;
  both.add_all(found->second);
  return both;
}

Settings read_settings(const ProviderContext& lookup, const std::string& profile, const aws::Section& own) {
  const aws::Section section = with_session(lookup, profile, own);
  std::vector<std::string> missing;
  for (const char* key : {"sso_account_id", "sso_role_name", "sso_start_url", "sso_region"}) {
    if (section.text(key).empty()) missing.emplace_back(key);
  }
  if (!missing.empty()) {
    cannot_use(fmt::format("profile {} in {} is set up for SSO, but has no {}\nhint: run `aws configure sso`",
                           profile, lookup.profiles.config_path, base::join(missing, ", ")));
  }
  Settings settings{profile,
                    own.text("sso_session"),
                    section.text("sso_start_url"),
                    section.text("sso_region"),
                    section.text("sso_account_id"),
                    section.text("sso_role_name")};
  aws::check_region(settings.region);
  return settings;
}

SsoToken read_token(const ProviderContext& lookup, const Settings& settings, const std::string& path) {
  try {
    const auto json = aws::read_text(path);
    if (json) return parse_sso_token(*json);
  } catch (const std::exception& error) {
    cannot_use(fmt::format("cannot read the SSO login of profile {}\nhint: run {}", settings.profile,
                           login_command(settings.profile)),
               fmt::format("{}: {}", aws::show_path(lookup.environment, path), error.what()));
  }
  cannot_use(fmt::format("not logged in to AWS SSO (profile {})\nhint: run {}", settings.profile,
                         login_command(settings.profile)),
             fmt::format("note: {} not found", aws::show_path(lookup.environment, path)));
}

// OIDC's CreateToken: a new access token, and perhaps a new refresh token, for the old one.
SsoToken renewed(const ProviderContext& lookup, const Settings& settings, const SsoToken& old) {
  const std::string host =
      fmt::format("https://oidc.{}.{}", settings.region, aws::dns_suffix(settings.region));
  http::Request request;
  request.method = "POST";
  request.url = aws::endpoint("SSO_OIDC", host, lookup.options, lookup.environment) + "/token";
  request.headers.add("Content-Type", "application/json");
  request.body = http::text_body(base::Json{
      {"clientId", old.client_id},
      {"clientSecret", old.client_secret.reveal()},
      {"grantType", "refresh_token"},
      {"refreshToken",
       old.refresh_token.reveal()}}.dump());
  request.repeatable = false;  // a refresh token may be good for one use
  request.follow_redirects = false;
  const aws::Response reply =
      aws::send_with_retries(lookup.client, request, aws::json_refusal, "AWS SSO OIDC in " + settings.region);
  if (!reply.head.ok())
    throw aws::explain(aws::json_refusal(reply), {"sso-oidc:CreateToken", "", settings.region, {}});

  const base::Json answer = base::parse_json(reply.body, 1 << 20, 32);
  SsoToken token = old;
  token.access_token = base::Secret(answer.at("accessToken").get<std::string>());
  token.expires = aws::parse_time(
      base::Json(std::chrono::duration<double>(lookup.client.clock().now().time_since_epoch()).count() +
                 answer.at("expiresIn").get<double>()));
  if (answer.contains("refreshToken")) {
    token.refresh_token = base::Secret(answer["refreshToken"].get<std::string>());
  }
  return token;
}

SsoToken good_token(const ProviderContext& lookup, const Settings& settings) {
  const std::string path =
      sso_cache_path(lookup.environment, settings.session.empty() ? settings.start_url : settings.session);
  SsoToken token = read_token(lookup, settings, path);
  const aws::Time now = lookup.client.clock().now();
  std::string trouble = fmt::format("note: expired at {}", base::utc_text(token.expires));
  // A failure to renew is told only when the login has really ended.
  if (!settings.session.empty() && token.expires - now < kRenewSsoBefore && token.renewable(now)) {
    try {
      token = renewed(lookup, settings, token);
      save_sso_token(path, token);
    } catch (const base::Cancelled&) {
      throw;
    } catch (const base::Error& error) {
      trouble += "; renewing it failed: " + error.message() + "\n" + error.context();
    } catch (const std::exception&) {
      trouble += "; renewing it failed: invalid answer";
    }
  }
  if (token.expires > lookup.client.clock().now()) return token;
  cannot_use(fmt::format("AWS SSO login expired (profile {})\nhint: run {}", settings.profile,
                         login_command(settings.profile)),
             trouble);
}

aws::Credentials ask_portal(const ProviderContext& lookup, const Settings& settings, const SsoToken& token) {
  const std::string host =
      fmt::format("https://portal.sso.{}.{}", settings.region, aws::dns_suffix(settings.region));
  http::Request request;
  request.url =
      http::with_query(http::with_query(aws::endpoint("SSO", host, lookup.options, lookup.environment) +
                                            "/federation/credentials",
                                        "role_name", settings.role),
                       "account_id", settings.account);
  request.secret_headers.emplace_back("x-amz-sso_bearer_token", token.access_token);
  request.follow_redirects = false;
  const aws::Response reply =
      aws::send_with_retries(lookup.client, request, aws::json_refusal, "AWS SSO in " + settings.region);
  if (reply.head.ok()) return parse_sso_answer(reply.body);

  const aws::ErrorResponse refusal = aws::json_refusal(reply);
  if (reply.head.status == 401) {
    cannot_use(fmt::format("AWS rejected the SSO login of profile {}\nhint: run {}", settings.profile,
                           login_command(settings.profile)),
               refusal.message);
  }
  if (reply.head.status == 403 || reply.head.status == 404) {
    cannot_use(fmt::format("permission denied: this SSO login cannot use the role {} in the account "
                           "{}\nhint: correct profile {} in {}, or ask for access",
                           settings.role, settings.account, settings.profile, lookup.profiles.config_path),
               refusal.message);
  }
  throw aws::explain(refusal, {"sso:GetRoleCredentials", "", settings.region, token.access_token});
}

}  // namespace

ProviderResult sso_credentials(const ProviderContext& lookup, const std::string& profile) {
  const aws::Section& section = lookup.profiles.profile(profile);
  if (!section.has("sso_account_id") && !section.has("sso_role_name")) {
    return not_found(fmt::format("profile {} has no sso_account_id and sso_role_name", profile));
  }
  const Settings settings = read_settings(lookup, profile, section);
  try {
    aws::Credentials credentials = ask_portal(lookup, settings, good_token(lookup, settings));
    credentials.source = fmt::format("the SSO role {} in the account {} (profile {})", settings.role,
                                     settings.account, profile);
    return {std::move(credentials), ""};
  } catch (const std::invalid_argument& error) {
    cannot_use("invalid answer from AWS SSO\nhint: check for a proxy in between", error.what());
  }
}

}  // namespace ixian::aws_credentials
