// One registry: where it answers, and how we are allowed to ask.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "auth/credential.h"
#include "http/client.h"
#include "registry/failure.h"
#include "registry_auth/authorizer.h"

namespace ixian::registry {

struct HostOptions {
  std::string host;       // as people write it: "docker.io", "registry.local:5000"
  bool insecure = false;  // plain http will do, and any certificate

  // ECR: makes a repository that a push found missing. Empty: the registry does so itself, or nobody.
  std::function<void(const std::string& repository)> create_repository;

  std::function<void(const std::string& sentence)> on_warning;
};

// Thread-safe. Shared by all repositories of the host, so that connections, tokens and the scheme are found
// once.
class HostClient {
 public:
  // `client` outlives it.
  HostClient(http::Client& client, std::shared_ptr<auth::CredentialProvider> provider, HostOptions options);

  const std::string& host() const { return options_.host; }
  http::Client& http() { return client_; }

  // Sends `request`, whose url is a path ("/v2/app/manifests/1") or, from a Location, absolute. Authorised
  // for `scopes` (the repository of the first is whom credentials are looked up for) at the registry's own
  // origin only; challenges are answered, expired tokens renewed. Returns whatever is answered at last, but a
  // 401 that stands is thrown as who was refused. Throws Error, http::TransportError.
  http::Response send(const Operation& work, http::Request request, const registry_auth::Scopes& scopes);

  // Makes a repository that was found missing, where that is known how. False: it is not.
  bool create_repository(const std::string& repository);

  // "https://registry-1.docker.io". Over plain http for loopback hosts, and insecure ones that do not speak
  // TLS: then the first call asks, and others wait for it.
  const std::string& origin();

  registry_auth::Authorizer& authorizer();  // after origin()

 private:
  std::string find_origin();

  http::Client& client_;
  std::shared_ptr<auth::CredentialProvider> provider_;
  const HostOptions options_;
  const std::string authority_;  // on the wire: registry-1.docker.io

  std::mutex mutex_;  // of what follows
  std::string origin_;
  std::unique_ptr<registry_auth::Authorizer> authorizer_;

  // Guards `created_`, and is held while a repository is created: once each.
  std::mutex create_mutex_;
  std::set<std::string> created_;
};

}  // namespace ixian::registry
