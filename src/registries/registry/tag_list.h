// Lists of tags (distribution specification, "Listing Tags").
#pragma once

#include <string>
#include <vector>

#include "registry/host_client.h"

namespace ixian::registry {

// All pages together, sorted, each tag once; what is not a tag is left out. Empty where there is no such
// repository. It is the whole list (pages.h): what looks like an early end is an error, and a page as full as
// was asked for, with no link to another one, is followed by the question for what comes after it. Throws
// failure(work, …).
std::vector<std::string> list_tags(HostClient& host, const Operation& work, const std::string& repository);

}  // namespace ixian::registry
