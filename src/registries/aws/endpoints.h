// Where AWS services are.
#pragma once

#include <string>

#include "aws/credentials.h"

namespace ixian::aws {

// Throws Error{kRegistry} for a text that cannot be a region: it becomes part of a host's name.
void check_region(const std::string& region);

// What stands before it, without the slash at its end: options' endpoint_url, AWS_ENDPOINT_URL_<ID>,
// AWS_ENDPOINT_URL, the profile's `services` section, its endpoint_url. `id` is the service's identifier as
// these variables have it: "ECR", "ECR_PUBLIC". AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true leaves only the
// options. `standard` where none is set.
std::string endpoint(const std::string& id, const std::string& standard, const ClientOptions& options,
                     const Environment& environment);

}  // namespace ixian::aws
