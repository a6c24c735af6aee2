// Who may use a registry: credentials, and those who can provide them.
//
// What comes in is the host (and repository) of an image and the options that the project gives that host's
// client; what goes out is a Credential, which registry_auth turns into headers. The three types to know are
// Target, Credential and CredentialProvider. Where there is a credential to be found is known only to the
// providers: Docker's and podman's files with their helpers (docker_config.h), ECR, OpenShift (openshift.h),
// and what the project says itself (one each in providers.h).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"

namespace ixian::auth {

struct Credential {
  std::string username;
  base::Secret password;        // Basic, and the password at a token server
  base::Secret identity_token;  // an OAuth2 refresh token, in place of user and password
  base::Secret bearer;          // is the token itself: sent as Bearer without asking a token server
  std::optional<std::chrono::system_clock::time_point> expires;
  std::string
      source;  // for people, no secret: "credHelpers of ~/.docker/config.json (docker-credential-pass)"
};

// Whom the credentials are for. Providers that know more than hosts (podman's auth.json) look at the
// repository too.
struct CredentialQuery {
  std::string host;        // "docker.io", "registry.local:5000", as in oci::Reference
  std::string repository;  // may be empty
};

// Thread-safe.
class CredentialProvider {
 public:
  virtual ~CredentialProvider() = default;

  // For messages: "the docker config", "ECRDockerClient".
  virtual std::string name() const = 0;

  // nullopt: this provider has none for it; the next one is asked. Throws Error{kRegistry} where it should
  // have one and cannot get at it: then nobody else is asked. Fresh: never one that has expired, and renewed
  // in time. May be slow the first time.
  virtual std::optional<Credential> lookup(const CredentialQuery& target) = 0;

  // What lookup gave for it was refused, or has expired: the next lookup must get a new one.
  virtual void invalidate(const CredentialQuery& target) = 0;

  // Why lookup gave none, for people: a line for each place that was looked at ("~/.docker/config.json: …").
  // No secret. Never throws.
  virtual std::vector<std::string> why_none(const CredentialQuery&) { return {}; }
};

// Asks in order, the first answer wins.
class ProviderList : public CredentialProvider {
 public:
  explicit ProviderList(std::vector<std::shared_ptr<CredentialProvider>> providers)
      : providers_(std::move(providers)) {}
  std::string name() const override;
  std::optional<Credential> lookup(const CredentialQuery& target) override;
  void invalidate(const CredentialQuery& target) override;
  std::vector<std::string> why_none(const CredentialQuery& target) override;

 private:
  std::vector<std::shared_ptr<CredentialProvider>> providers_;
};

}  // namespace ixian::auth
