// IAM Identity Center: credentials of a role by a login of a person in a browser.
#pragma once

#include "aws_credentials/lookup.h"

namespace ixian::aws_credentials {

// For profiles with sso_account_id and sso_role_name. A login that has expired is renewed where its
// sso-session allows that; otherwise the Error says how to log in.
ProviderResult sso_credentials(const ProviderContext& lookup, const std::string& profile);

}  // namespace ixian::aws_credentials
