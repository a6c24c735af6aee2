// Credentials of a container: ECS tasks and EKS pod identity.
#pragma once

#include "aws_credentials/lookup.h"

namespace ixian::aws_credentials {

// By AWS_CONTAINER_CREDENTIALS_RELATIVE_URI (at 169.254.170.2) or _FULL_URI, with the token of
// AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, read anew each time, or AWS_CONTAINER_AUTHORIZATION_TOKEN.
ProviderResult container_credentials(const ProviderContext& lookup);

// Whether credentials may be asked for there: https anywhere; http on this machine and at the link-local
// addresses of ECS and EKS, so that a variable that somebody has set cannot have the token sent elsewhere in
// the clear.
bool is_allowed_container_uri(const std::string& uri);

}  // namespace ixian::aws_credentials
