// One call to an AWS service, whatever it speaks.
#pragma once

#include <functional>
#include <string>

#include "aws/service_error.h"
#include "http/client.h"

namespace ixian::aws {

struct Response {
  http::ResponseHead head;
  std::string body;
};

using ParseRefusal = ErrorResponse (*)(const Response& reply);
ErrorResponse json_refusal(const Response& reply);
ErrorResponse xml_refusal(const Response& reply);

// Sends it until the service no longer says that it is called too often, which AWS says by 400 as well: as
// often and with the pauses that the client is set up for. `what` is the service, for messages: "Amazon ECR
// in eu-west-1". Throws TransportError, Cancelled.
Response send_with_retries(http::Client& client, const http::Request& request, ParseRefusal parse,
                           const std::string& what);

// A signature by these credentials.
http::AwsSignature signature(const Credentials& credentials, const std::string& service,
                             const std::string& region);

}  // namespace ixian::aws
