// Build contexts, wherever they are, as directories of this machine.
//
// The front door of this room. In: what a user calls a context (context_source.h), and who fetches. Out: a
// directory that engines read, a temporary one where the context is not a directory already, and the
// Dockerfile that belongs to it (main_context.h). What is fetched is judged in `fetch`, what an archive says
// in unpack_archive.h. No path of this machine gets into a key by this: keys hold what files are.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/cancel.h"
#include "build_context/context_source.h"
#include "fetch/fetcher.h"
#include "store/store.h"

namespace ixian::build_context {

struct ContextTools {
  std::shared_ptr<store::Store> store;  // for temporary directories; it may be one that is only read
  fetch::Fetcher& fetcher;              // outlives this
  base::Cancellation& cancellation;     // outlives this
};

struct OpenedContext {
  std::string folder;                     // absolute; "" is none
  bool is_local = false;                  // the user's own directory, whose .dockerignore counts
  std::optional<std::string> dockerfile;  // what the source turned out to be, in place of a context
  std::shared_ptr<store::WorkDir> kept;   // removes `folder` with it; null where that is the user's
};

// Throws Error{kRegistry} where fetching fails, Error{kTaskFailed} for an archive that cannot be unpacked,
// Error{kUsage} for a file that is no archive; Cancelled. Nothing is left then.
OpenedContext open_context(const ContextSource& source, const ContextTools& tools);

// All that comes on standard input, which is to be a Dockerfile. Throws Error{kUsage}, Cancelled.
std::string read_text_of_standard_input(base::Cancellation& cancellation);

}  // namespace ixian::build_context
