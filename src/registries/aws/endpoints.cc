// Where a service is: by name of its region and partition, unless an endpoint is configured, for tests and
// private links, in the order of AWS's own tools: option, variable of the service, variable for all, services
// section of the profile, profile.
#include "aws/endpoints.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/environment.h"
#include "aws/profiles.h"
#include "aws/service.h"
#include "base/error.h"
#include "base/text.h"
#include "http/url.h"

namespace ixian::aws {
namespace {

struct Partition {
  std::string_view prefix;  // of its regions
  std::string_view suffix;
};

// The longest prefix that fits counts; everything else is the first partition, amazonaws.com.
constexpr Partition kPartitions[] = {
    {"cn-", "amazonaws.com.cn"},    {"us-iso-", "c2s.ic.gov"},      {"us-isob-", "sc2s.sgov.gov"},
    {"eu-isoe-", "cloud.adc-e.uk"}, {"us-isof-", "csp.hci.ic.gov"}, {"eusc-", "amazonaws.eu"},
};

std::string lower_with_underscores(std::string id) {
  std::replace(id.begin(), id.end(), '-', '_');
  return base::to_lower(id);
}

std::string from_profile(const std::string& id, const ClientOptions& options,
                         const Environment& environment) {
  const Profiles profiles = load_profiles(environment);
  const Section& profile = profiles.profile(profile_name(environment, options));
  if (const std::string services = profile.text("services"); !services.empty()) {
    const auto found = profiles.services.find(services);
    if (found != profiles.services.end()) {
      const std::string url = found->second.text(lower_with_underscores(id) + ".endpoint_url");
      if (!url.empty()) return url;
    }
  }
  return profile.text("endpoint_url");
}

std::string configured(const std::string& id, const ClientOptions& options, const Environment& environment) {
  if (!options.endpoint_url.empty()) return options.endpoint_url;
  // Of the machine's configuration; the option above is the project's own.
  if (is_true(environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) return "";
  if (const std::string url = variable(environment, "AWS_ENDPOINT_URL_" + id); !url.empty()) return url;
  if (const std::string url = variable(environment, "AWS_ENDPOINT_URL"); !url.empty()) return url;
  return from_profile(id, options, environment);
}

}  // namespace

std::string dns_suffix(const std::string& region) {
  for (const Partition& partition : kPartitions) {
    if (region.starts_with(partition.prefix)) return std::string(partition.suffix);
  }
  return "amazonaws.com";
}

void check_region(const std::string& region) {
  const bool usable = !region.empty() && region.size() <= 63 && region.front() != '-' &&
                      region.back() != '-' && std::all_of(region.begin(), region.end(), [](char c) {
                        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                      });
  if (usable) return;
  throw base::Error(
      base::ErrorCode::kRegistry,
      region.empty()
          ? "no AWS region\nhint: set the option region_name, AWS_REGION, or `region` in ~/.aws/config"
          : fmt::format("invalid AWS region {} (expected: such as eu-west-1)", base::shell_quote(region)));
}

std::string endpoint(const std::string& id, const std::string& standard, const ClientOptions& options,
                     const Environment& environment) {
  std::string url = configured(id, options, environment);
  if (url.empty()) return standard;
  if (!http::parse_url(url)) {
    throw base::Error(
        base::ErrorCode::kRegistry,
        fmt::format(
            "invalid endpoint URL for the AWS service {} (expected: https://host:port, without a user name)",
            id));
  }
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace ixian::aws
