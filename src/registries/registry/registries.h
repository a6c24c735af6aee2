// The registries that a project has configured, and how to reach any other.
//
// The front door of this room, which speaks the OCI distribution protocol. What comes in are the settings of
// a project's registries and a name; what goes out is that repository as an oci::ImageRepo. The three types
// to know are Registries, HostClient (host_client.h), of which each host has one with its connections and
// tokens, and Authorizer (authorizer.h), which finds out how a registry wants to be asked.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/credential.h"
#include "auth/provider_table.h"
#include "auth/providers.h"
#include "base/event.h"
#include "base/json.h"
#include "http/client.h"
#include "oci/image_repo.h"
#include "oci/reference.h"

namespace ixian::registry {

enum class RegistryKind {
  kRemote,     // a client of auth::provider_types()
  kDirectory,  // OCILayoutClient
  kCustom,     // a class of the project that overrides credentials() or login()
};

// One entry of CONFIG.DOCKER.REGISTRIES. Options that every client takes: insecure (plain http, or any
// certificate), ca_file, client_certificate, client_key; the others are the client's own.
struct RegistrySettings {
  std::string host;  // as in oci::Reference: "registry.local:5000", "docker.io"
  RegistryKind kind = RegistryKind::kRemote;
  const auth::ProviderType* provider_type = &auth::provider_types().front();  // kRemote only
  base::Json options = base::Json::object();
  std::string client;                                  // the class's name, for messages
  std::shared_ptr<auth::CredentialProvider> provider;  // kCustom only
};

enum class Access {
  kPull,  // hosts that are not configured are asked with the docker config's credentials, or without any
  kPush,  // Error{kRegistry} where the host is not configured
  kPushAnywhere,  // for `ix image`, where there is no project: the docker config's credentials will do
};

// What `ix registries` says of one.
struct RegistryStatus {
  std::string host;
  std::string client;
  bool reachable = false;
  std::string identity;  // "ci (password from vault:secret/ci#password)", "anonymous"
  enum class Answer { kYes, kNo, kUnknown };
  Answer may_pull = Answer::kUnknown;
  Answer may_push = Answer::kUnknown;
  std::optional<std::chrono::system_clock::time_point> token_expires;
  std::string problem;  // a sentence, "" is none
  std::string advice;   // what to do about it, "" is nothing

  void blame(const base::Error& error);
};

// Thread-safe. Holds connections, tokens and credentials for the life of the program; nothing is asked before
// it is needed.
class Registries {
 public:
  // Throws Error{kProject} for settings that cannot be meant.
  Registries(auth::Services services, std::vector<RegistrySettings> settings, base::EventSink& events);
  ~Registries();

  // The repository that a reference names. Asks nobody yet.
  // `patient`: a push goes on for as long as the client is set up to wait for one; a cache is not worth it.
  std::unique_ptr<oci::ImageRepo> open(const oci::Reference& reference, Access access, bool patient = true);

  // Why nothing can be pushed there, as sentences; "" where nothing is known against it. `closely`: by
  // asking, as probe() does; what cannot be asked is not known. Never throws but Cancelled.
  // `changes_nothing`, here and there: no upload is opened to find out.
  std::string push_refusal(const oci::Reference& repository, bool closely, bool changes_nothing = false);

  bool configured(const std::string& host) const;
  bool is_folder(const std::string& host) const;  // OCILayoutClient: no other program can ask it

  // For other programs that are to use the registry in our place; nullopt where there are none, or it is a
  // folder. May be slow. Throws Error{kRegistry}.
  std::optional<auth::Credential> credential(const std::string& host);
  std::vector<std::string> hosts() const;  // the configured ones, in the project's order

  // Tries it out, with `repository` as the example to be pulled from and pushed to ("" is none); nothing is
  // stored there. Never throws but Cancelled.
  RegistryStatus probe(const std::string& host, const std::string& repository, bool changes_nothing = false);

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace ixian::registry
