// Secrets that AWS keeps: Secrets Manager, and parameters of Systems Manager.
#pragma once

#include <string>

#include "aws/credentials.h"
#include "aws/service.h"
#include "aws_credentials/credential_chain.h"
#include "base/secret.h"
#include "http/client.h"

namespace ixian::secrets {

// Thread-safe. Regions come from an ARN, else from the environment and its profile. AWS_ENDPOINT_URL, and
// AWS_ENDPOINT_URL_SECRETS_MANAGER and AWS_ENDPOINT_URL_SSM before it, name other addresses. Both throw
// Error{kRegistry} in sentences; which reference it was, the caller adds.
class AwsSource {
 public:
  AwsSource(http::Client& client, aws::Environment environment);

  // The current version. Without a field the whole text, with one that field of the JSON object that the text
  // is. A binary secret is refused.
  base::Secret load_secret(const std::string& id, const std::string& field);

  // Decrypted.
  base::Secret load_parameter(const std::string& name);

 private:
  aws::ClientOptions options(const std::string& endpoint_variable) const;
  std::string region_of(const std::string& id);
  base::Json call(const aws::Service& service, const std::string& action, const base::Json& input,
                  const std::string& what);

  http::Client& client_;
  aws::Environment environment_;
  aws_credentials::CredentialChain chain_;
};

}  // namespace ixian::secrets
