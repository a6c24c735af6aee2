// What the Docker engine gets from this program.
#pragma once

#include <string>
#include <vector>

#include "app/registry_clients.h"
#include "base/cancel.h"
#include "base/event.h"
#include "docker/docker_engine.h"
#include "oci/image_repo.h"

namespace ixian::app {

// `access` and `cancellation` outlive whoever has them.
docker::DockerServices docker_services(RegistryClients& access, base::Cancellation& cancellation);

// For who has asked for an image in the Docker daemon, whatever builds it. Throws Error{kTaskFailed}, with
// what to do, where no daemon answers.
void require_docker(RegistryClients& access, base::Cancellation& cancellation);

// What `ref` finds in `from` is in the daemon under these names when this returns. Throws as an engine does.
void load_into_docker(RegistryClients& access, oci::ImageRepo& from, const std::string& ref,
                      const std::vector<std::string>& names, base::EventSink& sink,
                      base::Cancellation& cancellation);

}  // namespace ixian::app
