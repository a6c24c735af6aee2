// The chain itself: which places are asked in which order, and how long an answer is good. The AWS CLI is not
// run for it (it takes half a second, and is often not there), but it is the last place that is asked: it may
// know a way to log in that this program does not.
//
// A place that is not set up is passed over; one that is set up and fails ends the search. To go on with the
// next would do the work as somebody whom nobody meant.
#include "aws_credentials/credential_chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "aws/environment.h"
#include "aws/service.h"
#include "aws/sts.h"
#include "aws/timestamp.h"
#include "aws_credentials/container.h"
#include "aws_credentials/imds.h"
#include "aws_credentials/lookup.h"
#include "aws_credentials/process.h"
#include "aws_credentials/role_profile.h"
#include "aws_credentials/sso.h"
#include "aws_credentials/static_keys.h"
#include "aws_credentials/web_identity.h"
#include "base/time.h"

namespace ixian::aws_credentials {
namespace {

using std::chrono::minutes;

constexpr auto kRenewBefore = minutes(5);
constexpr auto kPauseAfterFailure = minutes(1);

struct Provider {
  std::string name;
  std::function<ProviderResult()> look;
};

std::vector<Provider> places(const ProviderContext& lookup, const std::string& profile) {
  const bool by_name = !lookup.options.profile.empty();
  std::vector<Provider> list;
  // Whoever names a profile means it, whatever keys the environment has; so does the AWS CLI.
  if (!by_name) list.push_back({"environment", [&lookup] { return keys_of_environment(lookup); }});
  // A profile that somebody has asked for must be there; "default" need not.
  list.push_back({"profile", [&lookup, profile] {
                    if (profile != "default" && lookup.profiles.merged.count(profile) == 0) {
                      lookup.profiles.no_such_profile(profile);
                    }
                    return role_profile_credentials(lookup, profile);
                  }});
  list.push_back({"web identity", [&lookup, profile, by_name] {
                    return web_identity_credentials(lookup, profile, !by_name);
                  }});
  list.push_back({"SSO", [&lookup, profile] { return sso_credentials(lookup, profile); }});
  list.push_back(
      {"credentials file", [&lookup, profile] { return keys_of_credentials_file(lookup, profile); }});
  list.push_back({"credential_process", [&lookup, profile] { return process_credentials(lookup, profile); }});
  list.push_back({"config file", [&lookup, profile] { return keys_of_config_file(lookup, profile); }});
  list.push_back({"container", [&lookup] { return container_credentials(lookup); }});
  list.push_back({"instance", [&lookup] { return instance_credentials(lookup); }});
  return list;
}

std::string region_of(const aws::Environment& environment, const aws::ClientOptions& options,
                      const aws::Profiles& profiles) {
  for (const std::string& region :
       {options.region, aws::variable(environment, "AWS_REGION"),
        aws::variable(environment, "AWS_DEFAULT_REGION"),
        profiles.profile(aws::profile_name(environment, options)).text("region")}) {
    if (!region.empty()) return region;
  }
  return "";
}

void check_unexpired(const aws::Credentials& credentials, aws::Time now) {
  if (!credentials.expires || *credentials.expires > now) return;
  cannot_use(fmt::format("AWS credentials from {} expired\nhint: renew them", credentials.source),
             fmt::format("note: expired at {}; now it is {}", base::utc_text(*credentials.expires),
                         base::utc_text(now)));
}

// Goes through the places, and notes what each one says.
class Search {
 public:
  explicit Search(const ProviderContext& lookup) : lookup_(lookup) {}

  aws::Credentials run() {
    const std::string profile = aws::profile_name(lookup_.environment, lookup_.options);
    try {
      for (const Provider& place : places(lookup_, profile)) {
        if (auto found = ask(place)) return std::move(*found);
      }
    } catch (const aws::ServiceError&) {
      throw;  // AWS has heard who asks: the AWS CLI would hear the same
    } catch (const http::TransportError&) {
      throw;
    } catch (const base::Error& error) {
      if (auto found = ask({"AWS CLI", [this] { return cli_credentials(lookup_); }}))
        return std::move(*found);
      throw base::Error(error.code(), error.message(), context(error.context()));
    }
    if (auto found = ask({"AWS CLI", [this] { return cli_credentials(lookup_); }})) return std::move(*found);
    throw aws::NoCredentials(base::ErrorCode::kRegistry,
                             "no AWS credentials\nhint: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
                             "AWS_SECRET_ACCESS_KEY, or run `aws configure` or `aws configure sso`",
                             context(""));
  }

 private:
  std::optional<aws::Credentials> ask(const Provider& place) {
    ProviderResult finding = place.look();
    if (!finding.found) {
      said_.push_back(fmt::format("{}: {}", place.name, finding.why_not));
      return std::nullopt;
    }
    check_unexpired(*finding.found, lookup_.client.clock().now());
    return std::move(finding.found);
  }

  std::string context(const std::string& evidence) const {
    std::string text = evidence;
    if (!text.empty() && text.back() != '\n') text += '\n';
    text += "checked:";
    for (const std::string& line : said_) text += "\n  " + line;
    return text;
  }

  const ProviderContext& lookup_;
  std::vector<std::string> said_;
};

}  // namespace

struct CredentialChain::Impl {
  Impl(http::Client& client_, aws::Environment environment_, aws::ClientOptions options_)
      : client(client_), environment(std::move(environment_)), options(std::move(options_)) {}

  aws::Credentials search() {
    const aws::Profiles profiles = aws::load_profiles(environment);
    const ProviderContext lookup{client, environment, options, profiles,
                                 region_of(environment, options, profiles)};
    auto found = keys_of_options(options);
    if (!found) found = Search(lookup).run();
    if (options.role_arn.empty()) return std::move(*found);
    const aws::Role role{options.role_arn, options.session_name, options.external_id, std::nullopt};
    aws::Credentials assumed =
        aws::assume_role(client, aws::sts(lookup.region, options, environment), *found, role);
    check_unexpired(assumed, client.clock().now());
    return assumed;
  }

  void keep(aws::Credentials credentials) {
    // Keys without an end are kept for ever, until they are refused.
    renew_at = aws::Time::max();
    if (credentials.expires) {
      const aws::Time now = client.clock().now();
      const auto half = (*credentials.expires - now) / 2;
      // Half of what is left, for credentials that live for minutes.
      renew_at = *credentials.expires - std::min<aws::Time::duration>(kRenewBefore, half);
    }
    kept = std::move(credentials);
  }

  http::Client& client;
  const aws::Environment environment;
  const aws::ClientOptions options;

  std::mutex mutex;  // held during a search, so that the others wait for its result
  std::optional<aws::Credentials> kept;
  aws::Time renew_at{};
};

CredentialChain::CredentialChain(http::Client& client, aws::Environment environment,
                                 aws::ClientOptions options)
    : impl_(std::make_unique<Impl>(client, std::move(environment), std::move(options))) {}

CredentialChain::~CredentialChain() = default;

aws::Credentials CredentialChain::find() {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->kept && impl_->client.clock().now() < impl_->renew_at) return *impl_->kept;
  try {
    impl_->keep(impl_->search());
  } catch (const base::Error&) {
    const aws::Time now = impl_->client.clock().now();
    // Renewing began before the end, to have time for this: what is kept is still good.
    if (!impl_->kept || *impl_->kept->expires <= now) throw;
    impl_->renew_at = std::min<aws::Time>(now + kPauseAfterFailure, *impl_->kept->expires);
  }
  return *impl_->kept;
}

void CredentialChain::forget() {
  const std::lock_guard lock(impl_->mutex);
  impl_->kept.reset();
}

std::optional<std::string> CredentialChain::region() {
  for (const std::string& region : {impl_->options.region, aws::variable(impl_->environment, "AWS_REGION"),
                                    aws::variable(impl_->environment, "AWS_DEFAULT_REGION")}) {
    if (!region.empty()) return region;
  }
  std::string region = region_of(impl_->environment, impl_->options, aws::load_profiles(impl_->environment));
  if (region.empty()) return std::nullopt;
  return region;
}

}  // namespace ixian::aws_credentials
