// Lists of tags (distribution specification, "Listing Tags").
#pragma once

#include <string>
#include <vector>

#include "registry/host_client.h"

namespace ixian::registry {

// All pages together, sorted, each tag once; what is not a tag is left out. Empty where there is no such
// repository. Pages are followed at the registry itself only, and not for ever. Throws failure(work, …).
std::vector<std::string> list_tags(HostClient& host, const Work& work, const std::string& repository);

}  // namespace ixian::registry
