// Where a redirect leads, and whether to go there.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "http/message.h"

namespace ixian::http {

// The request that a redirect asks for, without what is only for the origin that is left; nullopt where the
// answer is none that is followed. Throws Error{kRegistry} where it leads to where it must not: see Client.
std::optional<Request> redirected(const Request& request, const ResponseHead& head,
                                  const std::function<bool(std::string_view authority)>& plain_http_allowed);

}  // namespace ixian::http
