// Credentials that another program finds.
#pragma once

#include "aws_credentials/lookup.h"

namespace ixian::aws_credentials {

// The profile's credential_process: split into words as a shell does, but run without one.
ProviderResult process_credentials(const ProviderContext& lookup, const std::string& profile);

// `aws configure export-credentials`, for ways of logging in that only the AWS CLI knows.
ProviderResult cli_credentials(const ProviderContext& lookup);

}  // namespace ixian::aws_credentials
