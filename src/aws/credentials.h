// Who we are to AWS: the chain of places where the AWS CLI looks, asked natively.
//
// The room's front door. In: a project's options and the machine's environment. Out: Credentials from a
// CredentialChain; with them, calls to a Service (service.h), of which ECR's token and repositories (ecr.h)
// are what the rest of the program asks for.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/secret.h"
#include "http/client.h"

namespace ixian::aws {

struct Credentials {
  base::Secret access_key_id;
  base::Secret secret_access_key;
  base::Secret session_token;  // empty: none
  std::optional<std::chrono::system_clock::time_point> expires;
  std::string source;  // for people: "the environment", "profile ci in ~/.aws/credentials", "the role … by
                       // web identity"
};

// What the chain may see of the machine; a fake in tests.
struct Environment {
  std::function<std::optional<std::string>(const std::string& name)> variable;  // of the process
  std::string home;

  // Where podman keeps what `podman login` wrote, where XDG_RUNTIME_DIR is not set: "/run/containers/1000".
  // Two, where this process has another user id than the one it was started by.
  std::vector<std::string> runtime_folders = {};
};

// Nobody has said who we are: no place of the chain is set up. All others are errors of a place that is.
class NoCredentials : public base::Error {
 public:
  using Error::Error;
};

// This process's own.
Environment process_environment();

// What a project sets in a client's options; "" is not set.
struct Options {
  std::string profile;
  std::string region;
  std::string role_arn;  // assumed with whatever the chain finds
  std::string
      endpoint_url;  // instead of every AWS service's own address: for stand-ins and private endpoints
  std::string external_id;
  std::string session_name;  // of assumed roles
  base::Secret
      access_key_id;  // aws_access_key_id, aws_secret_access_key, aws_session_token, as boto3 calls them
  base::Secret secret_access_key;
  base::Secret session_token;
};

// Finds credentials when they are first needed, keeps them in memory, and finds them anew five minutes before
// they end, or at half of what is left of their life where that is later. Thread-safe; one search at a time.
// In order, as botocore does: options → environment → assume-role profile → web identity → SSO → shared
// credentials file → credential_process → config file → container (ECS, EKS pod identity) → instance metadata
// (IMDSv2) → `aws configure export-credentials`. A profile named by options goes before the environment. A
// place that is set up but fails ends the search, but for the AWS CLI, which may know a way.
// Invariant: what is kept has not ended. Owner: one per client of a registry or secret source.
class CredentialChain {
 public:
  CredentialChain(http::Client& client, Environment environment, Options options);
  ~CredentialChain();

  // Throws NoCredentials and Error{kRegistry}, whose context lists where it looked and what each place said;
  // ServiceError and TransportError where AWS itself refused or could not be reached; Error{kProject} for
  // half a key in the options. While renewing fails, the credentials before it are given until they end.
  Credentials find();

  // They were refused: find anew next time.
  void forget();

  // The options' region, AWS_REGION, AWS_DEFAULT_REGION, the profile's region; nullopt where nobody says.
  std::optional<std::string> region();

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace ixian::aws
