// One file of credentials: Docker's config.json, or podman's auth.json, which is a cousin of it.
#pragma once

#include <optional>
#include <string>

#include "auth/credential.h"
#include "base/json.h"

namespace ixian::auth {

class AuthFile {
 public:
  // `name` is for messages: "~/.docker/config.json". Throws Error{kRegistry} where the text is not JSON. What
  // in it is not as it should be is passed over.
  AuthFile(std::string name, std::string_view text);

  const std::string& name() const { return name_; }

  // The helper named for this host ("" is none), and the one for all hosts.
  std::string helper_for(const std::string& host) const;
  const std::string& store() const { return store_; }

  // The entry for the host: its own name first, then names with scheme or path. Entries that hold nothing
  // (which Docker leaves where a store has the rest) are passed over.
  std::optional<Credential> entry_for_host(const std::string& host) const;

  // The entry with the longest path that the target lies below ("host/team/app", "host/team", "host").
  std::optional<Credential> entry_by_path(const Target& target) const;

  // Somebody has logged in there, wherever the credentials are.
  bool mentions(const std::string& host) const;

 private:
  std::optional<Credential> usable(const base::Json& entry) const;

  std::string name_;
  base::Json entries_ = base::Json::object();
  base::Json helpers_ = base::Json::object();
  std::string store_;
};

// "https://index.docker.io/v1/" for docker.io, which Docker has never renamed; otherwise the host.
std::string server_name(const std::string& host);

}  // namespace ixian::auth
