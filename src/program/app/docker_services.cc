// What the Docker engine may ask of us: it pulls and pushes itself, and gets the credentials of each registry
// that a build names.
#include "app/docker_services.h"

#include <utility>

#include "base/environment.h"

namespace ixian::app {
namespace {

std::optional<docker::RegistryAuth> login_of(auth::Credential credential) {
  // Registries that take a token as it is take it as a password, too.
  if (!credential.bearer.empty()) return docker::RegistryAuth{"token", std::move(credential.bearer), {}};
  return docker::RegistryAuth{credential.username, std::move(credential.password),
                              std::move(credential.identity_token)};
}

docker::DockerServices services_for_loading(RegistryClients& access, base::Cancellation& cancellation) {
  docker::DockerServices services = docker_services(access, cancellation);
  services.instead = ", or write an archive: `-o type=docker,dest=FILE`";
  return services;
}

}  // namespace

docker::DockerServices docker_services(RegistryClients& access, base::Cancellation& cancellation) {
  docker::DockerServices services{cancellation, {}, {}, {}, {}, {}};
  services.environment = base::environment_variable;
  services.login = [&access](const std::string& host) -> std::optional<docker::RegistryAuth> {
    auto credential = access.registries().credential(host);
    return credential ? login_of(*std::move(credential)) : std::nullopt;
  };
  services.open_repo = [&access](const oci::Reference& reference) -> std::shared_ptr<oci::ImageRepo> {
    return access.registries().open(reference, registry::Access::kPull);
  };
  services.daemon_can_reach = [&access](const std::string& host) {
    return !access.registries().is_folder(host);
  };
  return services;
}

void require_docker(RegistryClients& access, base::Cancellation& cancellation) {
  docker::require_daemon(services_for_loading(access, cancellation));
}

void load_into_docker(RegistryClients& access, oci::ImageRepo& from, const std::string& ref,
                      const std::vector<std::string>& names, base::EventSink& sink,
                      base::Cancellation& cancellation) {
  docker::load_image(services_for_loading(access, cancellation), from, ref, names, sink, cancellation);
}

}  // namespace ixian::app
