// Which client a host gets: that of its entry in the project's settings; without one, Amazon's by the look of
// its name, else Docker's with the credentials of its files. Each host gets its HostClient once, when it is
// first asked, and all its repositories share it.
#include "registry/registries.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "auth/docker_config.h"
#include "aws/ecr.h"
#include "layout/layout_repo.h"
#include "registry/host_client.h"
#include "registry/probe.h"
#include "registry/registry_repo.h"

namespace ixian::registry {
namespace {

using base::Error;
using base::ErrorCode;

bool flag(const RegistrySettings& settings, const std::string& name) {
  const auto found = settings.options.find(name);
  if (found == settings.options.end() || found->is_null()) return false;
  if (found->is_boolean()) return found->get<bool>();
  throw Error(
      ErrorCode::kProject,
      fmt::format(
          "invalid option {} of the registry {} in CONFIG.DOCKER.REGISTRIES (expected: True or False)", name,
          settings.host));
}

std::string folder_of(const RegistrySettings& settings) {
  const auto found = settings.options.find("path");
  if (found != settings.options.end() && found->is_string() && !found->get<std::string>().empty()) {
    return found->get<std::string>();
  }
  throw Error(
      ErrorCode::kProject,
      fmt::format("registry {} is a directory ({}), but CONFIG.DOCKER.REGISTRIES does not say which\nhint: "
                  "set the option path, such as 'options': {{'path': '{{BUILDER}}/registry'}}",
                  settings.host, settings.client));
}

// Whom AWS calls it, where it was AWS that said who we are.
void name_ecr_user(auth::EcrProvider& ecr, RegistryStatus& status) {
  try {
    status.identity = ecr.identity();
  } catch (const aws::NoCredentials&) {
  }
}

// "docker.io" for all of Docker Hub's names; scheme and path are dropped, as people copy them from elsewhere.
std::string normalised(std::string_view host) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (host.starts_with(scheme)) host.remove_prefix(scheme.size());
  }
  host = host.substr(0, host.find('/'));
  if (!oci::is_valid_host(host)) {
    throw Error(
        ErrorCode::kProject,
        fmt::format("invalid registry \"{}\" in CONFIG.DOCKER.REGISTRIES (expected: HOST or HOST:PORT)",
                    host));
  }
  return oci::looks_like_host(host) ? oci::parse_reference(std::string(host) + "/x").host : std::string(host);
}

std::string not_configured(const std::string& host) {
  return fmt::format(
      "registry {} is not configured\nhint: add it to CONFIG.DOCKER.REGISTRIES, with a client and its "
      "options",
      host);
}

}  // namespace

void RegistryStatus::blame(const base::Error& error) {
  problem = error.message();
  advice = error.evidence();
  if (const std::string hint = error.hint(); !hint.empty()) advice += (advice.empty() ? "" : "\n") + hint;
}

struct Registries::Impl {
  // What is known of a host once it is used.
  struct Host {
    std::shared_ptr<HostClient> client;
    std::shared_ptr<auth::CredentialProvider> credentials;
    std::shared_ptr<auth::EcrProvider> ecr;  // null: not one of ECR's
  };

  Impl(auth::Services services_, base::EventSink& events_)
      : services(std::move(services_)),
        events(events_),
        docker_config(auth::docker_config_provider(services.environment, services.cancellation)) {}

  const RegistrySettings* find(const std::string& host) const {
    const auto found =
        std::find_if(settings.begin(), settings.end(), [&](const auto& one) { return one.host == host; });
    return found == settings.end() ? nullptr : &*found;
  }

  Host& host(const std::string& name);
  void choose_provider(const std::string& name, const RegistrySettings* configured, Host& host);

  const auth::Services services;
  base::EventSink& events;
  const std::shared_ptr<auth::CredentialProvider> docker_config;
  std::vector<RegistrySettings> settings;

  // Guards `known`.
  std::mutex mutex;
  std::map<std::string, Host> known;
};

void Registries::Impl::choose_provider(const std::string& name, const RegistrySettings* configured,
                                       Host& host) {
  if (configured != nullptr && configured->kind == RegistryKind::kCustom) {
    using Providers = std::vector<std::shared_ptr<auth::CredentialProvider>>;
    host.credentials = std::make_shared<auth::ProviderList>(Providers{configured->provider, docker_config});
    return;
  }
  const auth::ProviderType* type = configured == nullptr ? nullptr : configured->provider_type;
  if (configured == nullptr) {
    // What the docker config holds for ECR has a way of being stale, so the AWS CLI's credentials come first.
    // ECR Public gives to everybody.
    const std::optional<aws::EcrHost> ecr = aws::parse_ecr_host(name);
    if (ecr && !ecr->is_public) type = auth::find_provider_type("ecr");
  }
  if (type == nullptr) {
    host.credentials = docker_config;
    return;
  }
  const base::Json options = configured == nullptr ? base::Json::object() : configured->options;
  host.credentials = type->make(name, options, services);
  host.ecr = std::dynamic_pointer_cast<auth::EcrProvider>(host.credentials);
  if (type->with_files != nullptr)
    host.credentials = type->with_files(std::move(host.credentials), docker_config);
}

Registries::Impl::Host& Registries::Impl::host(const std::string& name) {
  std::lock_guard lock(mutex);
  Host& host = known[name];
  if (host.client) return host;
  const RegistrySettings* configured = find(name);
  choose_provider(name, configured, host);
  HostOptions options;
  options.host = name;
  options.insecure = configured != nullptr && flag(*configured, "insecure");
  options.on_warning = [this](const std::string& sentence) {
    events.log(base::kNoActivity, base::LogLevel::kWarning, sentence);
  };
  if (host.ecr) {
    options.create_repository = [this, ecr = host.ecr](const std::string& repository) {
      ecr->create_repository(repository);
      events.log(base::kNoActivity, base::LogLevel::kInfo, "created the repository " + repository);
    };
  }
  host.client = std::make_shared<HostClient>(services.client, host.credentials, std::move(options));
  return host;
}

Registries::Registries(auth::Services services, std::vector<RegistrySettings> settings,
                       base::EventSink& events)
    : impl_(std::make_unique<Impl>(std::move(services), events)) {
  std::set<std::string> hosts;
  for (RegistrySettings& one : settings) {
    one.host = normalised(one.host);
    if (!hosts.insert(one.host).second) {
      throw Error(ErrorCode::kProject, "duplicate registry in CONFIG.DOCKER.REGISTRIES: " + one.host);
    }
    flag(one, "insecure");
    // Checked when the project is read, not when somebody pushes an hour later.
    if (one.kind == RegistryKind::kDirectory) folder_of(one);
  }
  impl_->settings = std::move(settings);
}

Registries::~Registries() = default;

std::unique_ptr<oci::ImageRepo> Registries::open(const oci::Reference& reference, Access access,
                                                 bool patient) {
  const RegistrySettings* configured = impl_->find(reference.host);
  if (configured == nullptr && access == Access::kPush) {
    throw Error(ErrorCode::kRegistry,
                fmt::format("{} not pushed: {}", reference.text(), not_configured(reference.host)));
  }
  const bool pushes = access != Access::kPull;
  if (configured != nullptr && configured->kind == RegistryKind::kDirectory) {
    // One that nobody has pushed to yet is not there, and is empty.
    const std::string folder = folder_of(*configured);
    const bool writes = pushes || ::access(folder.c_str(), F_OK) != 0;
    return layout::open_directory_registry(folder, reference.host, reference.repository,
                                           writes ? layout::LayoutUse::kWrite : layout::LayoutUse::kRead,
                                           impl_->services.cancellation);
  }
  return std::make_unique<RegistryRepo>(impl_->host(reference.host).client, reference.repository, pushes,
                                        pushes && patient);
}

std::string Registries::push_refusal(const oci::Reference& repository, bool closely, bool changes_nothing) {
  const RegistrySettings* configured = impl_->find(repository.host);
  if (configured == nullptr) return not_configured(repository.host);
  if (!closely && configured->kind != RegistryKind::kDirectory) return "";
  const RegistryStatus status = probe(repository.host, repository.repository, changes_nothing);
  if (status.may_push != RegistryStatus::Answer::kNo) return "";
  if (!status.problem.empty()) return status.problem;
  return fmt::format(
      "permission denied: {1} cannot push to {2} at {0}\nhint: `ix registries {3}` shows the account",
      repository.host, status.identity.empty() ? "you" : status.identity, repository.name(), repository.host);
}

bool Registries::configured(const std::string& host) const {
  return impl_->find(host) != nullptr;
}

bool Registries::is_folder(const std::string& host) const {
  const RegistrySettings* configured = impl_->find(host);
  return configured != nullptr && configured->kind == RegistryKind::kDirectory;
}

std::optional<auth::Credential> Registries::credential(const std::string& host) {
  if (is_folder(host)) return std::nullopt;
  return impl_->host(host).credentials->lookup({host, ""});
}

std::vector<std::string> Registries::hosts() const {
  std::vector<std::string> names;
  for (const RegistrySettings& one : impl_->settings) names.push_back(one.host);
  return names;
}

RegistryStatus Registries::probe(const std::string& name, const std::string& repository,
                                 bool changes_nothing) {
  RegistryStatus status;
  status.host = name;
  try {
    const RegistrySettings* configured = impl_->find(name);
    if (configured != nullptr) status.client = configured->client;
    if (configured != nullptr && configured->kind == RegistryKind::kDirectory) {
      probe_folder(folder_of(*configured), status);
      return status;
    }
    Impl::Host& host = impl_->host(name);
    probe_host(*host.client, repository, changes_nothing, status);
    if (host.ecr && status.reachable && status.problem.empty()) name_ecr_user(*host.ecr, status);
  } catch (const Error& error) {
    status.blame(error);
  }
  return status;
}

}  // namespace ixian::registry
