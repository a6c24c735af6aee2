// The registry of an OpenShift cluster takes the tokens of the cluster's API as passwords, with any user.
// Where to look, if the project does not say: the pod's service account, the kubeconfig, and `oc` itself, for
// logins that keep their token elsewhere. A token is read anew for each look-up, since whoever mounts or
// writes it renews it too; only what a program had to make is kept.
#include "auth/openshift.h"

#include <fmt/format.h>

#include <mutex>

#include "auth/openshift_token.h"
#include "auth/options.h"
#include "aws/environment.h"
#include "base/error.h"
#include "files/fs.h"
#include "secrets/secret_reference.h"

namespace ixian::auth {
namespace {

// Before its end, so that a transfer does not start with a token that is about to expire.
constexpr std::chrono::minutes kMargin{1};

class OpenShiftProvider : public CredentialProvider {
 public:
  OpenShiftProvider(const std::string& host, const base::Json& options, const Services& services,
                    std::string service_account)
      : options_(host, options, kOpenShiftOptions),
        kubeconfig_is_reference_(options_.has("kubeconfig") &&
                                 secrets::parse_secret_reference(options["kubeconfig"].get<std::string>())),
        services_(services),
        service_account_(std::move(service_account)) {}

  std::string name() const override { return "the OpenShift client of " + options_.host(); }

  std::optional<Credential> lookup(const CredentialQuery&) override {
    std::lock_guard lock(mutex_);
    ClusterToken found = kept_ && is_good(*kept_) ? *kept_ : find();
    if (found.from_program) kept_ = found;
    Credential credential;
    credential.username = "openshift";
    credential.password = std::move(found.token);
    credential.expires = found.expires;
    credential.source = std::move(found.source);
    return credential;
  }

  void invalidate(const CredentialQuery&) override {
    std::lock_guard lock(mutex_);
    kept_.reset();
    for (const char* name : {"token", "kubeconfig", "context"}) options_.forget(name, services_.secrets);
  }

 private:
  bool is_good(const ClusterToken& token) const {
    return !token.expires || services_.client.clock().now() + kMargin < *token.expires;
  }

  // What the project names is the only place to look.
  ClusterToken find() {
    if (options_.has("token")) {
      return {options_.load("token", services_.secrets), std::nullopt, false, options_.origin("token")};
    }
    if (!options_.has("kubeconfig") && !options_.has("context")) return find_anywhere();
    const base::Secret kubeconfig = options_.load("kubeconfig", services_.secrets);
    const std::string context = options_.load("context", services_.secrets).reveal();
    try {
      return find_in(kubeconfig.reveal(), context);
    } catch (const base::Error& error) {
      fail(error.message(), error.context());
    }
  }

  // `kubeconfig` is a path or the content; "" is where kubectl looks.
  ClusterToken find_in(const std::string& kubeconfig, const std::string& context) {
    const bool is_path =
        !kubeconfig_is_reference_ || kubeconfig.starts_with('/') || kubeconfig.starts_with("~/");
    if (!is_path) {
      Kubeconfig config;
      merge_kubeconfig(config, kubeconfig, "the kubeconfig option", files::current_directory());
      return kubeconfig_token(config, context, services_.environment, services_.cancellation);
    }
    const auto files = kubeconfig.empty() ? kubeconfig_files(services_.environment)
                                          : std::vector{aws::expand_home(services_.environment, kubeconfig)};
    return kubeconfig_token(files, context, services_.environment, services_.cancellation);
  }

  ClusterToken find_anywhere() {
    std::string message;
    std::string context;
    try {
      if (auto token = pod_token(service_account_)) return *token;
      return kubeconfig_token(kubeconfig_files(services_.environment), "", services_.environment,
                              services_.cancellation);
    } catch (const base::Error& error) {
      message = error.message();
      context = error.context();
    }
    try {
      return oc_token(services_.environment, services_.cancellation);
    } catch (const base::Error& error) {
      for (const std::string& more : {error.message(), error.context()}) {
        if (!more.empty()) context += (context.empty() ? "" : "\n") + more;
      }
    }
    fail(message, context);
  }

  [[noreturn]] void fail(const std::string& reason, const std::string& context) const {
    throw base::Error(
        base::ErrorCode::kRegistry,
        fmt::format("no token for {}: {}\nhint: run `oc login`, or set the option `token` of its client",
                    options_.host(), reason),
        context);
  }

  const ProviderOptions options_;
  const bool kubeconfig_is_reference_;
  const Services services_;
  const std::string service_account_;

  // Guards `kept_`, and is held while a token is got: whoever comes meanwhile gets the same one.
  std::mutex mutex_;
  std::optional<ClusterToken> kept_;
};

bool exists(const std::string& path) {
  try {
    return files::read_file(path).has_value();
  } catch (const base::Error&) {
    return false;
  }
}

}  // namespace

std::shared_ptr<CredentialProvider> openshift_provider_in(const std::string& host, const base::Json& options,
                                                          const Services& services,
                                                          const std::string& service_account) {
  return std::make_shared<OpenShiftProvider>(host, options, services, service_account);
}

std::shared_ptr<CredentialProvider> openshift_provider(const std::string& host, const base::Json& options,
                                                       const Services& services) {
  return openshift_provider_in(host, options, services, kPodServiceAccount);
}

std::vector<std::string> openshift_ca_files_in(const std::string& host, const std::string& service_account) {
  const std::string_view name = std::string_view(host).substr(0, host.find(':'));
  if (!name.ends_with(".svc") && !name.ends_with(".svc.cluster.local")) return {};
  std::vector<std::string> files;
  for (const char* file : {"/service-ca.crt", "/ca.crt"}) {
    if (exists(service_account + file)) files.push_back(service_account + file);
  }
  return files;
}

std::vector<std::string> openshift_ca_files(const std::string& host, const aws::Environment&) {
  return openshift_ca_files_in(host, kPodServiceAccount);
}

}  // namespace ixian::auth
