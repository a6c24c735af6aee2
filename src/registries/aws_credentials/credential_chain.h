// Who we are to AWS: the chain of places where the AWS CLI looks, asked natively.
//
// The room's front door. In: a project's options and the machine's environment. Out: Credentials from a
// CredentialChain; calls to a Service (aws/service.h) are signed with them.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "aws/credentials.h"
#include "http/client.h"

namespace ixian::aws_credentials {

// Finds credentials when they are first needed, keeps them in memory, and finds them anew five minutes before
// they end, or at half of what is left of their life where that is later. Thread-safe; one search at a time.
// In order, as botocore does: options → environment → assume-role profile → web identity → SSO → shared
// credentials file → credential_process → config file → container (ECS, EKS pod identity) → instance metadata
// (IMDSv2) → `aws configure export-credentials`. A profile named by options goes before the environment. A
// place that is set up but fails ends the search, but for the AWS CLI, which may know a way.
// Invariant: what is kept has not ended. Owner: one per client of a registry or secret source.
class CredentialChain : public aws::CredentialSource {
 public:
  CredentialChain(http::Client& client, aws::Environment environment, aws::ClientOptions options);
  ~CredentialChain() override;

  // Throws NoCredentials and Error{kRegistry}, whose context lists where it looked and what each place said;
  // ServiceError and TransportError where AWS itself refused or could not be reached; Error{kProject} for
  // half a key in the options. While renewing fails, the credentials before it are given until they end.
  aws::Credentials find() override;

  void forget() override;

  // The options' region, AWS_REGION, AWS_DEFAULT_REGION, the profile's region; nullopt where nobody says.
  std::optional<std::string> region();

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace ixian::aws_credentials
