// Access keys that are written down: in options, the environment and the two files.
#pragma once

#include "aws_credentials/lookup.h"

namespace ixian::aws_credentials {

// nullopt where no key is given. Throws Error{kProject} for half of one.
std::optional<aws::Credentials> keys_of_options(const aws::Options& options);

// A pair of keys in one place. Throw Error{kRegistry} where there is but one of the two.
Finding keys_of_environment(const Lookup& lookup);
Finding keys_of_credentials_file(const Lookup& lookup, const std::string& profile);
Finding keys_of_config_file(const Lookup& lookup, const std::string& profile);

// Whether a profile has keys of its own, complete or not.
bool has_static_keys(const aws::Section& profile);

}  // namespace ixian::aws_credentials
