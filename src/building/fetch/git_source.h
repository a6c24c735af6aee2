// A git repository that an ADD takes: what its ref is at, and its files.
#pragma once

#include <memory>
#include <string>

#include "context/file_view.h"
#include "fetch/fetch_limits.h"
#include "http/client.h"
#include "stages/remote_source.h"
#include "store/store.h"

namespace ixian::fetch {

// The commit that the source's ref leads to now, 40 or 64 hexadecimal digits; of an annotated tag the commit
// that it is on. What is pinned by a whole commit is not asked for. Throws Error{kRegistry} where there is no
// such ref, and where the commit (or tag) does not begin with the source's checksum.
std::string commit_now(const stages::RemoteSource& source, http::Client& client, const FetchLimits& limits,
                       base::Cancellation& cancellation);

// A commit that was checked out.
struct Checkout {
  std::shared_ptr<const context::FileView>
      files;  // of the source's subdir, with the modes that git knows; .git where that is to be kept
  std::shared_ptr<store::WorkDir> folder;
};

// With its submodules, to any depth, where the source wants them. Throws Error{kRegistry} where fetching
// fails, goes beyond the limits, or would lead out of reach: see GitPlaces.
Checkout check_out(const stages::RemoteSource& source, const std::string& commit, http::Client& client,
                   store::Store& store, const FetchLimits& limits, base::Cancellation& cancellation);

}  // namespace ixian::fetch
