// Amazon ECR's own API: tokens for its registries, and repositories.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "aws/service.h"
#include "base/secret.h"

namespace ixian::aws {

// What the name of a registry says about it.
struct EcrHost {
  bool is_public = false;  // public.ecr.aws
  std::string account;     // twelve digits, "" for public
  std::string region;
  bool fips = false;
};

// nullopt for names that are not ECR's: then options must name the region.
std::optional<EcrHost> parse_ecr_host(std::string_view host);

struct EcrToken {
  base::Secret password;  // the user is always "AWS"
  std::chrono::system_clock::time_point expires;
  std::string endpoint;                          // "https://…" that it is for, may be empty
  std::chrono::system_clock::time_point issued;  // by our clock

  // A token lives for twelve hours and is renewed once half of its life is over; until its end it may still
  // be used where renewing fails, and from then on never.
  bool expired(std::chrono::system_clock::time_point now) const { return now >= expires; }
  bool due(std::chrono::system_clock::time_point now) const { return now >= issued + (expires - issued) / 2; }
};

// What GetAuthorizationToken answers. `issued` is still to be set. Throws std::invalid_argument, whose text
// holds nothing of the token.
EcrToken parse_token_answer(const std::string& json, bool is_public);

// Throws what call() throws, and Error{kRegistry} for a token that has expired when it arrives.
EcrToken get_token(http::Client& client, CredentialSource& source, const Service& service, bool is_public);

// Done as well when somebody else has just made it.
void create_repository(http::Client& client, CredentialSource& source, const Service& service, bool is_public,
                       const std::string& repository);

// Who the credentials are, by STS GetCallerIdentity: "arn:aws:iam::123456789012:user/ci".
std::string caller_identity(http::Client& client, CredentialSource& source, const std::string& region,
                            const ClientOptions& options,
                            const Environment& environment = process_environment());

}  // namespace ixian::aws
