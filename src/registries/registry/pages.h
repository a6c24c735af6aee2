// Lists that a registry gives in parts: tags, referrers.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "base/json.h"
#include "http/message.h"
#include "registry/host_client.h"

namespace ixian::registry {

// Takes one part, and says how many entries it has brought that were not there before. Throws
// std::invalid_argument, with half a sentence, where the part is no part of such a list.
using TakePage = std::function<std::size_t(const base::Json& page, const http::ResponseHead& head)>;

struct List {
  std::string path;  // "/v2/app/tags/list?n=1000"
  std::string what;  // "list of tags"
  registry_auth::Scopes scopes;
  bool may_lack = false;  // registries need not know the question
};

// Asks for the parts one after another, as their links say, at the registry itself only. False where the
// question is not known or nothing found: 404 for the first part, or 400, 405 or 406 for those that
// `may_lack` it. What comes is the whole list or an error: a link that cannot be read or followed, a ring, a
// part that is missing or something else, and a list that does not end are no ends. Throws failure(work, …),
// Cancelled.
bool read_list(HostClient& host, const Operation& work, const List& list, const TakePage& take);

}  // namespace ixian::registry
