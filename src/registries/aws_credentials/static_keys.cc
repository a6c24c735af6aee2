// Access keys that stand somewhere: in the client's options, the environment, either file. Half a pair is an
// error and not "none": the search would go on and find somebody else.
#include "aws_credentials/static_keys.h"

#include <fmt/format.h>

#include "aws/environment.h"
#include "aws/timestamp.h"
#include "base/error.h"

namespace ixian::aws_credentials {
namespace {

constexpr char kId[] = "aws_access_key_id";
constexpr char kSecret[] = "aws_secret_access_key";

ProviderResult from_section(const aws::IniFile& file, const std::string& path, const std::string& profile) {
  const auto found = file.find(profile);
  if (found == file.end()) return not_found(fmt::format("no profile {} in {}", profile, path));
  const aws::Section& section = found->second;
  if (!section.has(kId)) return not_found(fmt::format("profile {} in {} has no {}", profile, path, kId));

  aws::Credentials keys;
  keys.access_key_id = section.secret(kId);
  keys.secret_access_key = section.secret(kSecret);
  keys.session_token =
      // The second is what boto called it.
      section.secret(section.has("aws_session_token") ? "aws_session_token" : "aws_security_token");
  keys.source = fmt::format("profile {} in {}", profile, path);
  if (keys.access_key_id.empty() || keys.secret_access_key.empty()) {
    cannot_use(fmt::format("profile {} in {} has only one of {} and {}\nhint: add the other one", profile,
                           path, kId, kSecret));
  }
  return {std::move(keys), ""};
}

}  // namespace

void cannot_use(std::string message, std::string context) {
  throw base::Error(base::ErrorCode::kRegistry, std::move(message), std::move(context));
}

std::optional<aws::Credentials> keys_of_options(const aws::ClientOptions& options) {
  if (options.access_key_id.empty() && options.secret_access_key.empty()) return std::nullopt;
  if (options.access_key_id.empty() || options.secret_access_key.empty()) {
    throw base::Error(
        base::ErrorCode::kProject,
        fmt::format("only one of the options {} and {} is set\nhint: set both, or neither", kId, kSecret));
  }
  return aws::Credentials{options.access_key_id, options.secret_access_key, options.session_token,
                          std::nullopt, "the options of the client"};
}

ProviderResult keys_of_environment(const ProviderContext& lookup) {
  aws::Credentials keys;
  keys.access_key_id = base::Secret(aws::variable(lookup.environment, "AWS_ACCESS_KEY_ID"));
  if (keys.access_key_id.empty()) return not_found("AWS_ACCESS_KEY_ID is not set");
  keys.secret_access_key = base::Secret(aws::variable(lookup.environment, "AWS_SECRET_ACCESS_KEY"));
  if (keys.secret_access_key.empty()) {
    cannot_use("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not\nhint: set both, or neither");
  }
  std::string token = aws::variable(lookup.environment, "AWS_SESSION_TOKEN");
  // What boto called it.
  if (token.empty()) token = aws::variable(lookup.environment, "AWS_SECURITY_TOKEN");
  keys.session_token = base::Secret(std::move(token));
  if (const std::string end = aws::variable(lookup.environment, "AWS_CREDENTIAL_EXPIRATION"); !end.empty()) {
    try {
      keys.expires = aws::parse_time(std::string_view(end));
    } catch (const std::invalid_argument& error) {
      cannot_use(
          "invalid AWS_CREDENTIAL_EXPIRATION (expected: a time such as 2026-01-31T12:00:00Z)\nhint: correct "
          "or unset it",
          error.what());
    }
  }
  keys.source = "the environment";
  return {std::move(keys), ""};
}

ProviderResult keys_of_credentials_file(const ProviderContext& lookup, const std::string& profile) {
  return from_section(lookup.profiles.credentials, lookup.profiles.credentials_path, profile);
}

ProviderResult keys_of_config_file(const ProviderContext& lookup, const std::string& profile) {
  return from_section(lookup.profiles.config, lookup.profiles.config_path, profile);
}

bool has_static_keys(const aws::Section& profile) {
  return profile.has(kId) || profile.has(kSecret);
}

}  // namespace ixian::aws_credentials
