// What AWS services answer when they refuse, and what that means to a user.
#pragma once

#include <string>
#include <string_view>

#include "aws/service.h"

namespace ixian::aws {

struct ErrorResponse {
  int status = 0;
  std::string type;     // without its namespace; "" where the answer does not say
  std::string message;  // what the service says, may be empty

  bool expired() const;    // the credentials are: new ones help
  bool unknown() const;    // the access key is none that AWS knows
  bool throttled() const;  // the same call may be accepted a moment later
  bool denied() const;
};

// Of a JSON 1.1 or REST service; `header` is X-Amzn-ErrorType. Whatever the body is, there is an answer.
ErrorResponse parse_json_refusal(int status, std::string_view header, std::string_view body);

// Of the query API (STS): <ErrorResponse><Error><Code>, <Message>.
ErrorResponse parse_xml_refusal(int status, std::string_view body);

// Who asked for what.
struct CallInfo {
  std::string permission;  // as IAM policies spell it: "ecr:GetAuthorizationToken"
  std::string source;      // whose credentials: Credentials::source; "" for an unsigned call
  std::string region;
  base::Secret session_token;  // left out of what the service said, which may repeat it
};

// The sentences for it.
ServiceError explain(const ErrorResponse& refusal, const CallInfo& asked);

}  // namespace ixian::aws
