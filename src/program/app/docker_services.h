// What the Docker engine gets from this program.
#pragma once

#include "app/registry_clients.h"
#include "base/cancel.h"
#include "docker/docker_engine.h"

namespace ixian::app {

// `access` and `cancellation` outlive whoever has them.
docker::DockerServices docker_services(RegistryClients& access, base::Cancellation& cancellation);

}  // namespace ixian::app
