// What `ix registries` says of a registry, for people and for programs.
#pragma once

#include <chrono>
#include <string>

#include "base/json.h"
#include "registry/registries.h"
#include "ui/style.h"

namespace ixian::commands {

// Nothing stands in the way of using it.
bool is_fine(const registry::RegistryStatus& status);

// Several lines. `now` is what the end of a token is counted from.
std::string status_text(const registry::RegistryStatus& status, std::chrono::system_clock::time_point now,
                        const ui::Style& style);

// {"host", "client", "fine", "reachable", "identity", "may_pull", "may_push", "token_expires", "problem",
// "advice"}; null is what is not known, times are RFC 3339 in UTC.
base::Json status_json(const registry::RegistryStatus& status);

}  // namespace ixian::commands
