// What ADD takes from elsewhere: files by URL, git repositories.
//
// The front door of this room. In: a RemoteSource of the Dockerfile, and limits (fetch_limits.h). Out: a tree
// of files, and a digest or commit that says what it is, for the key. What servers say is judged here: sizes,
// times, and where redirects and submodules lead.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/cancel.h"
#include "fetch/fetch_limits.h"
#include "fetch/git_source.h"
#include "http/client.h"
#include "stages/remote_source.h"
#include "store/store.h"

namespace ixian::fetch {

// A file that was downloaded.
struct Download {
  std::shared_ptr<const files::UniqueFd> fd;
  std::string path;  // for messages
  std::uint64_t size = 0;
  std::string sha256;      // hexadecimal
  std::int64_t mtime = 0;  // as the server says, else 1970
  std::shared_ptr<store::WorkDir> folder;
};

// One for a run of the program, which sees each source as it was when it was first asked for: keys that are
// made of it and the files that are built from it agree. Thread-safe: different sources are asked for at
// once, the same one once. Throws Error{kRegistry} where fetching fails, where the limits are met, and where
// what comes is not what a checksum says.
class Fetcher {
 public:
  using GetClient = std::function<http::Client&()>;

  Fetcher(std::shared_ptr<store::Store> store, GetClient client, FetchLimits limits = {})
      : store_(std::move(store)), client_(std::move(client)), limits_(limits) {}

  // What the source is now, with everything that decides what it brings, as a text for keys that is the same
  // on every machine: of a URL the digest of its content ("sha256:…"), of a repository its commit and the
  // options that are not the usual ones ("git:<commit>,subdir=docs"). Where a whole commit or a checksum of a
  // URL says it already, nobody is asked. A URL costs one conditional request (ETag, Last-Modified) where the
  // store knows its content, else its content; a repository costs one ls-remote, and before it
  // one request where it is on an http or https server.
  std::string identity(const stages::RemoteSource& source, base::Cancellation& cancellation);

  std::shared_ptr<const Download> download(const stages::RemoteSource& source,
                                           base::Cancellation& cancellation);
  std::shared_ptr<const Checkout> checkout(const stages::RemoteSource& source,
                                           base::Cancellation& cancellation);

 private:
  // Of one source: held by whoever asks about it.
  struct Known {
    std::mutex mutex;
    std::string now;  // a digest, a commit; "" is not known
    std::shared_ptr<const Download> download;
    std::shared_ptr<const Checkout> checkout;
  };
  std::shared_ptr<Known> known(const std::string& what);
  std::shared_ptr<Known> known_url(const stages::RemoteSource& source);
  std::shared_ptr<Known> known_commit(const stages::RemoteSource& source);

  const std::string& digest_now(const stages::RemoteSource& source, Known& known,
                                base::Cancellation& cancellation);
  const std::string& find_commit(const stages::RemoteSource& source, Known& known,
                                 base::Cancellation& cancellation);

  const std::shared_ptr<store::Store> store_;
  const GetClient client_;
  const FetchLimits limits_;
  std::mutex mutex_;
  // Guarded by `mutex_`, which is not held while anybody is asked.
  std::map<std::string, std::shared_ptr<Known>> known_;
};

}  // namespace ixian::fetch
