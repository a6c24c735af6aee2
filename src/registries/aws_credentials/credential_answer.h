// Credentials as programs and metadata services write them. All throw std::invalid_argument with what is
// wrong, never with what was read; `source` is still empty.
#pragma once

#include <string_view>

#include "aws/credentials.h"
#include "base/json.h"

namespace ixian::aws_credentials {

// {"Version": 1, "AccessKeyId", "SecretAccessKey", "SessionToken"?, "Expiration"?}: credential_process and
// `aws configure export-credentials`.
aws::Credentials parse_process_answer(std::string_view json);

// {"Code"?, "AccessKeyId", "SecretAccessKey", "Token", "Expiration"}: containers and instances.
aws::Credentials parse_metadata_answer(std::string_view json);

// {"roleCredentials": {"accessKeyId", …, "expiration" (milliseconds)}}: the SSO portal.
aws::Credentials parse_sso_answer(std::string_view json);

// The text under `key`, "" where there is none; never throws.
std::string text_member(const base::Json& object, const char* key);

}  // namespace ixian::aws_credentials
