// Access keys that are written down: in options, the environment and the two files.
#pragma once

#include "aws_credentials/lookup.h"

namespace ixian::aws_credentials {

// nullopt where no key is given. Throws Error{kProject} for half of one.
std::optional<aws::Credentials> keys_of_options(const aws::ClientOptions& options);

// A pair of keys in one place. Throw Error{kRegistry} where there is but one of the two.
ProviderResult keys_of_environment(const ProviderContext& lookup);
ProviderResult keys_of_credentials_file(const ProviderContext& lookup, const std::string& profile);
ProviderResult keys_of_config_file(const ProviderContext& lookup, const std::string& profile);

// Whether a profile has keys of its own, complete or not.
bool has_static_keys(const aws::Section& profile);

}  // namespace ixian::aws_credentials
