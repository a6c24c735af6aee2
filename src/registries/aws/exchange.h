// One call to an AWS service, whatever it speaks.
#pragma once

#include <functional>
#include <string>

#include "aws/service_error.h"
#include "http/client.h"

namespace ixian::aws {

struct Reply {
  http::ResponseHead head;
  std::string body;
};

using ParseRefusal = Refusal (*)(const Reply& reply);
Refusal json_refusal(const Reply& reply);
Refusal xml_refusal(const Reply& reply);

// Sends it until the service no longer says that it is called too often, which AWS says by 400 as well: as
// often and with the pauses that the client is set up for. `what` is the service, for messages: "Amazon ECR
// in eu-west-1". Throws TransportError, Cancelled.
Reply exchange(http::Client& client, const http::Request& request, ParseRefusal parse,
               const std::string& what);

// A signature by these credentials.
http::AwsSignature signature(const Credentials& credentials, const std::string& service,
                             const std::string& region);

}  // namespace ixian::aws
