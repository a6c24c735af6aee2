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
  std::string name;      // for messages: "Amazon ECR"
};

// The endpoint is the options' endpoint_url, else what AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL or the
// profile says, else the service's own. Throws Error{kRegistry} for a region or a URL that cannot be one.
Service ecr(const std::string& region, const ClientOptions& options, bool fips = false,
            const Environment& environment = process_environment());
Service ecr_public(const ClientOptions& options,  // always us-east-1
                   const Environment& environment = process_environment());
Service secrets_manager(const std::string& region, const ClientOptions& options,
                        const Environment& environment = process_environment());
Service ssm(const std::string& region, const ClientOptions& options,
            const Environment& environment = process_environment());

// Speaks the query API, not JSON: for assume_role() and caller_identity(). Without a region the global one.
Service sts(const std::string& region, const ClientOptions& options,
            const Environment& environment = process_environment());

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
// ServiceError, http::TransportError, and what finding credentials throws.
base::Json call(http::Client& client, CredentialSource& source, const Service& service,
                const std::string& action, const base::Json& input);

// "amazonaws.com", or "amazonaws.com.cn" for China's regions; other partitions have others.
std::string dns_suffix(const std::string& region);

}  // namespace ixian::aws
