// The file that a URL gives.
#pragma once

#include <memory>

#include "fetch/fetcher.h"

namespace ixian::fetch {

// What the store remembers of a URL: that content of this digest came with these validators.
struct UrlNote {
  std::string digest;    // "sha256:…"; "" is nothing
  std::string etag;      // "" is none
  std::string modified;  // Last-Modified; "" is none
};

// Downloads it, or finds that it is what `note` says and returns null. `note` becomes what is to be
// remembered, without validators where the server gave none that can be trusted. Checks the source's
// checksum.
std::shared_ptr<const Download> fetch_url(const stages::RemoteSource& source, UrlNote& note,
                                          http::Client& client, store::Store& store,
                                          const FetchLimits& limits, base::Cancellation& cancellation);

}  // namespace ixian::fetch
