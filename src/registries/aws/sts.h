// The Security Token Service: one identity for another. Its API is a form that is posted and XML that comes
// back (version 2011-06-15).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/service.h"

namespace ixian::aws {

struct Role {
  std::string arn;
  std::string session_name;  // "" becomes one of ours
  std::string external_id;
  std::optional<int> duration_seconds;
};

// The role's credentials, by those of somebody who may assume it. Throws ServiceError, TransportError,
// Error{kRegistry}.
Credentials assume_role(http::Client& client, const Service& sts, const Credentials& by, const Role& role);

// By a token that an identity provider (EKS, GitHub, GitLab) has signed; the call itself is not signed.
Credentials assume_role_with_web_identity(http::Client& client, const Service& sts, const Role& role,
                                          const base::Secret& token);

// <…Response><…Result><Credentials>: throws std::invalid_argument. `source` is still empty.
Credentials parse_sts_credentials(std::string_view xml, const std::string& action);

// <GetCallerIdentityResponse>…<Arn>: throws std::invalid_argument.
std::string parse_caller_identity(std::string_view xml);

}  // namespace ixian::aws
