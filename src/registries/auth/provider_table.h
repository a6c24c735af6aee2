// The clients that CONFIG.DOCKER.REGISTRIES may name for a registry, one row each: where credentials come
// from.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/credential.h"
#include "auth/providers.h"
#include "base/json.h"

namespace ixian::auth {

struct ProviderType {
  std::string_view name;  // what ixian_docker/_registries.py calls the client
  // The names of its options, without those that every client takes.
  std::vector<std::string> options;
  std::shared_ptr<CredentialProvider> (*make)(const std::string& host, const base::Json& options,
                                              const Services& services);
  // How what `docker login` left is asked besides. Null: it is not.
  std::shared_ptr<CredentialProvider> (*with_files)(std::shared_ptr<CredentialProvider> own,
                                                    std::shared_ptr<CredentialProvider> files);
};

// The first is that of an entry that names no client.
const std::vector<ProviderType>& provider_types();

// Null where there is none of that name.
const ProviderType* find_provider_type(std::string_view name);

}  // namespace ixian::auth
