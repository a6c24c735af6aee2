// What ADD takes from elsewhere: files by URL, git repositories.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/cancel.h"
#include "context/file_view.h"
#include "dockerfile/add_source.h"
#include "http/client.h"
#include "store/store.h"

namespace ixian::engine {

// A file that was downloaded.
struct Download {
  std::shared_ptr<const base::UniqueFd> fd;
  std::string path;  // for messages
  std::uint64_t size = 0;
  std::string sha256;      // hexadecimal
  std::int64_t mtime = 0;  // as the server says, else 1970
  std::shared_ptr<store::WorkFolder> folder;
};

// A commit that was checked out.
struct Checkout {
  std::shared_ptr<const context::FileView> files;
  std::shared_ptr<store::WorkFolder> folder;
};

// One source of an ADD. `identity` is what its key holds: a digest, a commit.
struct RemoteSource {
  std::optional<dockerfile::UrlSource> url;
  std::optional<dockerfile::GitSource> git;
  std::string checksum;  // of the url: "sha256:…", "" is none
  bool keep_git_dir = false;
  std::string identity;
};

// Thread-safe; each source is fetched once. Throws Error{kRegistry} where fetching fails, and where the bytes
// are not those of the checksum.
class RemoteSources {
 public:
  using GetClient = std::function<http::Client&()>;

  RemoteSources(store::Store& store, GetClient client, base::Cancellation& cancellation)
      : store_(store), client_(std::move(client)), cancellation_(cancellation) {}

  // What the key of an ADD holds: of a URL its checksum, else the digest of what it gives now, which a server
  // need not send again if it says that this has not changed (ETag, Last-Modified) since the store got to
  // know it; of a repository the commit.
  std::string identify(const RemoteSource& source);

  std::shared_ptr<const Download> download(const RemoteSource& source);
  std::shared_ptr<const Checkout> checkout(const RemoteSource& source);

 private:
  Download fetch(const RemoteSource& source);
  std::string digest_now(const RemoteSource& source);
  Download receive(const RemoteSource& source, http::Response& response);
  void remember(const std::string& url, const http::Headers& headers, const std::string& sha256);
  Checkout clone(const RemoteSource& source);

  store::Store& store_;
  const GetClient client_;
  base::Cancellation& cancellation_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Download>> downloads_;
  std::map<std::string, std::shared_ptr<const Checkout>> checkouts_;
};

}  // namespace ixian::engine
