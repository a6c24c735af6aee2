// What each place that may have credentials gets to look with, and how it answers.
#pragma once

#include <optional>
#include <string>

#include "aws/credentials.h"
#include "aws/profiles.h"
#include "http/client.h"

namespace ixian::aws_credentials {

struct ProviderContext {
  http::Client& client;
  const aws::Environment& environment;
  const aws::ClientOptions& options;
  const aws::Profiles& profiles;
  std::string region;  // for STS; "" where nobody says
};

// A place that is not set up says so and the next one is asked. One that is set up and fails throws
// base::Error: then nobody else is asked, lest the work is done as somebody whom nobody meant.
struct ProviderResult {
  std::optional<aws::Credentials> found;
  std::string why_not;  // "AWS_ACCESS_KEY_ID is not set"
};

inline ProviderResult not_found(std::string why_not) {
  return {std::nullopt, std::move(why_not)};
}

// Error{kRegistry}.
[[noreturn]] void cannot_use(std::string message, std::string context = "");

}  // namespace ixian::aws_credentials
