// Where the repositories lie that git is about to fetch, and whether it may go there.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "dockerfile/source_url.h"
#include "fetch/fetch_limits.h"
#include "fetch/git_program.h"
#include "http/client.h"
#include "http/reach.h"

namespace ixian::fetch {

struct GitPlace {
  http::Url host;  // with any scheme of git: http, https, git, ssh
  http::AddressKind kind = http::AddressKind::kUnknown;
  http::Reach reach = http::Reach::kAnywhere;  // within which it was found
};

// Settles, for one GitProgram, what its URLs lead to, before it is run with them. Each is followed to where
// redirects and the user's own configuration of git lead, and git is told to go there and nowhere else: it
// follows no redirect, and connects by http and https to the address that was judged. Where http and https go
// through a proxy, names are judged by their text; names of git and ssh by what they stand for at the moment;
// what only ssh's configuration knows not at all. See reach.h for who may lead where.
//
// All throw Error{kRegistry} that names the repository, for what is out of reach or does not answer.
class GitPlaces {
 public:
  GitPlaces(GitProgram& git, http::Client& client, const FetchLimits& limits)
      : git_(git), client_(client), limits_(limits) {}

  // Of the repository that the user has named.
  GitPlace resolve(const std::string& url, const dockerfile::Login& login);

  // Of a submodule of the repository at `parent`.
  GitPlace resolve_submodule(const std::string& url, const GitPlace& parent);

 private:
  struct PinnedAddress {
    std::string address;
    http::AddressKind kind;
  };
  struct Search;

  GitPlace resolve(Search search);
  // How an origin is reached: directly, or through a proxy.
  struct Route {
    bool gits_own;  // as git's own configuration says, which only git follows
    bool proxied;
  };
  const Route& route_to(const http::Url& host);
  void ask_server(Search& search);
  void judge_name(Search& search);
  void pin(Search& search, const std::string& address, http::AddressKind kind);
  [[noreturn]] void refuse(const Search& search, const std::string& address, http::AddressKind kind) const;
  [[noreturn]] void fail(const Search& search, const std::string& reason,
                         const std::string& context = "") const;

  GitProgram& git_;
  http::Client& client_;
  const FetchLimits& limits_;
  std::map<std::string, Route> routes_;        // by origin
  std::map<std::string, PinnedAddress> pins_;  // by "host:port"
};

// The scheme, host, port and path of what git takes for an address; nullopt for files, remote helpers, and
// for anything that git and we might read differently.
std::optional<http::Url> parse_git_url(const std::string& url);

}  // namespace ixian::fetch
