// The whole registry client, from Registries down to libcurl, as tests want it: nothing sleeps, and nothing
// of this machine is looked at.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "http/client.h"
#include "http/curl_transport.h"
#include "oci/copy_image.h"
#include "oci/reference.h"
#include "registry/registries.h"
#include "secrets/resolver.h"
#include "testing/fake_clock.h"
#include "testing/fake_dns.h"
#include "testing/fake_registry.h"
#include "testing/recording_sink.h"
#include "testing/temp_folder.h"

namespace ixian::testing {

struct RegistryStackOptions {
  int retries = 3;
  std::chrono::seconds stall_time{20};  // more than a busy machine ever lets wait
  std::string ca_file;                  // trusted for every host
  std::map<std::string, std::string> environment;
  std::vector<std::string> insecure;  // hosts, besides loopback ones
};

class RegistryStack {
 public:
  using Options = RegistryStackOptions;

  // Each registry is configured with the credentials that it asks for.
  explicit RegistryStack(const std::vector<const FakeRegistry*>& registries, const Options& options = {},
                         std::vector<registry::RegistrySettings> more = {})
      : transport_(curl_options(options), cancellation),
        names(transport_),
        client_(names, clock, cancellation, client_options(options)),
        environment_{[variables = options.environment](const std::string& name) {
                       const auto found = variables.find(name);
                       return found == variables.end() ? std::nullopt : std::optional(found->second);
                     },
                     home.path()},
        secrets_(client_, cancellation, environment_),
        registries_(auth::Services{client_, secrets_, cancellation, environment_},
                    settings(registries, options, std::move(more)), events) {
    for (const FakeRegistry* each : registries) {
      if (each->public_name()) names.add(each->origin(), each->port());
    }
  }

  std::unique_ptr<oci::ImageRepo> open(const std::string& name,
                                       registry::Access access = registry::Access::kPush) {
    return registries_.open(oci::parse_reference(name), access);
  }
  registry::Registries& registries() { return registries_; }

  oci::CopyResult copy(oci::ImageRepo& from, const std::string& from_ref, oci::ImageRepo& to,
                       const std::string& to_ref, oci::CopyOptions options = {}) {
    options.platform = oci::Platform{"linux", "amd64", "", "", {}};
    return oci::copy_image(from, from_ref, to, to_ref, options, cancellation);
  }

  base::Cancellation cancellation;
  FakeClock clock;
  RecordingSink events;
  TempFolder home;

 private:
  http::CurlTransport transport_;

 public:
  FakeDns names;

 private:
  static http::CurlOptions curl_options(const Options& options) {
    http::CurlOptions made;
    made.user_agent = "ix/test";
    made.stall_time = options.stall_time;
    made.tls = [ca = options.ca_file](std::string_view) {
      http::TlsSettings tls;
      if (!ca.empty()) tls.ca_files.push_back(ca);
      return tls;
    };
    return made;
  }
  http::ClientOptions client_options(const Options& options) {
    http::ClientOptions made;
    made.on_retry = [this](const std::string& sentence) {
      events.log(base::kNoActivity, base::LogLevel::kInfo, sentence);
    };
    made.retries = options.retries;
    made.plain_http_allowed = [hosts = options.insecure](std::string_view authority) {
      return std::find(hosts.begin(), hosts.end(), authority) != hosts.end();
    };
    return made;
  }
  static std::vector<registry::RegistrySettings> settings(const std::vector<const FakeRegistry*>& registries,
                                                          const Options& options,
                                                          std::vector<registry::RegistrySettings> made) {
    for (const FakeRegistry* each : registries) {
      registry::RegistrySettings entry;
      entry.host = each->host();
      entry.client = "DockerClient";
      const FakeRegistryAuth& auth = each->gate().auth;
      if (auth.kind != FakeRegistryAuth::Kind::kNone) {
        entry.options = {{"username", auth.user}, {"password", auth.password}};
      }
      if (std::find(options.insecure.begin(), options.insecure.end(), entry.host) != options.insecure.end()) {
        entry.options["insecure"] = true;
      }
      made.push_back(std::move(entry));
    }
    return made;
  }

  http::Client client_;
  aws::Environment environment_;
  secrets::SecretResolver secrets_;
  registry::Registries registries_;
};

}  // namespace ixian::testing
