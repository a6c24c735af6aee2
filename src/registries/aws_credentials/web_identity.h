// A role for a token that somebody else has signed: EKS service accounts, CI systems by OpenID Connect.
#pragma once

#include "aws_credentials/lookup.h"

namespace ixian::aws_credentials {

// web_identity_token_file, role_arn and role_session_name of the profile; AWS_WEB_IDENTITY_TOKEN_FILE,
// AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME go before them, one by one, unless `environment_counts` is false.
// The file is read each time: its token is renewed from outside.
ProviderResult web_identity_credentials(const ProviderContext& lookup, const std::string& profile,
                                        bool environment_counts);

}  // namespace ixian::aws_credentials
