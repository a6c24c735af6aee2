// CONFIG.DOCKER.REGISTRIES, as the program works with it.
#pragma once

#include <string>
#include <vector>

#include "auth/providers.h"
#include "registry/registries.h"

namespace ixian::script {

// Of the project that has been loaded, in the order in which it is written; empty where there are none.
// Variables in names and options are replaced as they stand now; secrets are not loaded. Throws
// Error{kProject} that names the registry: what is not a host, a class or an option, or a host that is there
// twice. Takes the GIL. `services` outlive what is returned.
std::vector<registry::RegistrySettings> registry_settings(const auth::Services& services);

// The names of repositories that the project's configuration holds ("registry.local/shop/web"), as far as
// they can be told by now.
std::vector<std::string> configured_repositories();

}  // namespace ixian::script
