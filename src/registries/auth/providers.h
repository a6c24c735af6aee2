// One provider for each kind of client that a project can configure.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/credential.h"
#include "aws/credentials.h"
#include "base/cancel.h"
#include "base/json.h"
#include "http/client.h"
#include "secrets/resolver.h"

namespace ixian::auth {

// What all of them work with. Outlives every provider.
struct Services {
  http::Client& client;
  secrets::SecretResolver& secrets;
  base::Cancellation& cancellation;
  aws::Environment environment;
};

// `options` as the project wrote them, without interpolation left to do: {'username': …, 'password':
// 'vault:…'}. Nothing is loaded here; references are when a credential is first looked up. Unknown option
// names throw Error{kProject} with what there is.

// `options` of each. In the table of clients (provider_table.h) each has a row.
inline const std::vector<std::string> kStaticOptions = {"username", "password", "token"};
inline const std::vector<std::string> kEcrOptions = {
    "region_name",           "profile_name",      "role_arn",    "endpoint_url",     "aws_access_key_id",
    "aws_secret_access_key", "aws_session_token", "external_id", "role_session_name"};
inline const std::vector<std::string> kOpenShiftOptions = {"token", "kubeconfig", "context"};

// username and password; token (a bearer). Without any of them nullopt is answered, so that the docker config
// is asked.
std::shared_ptr<CredentialProvider> static_provider(const std::string& host, const base::Json& options,
                                                    const Services& services);

// Tokens are minted in memory, renewed at half of their life, and when invalidated; the old one stays in use
// while renewing fails and it is good.
class EcrProvider : public CredentialProvider {
 public:
  // What ECR calls a 404 NAME_UNKNOWN on a push.
  virtual void create_repository(const std::string& repository) = 0;

  // "arn:aws:iam::123456789012:user/ci", for `ix registries`.
  virtual std::string identity() = 0;
};
std::shared_ptr<EcrProvider> ecr_provider(const std::string& host, const base::Json& options,
                                          const Services& services);

// `ecr`, and where there are no AWS credentials at all, what `docker login` has left in `files`. Its token
// lives for twelve hours, which the credential's source says. What ECR or AWS refuses is never tried with the
// files.
std::shared_ptr<CredentialProvider> ecr_or_files(std::shared_ptr<CredentialProvider> ecr,
                                                 std::shared_ptr<CredentialProvider> files);

// token; kubeconfig and context; else the pod's service account, the kubeconfig's current context, `oc whoami
// -t`, in this order.
std::shared_ptr<CredentialProvider> openshift_provider(const std::string& host, const base::Json& options,
                                                       const Services& services);

// What to tell somebody whose options hold a secret as it is, and what to write instead. Never throws.
std::optional<std::string> plain_secret_warning(const std::string& host, const base::Json& options);

// CA files that a pod has for the cluster's own registry; empty outside pods and for other hosts.
std::vector<std::string> openshift_ca_files(const std::string& host, const aws::Environment& environment);

}  // namespace ixian::auth
