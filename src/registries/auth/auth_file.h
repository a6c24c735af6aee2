// One file of credentials: Docker's config.json, podman's auth.json, which is a cousin of it, or the
// .dockercfg of old.
#pragma once

#include <optional>
#include <string>

#include "auth/credential.h"
#include "base/json.h"

namespace ixian::auth {

// A file as it was when it was read; not changed any more, so any thread may look. Its texts hold secrets: it
// belongs to one provider and goes with that.
class AuthFile {
 public:
  enum class Kind {
    kDocker,     // an entry of a repository stands for its whole host, as the docker CLI takes it
    kContainers  // it stands for what lies below it, and for nothing else
  };

  // `name` is for messages: "~/.docker/config.json". Throws Error{kRegistry} where the text is not JSON. What
  // in it is not as it should be is passed over.
  AuthFile(std::string name, std::string_view text, Kind kind);

  // A .dockercfg, which is an "auths" without anything around it.
  static AuthFile legacy(std::string name, std::string_view text);

  const std::string& name() const { return name_; }

  // The helper named for this host ("" is none), and the one for all hosts.
  std::string helper_for(const std::string& host) const;
  const std::string& store() const { return store_; }

  // What the entries have for a target. The longest path that it lies below comes first ("host/team/app",
  // "host/team"), then the host ("host", then with scheme or path: "https://host/v1/"). An entry that holds
  // nothing is passed over: Docker leaves one where a store has the rest. `unusable` is the key of an entry
  // that holds something that cannot be read.
  struct Entry {
    std::optional<Credential> credential;
    std::string unusable;
  };
  Entry entry(const CredentialQuery& target) const;

  // Somebody has logged in there, wherever the credentials are.
  bool mentions(const std::string& host) const;

 private:
  explicit AuthFile(std::string name) : name_(std::move(name)) {}
  bool take(const std::string& key, const base::Json& value, Entry& entry) const;

  std::string name_;
  Kind kind_ = Kind::kDocker;
  base::Json entries_ = base::Json::object();
  base::Json helpers_ = base::Json::object();
  std::string store_;
};

// "https://index.docker.io/v1/" for docker.io, which Docker has never renamed; otherwise the host.
std::string server_name(const std::string& host);

}  // namespace ixian::auth
