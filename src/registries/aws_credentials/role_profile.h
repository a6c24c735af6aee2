// Profiles that assume a role with the credentials of another profile, or of the place they run in.
#pragma once

#include "aws_credentials/lookup.h"

namespace ixian::aws_credentials {

// For profiles with role_arn and without web_identity_token_file.
ProviderResult role_profile_credentials(const ProviderContext& lookup, const std::string& profile);

// What a profile has by itself: web identity, SSO, keys, credential_process. In that order.
ProviderResult profile_credentials(const ProviderContext& lookup, const std::string& profile);

}  // namespace ixian::aws_credentials
