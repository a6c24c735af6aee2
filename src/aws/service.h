// Calls to AWS services that speak JSON 1.1, signed, and their errors in sentences.
#pragma once

#include <string>

#include "aws/credentials.h"
#include "base/error.h"
#include "base/json.h"
#include "http/client.h"

namespace ixian::aws {

struct Service {
  std::string signing_name;   // "ecr"
  std::string target_prefix;  // "AmazonEC2ContainerRegistry_V20150921"
  std::string region;
  std::string endpoint;  // "https://api.ecr.eu-west-1.amazonaws.com"
};

Service ecr(const std::string& region, const Options& options, bool fips = false);
Service ecr_public(const Options& options);  // always us-east-1
Service secrets_manager(const std::string& region, const Options& options);
Service ssm(const std::string& region, const Options& options);
Service sts(const std::string& region, const Options& options);

// What a service refused. `type` is the error's name without its namespace: "ExpiredTokenException".
class ServiceError : public base::Error {
 public:
  ServiceError(std::string type_, int status_, std::string message, std::string context = "")
      : Error(base::ErrorCode::kRegistry, std::move(message), std::move(context)),
        type(std::move(type_)),
        status(status_) {}
  std::string type;
  int status;
};

// POST / with X-Amz-Target: <prefix>.<action>. Expired or refused credentials are found anew once. Throws
// ServiceError, http::TransportError.
base::Json call(http::Client& client, CredentialChain& chain, const Service& service,
                const std::string& action, const base::Json& input);

// "amazonaws.com", or "amazonaws.com.cn" for China's regions.
std::string dns_suffix(const std::string& region);

}  // namespace ixian::aws
