// Credentials of an EC2 instance, from its metadata service, version 2 only: version 1 is what server-side
// request forgery lives on.
#pragma once

#include "aws_credentials/lookup.h"

namespace ixian::aws_credentials {

// One try of a second: on a machine that is no instance nobody answers. Never throws an Error: what goes
// wrong is why nothing was found.
ProviderResult instance_credentials(const ProviderContext& lookup);

}  // namespace ixian::aws_credentials
