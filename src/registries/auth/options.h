// The options of one registry's client, as a project wrote them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/secret.h"
#include "secrets/resolver.h"

namespace ixian::auth {

// Names and texts; references are still references. null and "" are as good as not written.
class ProviderOptions {
 public:
  // `names` are the client's own; those that every client takes (insecure, ca_file, client_certificate,
  // client_key) are let through and not kept. Throws Error{kProject} for other names, with what there is; for
  // values that are not text; for references that cannot be right.
  ProviderOptions(const std::string& host, const base::Json& options, const std::vector<std::string>& names);

  const std::string& host() const { return host_; }
  bool has(const std::string& name) const { return values_.contains(name); }

  // What it stands for, "" where it is not written. Throws what SecretResolver::load throws.
  base::Secret load(const std::string& name, secrets::SecretResolver& resolver) const;

  // It was refused: what it refers to is loaded anew next time.
  void forget(const std::string& name, secrets::SecretResolver& resolver) const;

  // For people: "password from vault:secret/ci#password", "password in CONFIG.DOCKER.REGISTRIES".
  std::string origin(const std::string& name) const;

 private:
  std::string host_;
  std::map<std::string, std::string> values_;
};

}  // namespace ixian::auth
