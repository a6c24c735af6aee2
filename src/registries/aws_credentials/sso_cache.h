// The logins that `aws sso login` leaves in ~/.aws/sso/cache, shared with the AWS CLI and the SDKs.
#pragma once

#include <optional>
#include <string>

#include "aws/credentials.h"
#include "aws/timestamp.h"
#include "base/json.h"

namespace ixian::aws_credentials {

// Of one login: the name of its sso-session, or its start URL where the profile has none.
std::string sso_cache_path(const aws::Environment& environment, const std::string& session_or_start_url);

struct SsoToken {
  base::Secret access_token;
  aws::Time expires;

  // What renews it; all empty where the login cannot be renewed.
  base::Secret refresh_token;
  std::string client_id;
  base::Secret client_secret;
  aws::Time registration_expires{};

  base::Json file;  // all that the cache holds, so that what we do not know of stays in it

  bool renewable(aws::Time now) const;
};

// Throws std::invalid_argument that says what is missing.
SsoToken parse_sso_token(const std::string& json);

// Writes it back for everybody who shares the cache, readable by its owner alone, as one step. False where
// that is not possible: then only this run knows the new token.
bool save_sso_token(const std::string& path, const SsoToken& token);

}  // namespace ixian::aws_credentials
