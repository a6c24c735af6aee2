// Trying a registry out: what `ix registries` tells.
#pragma once

#include <string>

#include "registry/host_client.h"
#include "registry/registries.h"

namespace ixian::registry {

// Fills in everything but host and client. Whether one may push is found by opening an upload and cancelling
// it; where that is not to be done (`changes_nothing`), it stays unknown unless one may do nothing. Throws
// Error where the registry cannot be asked, with what was found so far in `status`.
void probe_host(HostClient& host, const std::string& repository, bool changes_nothing,
                RegistryStatus& status);

// The same for a folder that serves as a registry. A folder that is not there yet is fine if it can be made.
void probe_folder(const std::string& folder, RegistryStatus& status);

}  // namespace ixian::registry
