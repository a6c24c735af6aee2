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

}  // namespace ixian::app
