// The settings need the services, since classes of the project get them; connections need the settings. So
// the settings come last, before anybody has connected to anything.
#include "app/registry_clients.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "app/workspace.h"
#include "aws/credentials.h"
#include "base/clock.h"
#include "base/error.h"
#include "http/client.h"
#include "http/curl_transport.h"
#include "oci/reference.h"
#include "script/docker_settings.h"
#include "script/registry_settings.h"
#include "secrets/resolver.h"
#include "secrets/vault_settings.h"

namespace ixian::app {
namespace {

bool flag(const base::Json& options, const char* name) {
  const auto found = options.find(name);
  return found != options.end() && found->is_boolean() && found->get<bool>();
}

std::string text(const base::Json& options, const char* name) {
  const auto found = options.find(name);
  return found != options.end() && found->is_string() ? found->get<std::string>() : "";
}

const registry::RegistrySettings* find_by_authority(const std::vector<registry::RegistrySettings>& settings,
                                                    std::string_view authority) {
  const auto found = std::find_if(settings.begin(), settings.end(),
                                  [&](const auto& each) { return oci::wire_host(each.host) == authority; });
  return found == settings.end() ? nullptr : &*found;
}

// What a registry's options say goes before certs.d.
void add_options(http::TlsSettings& tls, const base::Json& options) {
  if (flag(options, "insecure")) tls.verify = false;
  if (const auto file = text(options, "ca_file"); !file.empty()) tls.ca_files.push_back(file);
  if (const auto file = text(options, "client_certificate"); !file.empty()) {
    tls.client_certificate = file;
    tls.client_key = text(options, "client_key");
  }
}

// VAULT_CACERT and its like, where the host is Vault's.
void add_vault(http::TlsSettings& tls, std::string_view authority, const aws::Environment& environment) {
  auto vault = secrets::vault_tls_settings(authority, environment);
  if (!vault) return;
  for (auto& file : vault->ca_files) tls.ca_files.push_back(std::move(file));
  if (!vault->client_certificate.empty()) {
    tls.client_certificate = vault->client_certificate;
    tls.client_key = vault->client_key;
  }
  tls.verify = tls.verify && vault->verify;
}

aws::Environment environment_with(const RegistryAccess& access) {
  aws::Environment environment = aws::process_environment();
  if (access.auth_file.empty()) return environment;
  environment.variable = [file = access.auth_file, others = std::move(environment.variable)](
                             const std::string& name) -> std::optional<std::string> {
    return name == "REGISTRY_AUTH_FILE" ? file : others(name);
  };
  return environment;
}

}  // namespace

struct RegistryClients::Impl {
  Impl(base::EventSink& sink, base::Cancellation& cancellation, Workspace* workspace,
       const RegistryAccess& access)
      : environment(environment_with(access)),
        transport(curl_options(), cancellation),
        client(transport, clock, cancellation, client_options(sink, access.retries)),
        secrets(client, cancellation, environment),
        services{client, secrets, cancellation, environment} {
    if (workspace != nullptr) settings = script::registry_settings(services);
    for (const auto& each : settings) {
      if (const auto warning = auth::plain_secret_warning(each.host, each.options)) {
        sink.log(base::kNoActivity, base::LogLevel::kWarning, *warning);
      }
    }
    patience = push_patience(workspace);
    registries = std::make_unique<registry::Registries>(services, settings, sink);
  }

  http::CurlOptions curl_options() {
    http::CurlOptions options;
    options.user_agent = "ix/" IXIAN_VERSION;
    options.tls = [this](std::string_view authority) { return tls_for(authority); };
    return options;
  }

  http::ClientOptions client_options(base::EventSink& sink, int retries) {
    http::ClientOptions options;
    options.retries = retries;
    options.on_retry = [&sink](const std::string& sentence) {
      sink.log(base::kNoActivity, base::LogLevel::kInfo, sentence);
    };
    options.push_patience = [this] { return std::optional(patience); };
    options.plain_http_allowed = [this](std::string_view authority) {
      // By what stands on the wire: a redirect or a token server is not the registry, and gets none of its
      // settings.
      const auto* found = find_by_authority(settings, authority);
      return found != nullptr && flag(found->options, "insecure");
    };
    return options;
  }

  http::TlsSettings tls_for(std::string_view authority) const {
    http::TlsSettings tls = http::read_certs_d(http::certs_d_folders(), authority);
    if (const auto* found = find_by_authority(settings, authority)) add_options(tls, found->options);
    for (auto& file : auth::openshift_ca_files(std::string(authority), environment)) {
      tls.ca_files.push_back(std::move(file));
    }
    add_vault(tls, authority, environment);
    return tls;
  }

  // IXIAN_PUSH_PATIENCE, else what the project says.
  std::chrono::milliseconds push_patience(Workspace* workspace) const {
    constexpr std::chrono::seconds kPatience{120};
    const char* text = std::getenv("IXIAN_PUSH_PATIENCE");
    if (text == nullptr || *text == '\0') return workspace == nullptr ? kPatience : script::push_patience();
    unsigned seconds = 0;
    const char* end = text + std::strlen(text);
    if (const auto read = std::from_chars(text, end, seconds); read.ec != std::errc() || read.ptr != end) {
      throw base::Error(
          base::ErrorCode::kUsage,
          fmt::format(
              "invalid value \"{}\" for IXIAN_PUSH_PATIENCE (expected: seconds for which a push is retried)",
              text));
    }
    return std::chrono::seconds(seconds);
  }

  const aws::Environment environment;
  std::vector<registry::RegistrySettings> settings;
  base::SystemClock clock;
  http::CurlTransport transport;
  http::Client client;
  secrets::SecretResolver secrets;
  const auth::Services services;
  std::chrono::milliseconds patience{0};
  std::unique_ptr<registry::Registries> registries;
};

RegistryClients::RegistryClients(base::EventSink& sink, base::Cancellation& cancellation,
                                 Workspace* workspace, RegistryAccess access)
    : sink_(sink), cancellation_(cancellation), workspace_(workspace), access_(std::move(access)) {}

RegistryClients::~RegistryClients() = default;

RegistryClients::Impl& RegistryClients::impl() {
  std::call_once(made_,
                 [this] { impl_ = std::make_unique<Impl>(sink_, cancellation_, workspace_, access_); });
  return *impl_;
}

registry::Registries& RegistryClients::registries() {
  return *impl().registries;
}

const auth::Services& RegistryClients::services() {
  return impl().services;
}

std::vector<std::string> RegistryClients::project_repositories() {
  std::vector<std::string> names;
  if (workspace_ == nullptr) return names;
  names = script::configured_repositories();
  for (const task::Task& task : workspace_->graph().tasks()) {
    if (!task.is_image()) continue;
    try {
      names.push_back(task.image_stage().repository);
    } catch (const base::Error&) {
      // A stage that cannot be built: said by whoever builds it.
    }
  }
  names.push_back(script::image_settings().cache_repository);
  std::vector<std::string> found;
  for (const std::string& name : names) {
    if (name.empty()) continue;
    try {
      const oci::Reference reference = oci::parse_reference(name);
      const std::string full = reference.name();
      if (registries().configured(reference.host) &&
          std::find(found.begin(), found.end(), full) == found.end())
        found.push_back(full);
    } catch (const base::Error&) {
      // Not a name that could be asked for: said where it is used.
    }
  }
  return found;
}

std::string RegistryClients::example_repository(const std::string& host) {
  for (const auto& name : project_repositories()) {
    const oci::Reference reference = oci::parse_reference(name);
    if (reference.host == host) return reference.repository;
  }
  return "";
}

}  // namespace ixian::app
