// A role is assumed with the credentials of its source, which may be a profile that assumes a role itself. So
// this walks along source_profile until it comes to a profile that has credentials, and assumes the roles on
// the way back. A profile may name itself, when it has keys of its own; any other way back to a profile that
// has been visited is a ring.
#include "aws_credentials/role_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "aws/sts.h"
#include "aws_credentials/container.h"
#include "aws_credentials/imds.h"
#include "aws_credentials/process.h"
#include "aws_credentials/sso.h"
#include "aws_credentials/static_keys.h"
#include "aws_credentials/web_identity.h"
#include "base/text.h"

namespace ixian::aws_credentials {
namespace {

bool assumes_role(const aws::Section& profile) {
  return profile.has("role_arn") && !profile.has("web_identity_token_file");
}

std::optional<int> duration(const aws::Section& section, const std::string& profile) {
  const std::string text = section.text("duration_seconds");
  if (text.empty()) return std::nullopt;
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds <= 0) {
    cannot_use(
        fmt::format("invalid duration_seconds of profile {} (expected: a number, such as 3600)", profile));
  }
  return seconds;
}

aws::Credentials from_place(const ProviderContext& lookup, const std::string& profile,
                            const std::string& place) {
  ProviderResult finding;
  if (place == "Environment") {
    finding = keys_of_environment(lookup);
  } else if (place == "EcsContainer") {
    finding = container_credentials(lookup);
  } else if (place == "Ec2InstanceMetadata") {
    finding = instance_credentials(lookup);
  } else {
    cannot_use(
        fmt::format("invalid credential_source {1} of profile {0} (expected: Environment, EcsContainer or "
                    "Ec2InstanceMetadata)",
                    profile, place));
  }
  if (finding.found) return std::move(*finding.found);
  cannot_use(fmt::format("profile {} uses the credentials of {}, which has none", profile, place),
             finding.why_not);
}

class Walk {
 public:
  explicit Walk(const ProviderContext& lookup) : lookup_(lookup) {}

  aws::Credentials assume(const std::string& name) {
    const aws::Section& profile = lookup_.profiles.profile(name);
    visited_.push_back(name);
    aws::Role role;
    role.arn = profile.text("role_arn");
    role.session_name = profile.text("role_session_name");
    role.external_id = profile.text("external_id");
    role.duration_seconds = duration(profile, name);
    if (profile.has("mfa_serial")) {
      cannot_use(
          fmt::format("profile {} requires a code of the device {}, which ix cannot ask for\nhint: get "
                      "temporary credentials by `aws sts get-session-token`, or use SSO",
                      name, profile.text("mfa_serial")));
    }
    const aws::Credentials by = source(name, profile);
    return aws::assume_role(lookup_.client, aws::sts(lookup_.region, lookup_.options, lookup_.environment),
                            by, role);
  }

 private:
  aws::Credentials source(const std::string& name, const aws::Section& profile) {
    const std::string next = profile.text("source_profile");
    const std::string place = profile.text("credential_source");
    if (next.empty() == place.empty()) {
      cannot_use(fmt::format(
          "profile {} assumes a role and has {} source_profile and credential_source\nhint: set one of them",
          name, next.empty() ? "neither" : "both"));
    }
    return next.empty() ? from_place(lookup_, name, place) : from_profile(name, next);
  }

  aws::Credentials from_profile(const std::string& name, const std::string& next) {
    if (lookup_.profiles.merged.count(next) == 0) {
      cannot_use(
          fmt::format("profile {} names the source_profile {}, which does not exist\nhint: correct it in {}",
                      name, next, lookup_.profiles.config_path));
    }
    const aws::Section& profile = lookup_.profiles.profile(next);
    const bool has_keys = has_static_keys(profile);
    const bool visited = std::find(visited_.begin(), visited_.end(), next) != visited_.end();
    if (visited && !(next == name && has_keys)) {
      cannot_use(
          fmt::format("dependency cycle of AWS profiles by source_profile: {} → {}\nhint: break it in {}",
                      base::join(visited_, " → "), next, lookup_.profiles.config_path));
    }
    // Keys go before a role: they are what the profile gives to others.
    if (!has_keys && assumes_role(profile)) return assume(next);
    ProviderResult finding = profile_credentials(lookup_, next);
    if (finding.found) return std::move(*finding.found);
    cannot_use(fmt::format("profile {}, the source_profile of {}, has no credentials", next, name),
               finding.why_not);
  }

  const ProviderContext& lookup_;
  std::vector<std::string> visited_;
};

}  // namespace

ProviderResult role_profile_credentials(const ProviderContext& lookup, const std::string& profile) {
  const aws::Section& section = lookup.profiles.profile(profile);
  if (!assumes_role(section)) return not_found(fmt::format("profile {} has no role_arn to assume", profile));
  return {Walk(lookup).assume(profile), ""};
}

ProviderResult profile_credentials(const ProviderContext& lookup, const std::string& profile) {
  std::vector<std::string> reasons;
  // The order of botocore.
  for (const auto& look :
       {+[](const ProviderContext&with, const std::string&name) {
          return web_identity_credentials(with, name, false);
        },
        +sso_credentials, +keys_of_credentials_file, +process_credentials, +keys_of_config_file}) {
    ProviderResult finding = look(lookup, profile);
    if (finding.found) return finding;
    reasons.push_back(std::move(finding.why_not));
  }
  return not_found(base::join(reasons, "\n"));
}

}  // namespace ixian::aws_credentials
