// Who we are to AWS, and what is known of the machine that says so.
//
// The room's front door. In: whoever knows credentials (a CredentialSource). Out: calls to a Service
// (service.h), of which ECR's token and repositories (ecr.h) are what the rest of the program asks for.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/secret.h"

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
struct ClientOptions {
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

// Whoever knows who we are: the chain. Thread-safe.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;

  // Throws NoCredentials, and base::Error for what has been set up and fails.
  virtual Credentials find() = 0;

  // They were refused: find anew next time.
  virtual void forget() = 0;
};

}  // namespace ixian::aws
