// Asking a token server for a token.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "auth/credential.h"
#include "http/client.h"
#include "http/url.h"
#include "registry_auth/challenge.h"
#include "registry_auth/token.h"

namespace ixian::registry_auth {

struct TokenServer {
  http::Url realm;
  std::string service;                         // "" is none
  http::Reach reach = http::Reach::kAnywhere;  // as far as the registry may lead

  friend bool operator==(const TokenServer&, const TokenServer&) = default;
};

// Where a Bearer challenge of the registry at `registry` sends us. Throws Error{kRegistry} for a realm that
// must not be followed (`head` is of the answer that had the challenge): not an absolute URL, http (but for
// loopback hosts and where `insecure`; a registry behind a proxy that does not know that it is reached by
// https gets its own host back with https), or an address of a private network where the registry is public
// or the address is no name and not its own. What a name stands for is judged when it is connected to.
TokenServer token_server(const Challenge& challenge, const http::ResponseHead& head,
                         const http::Url& registry, bool insecure);

// The token server said no: 400, 401 or 403.
struct TokenRefusal {
  int status = 0;
  std::string said;  // one line, for messages; may be empty
};

// GET with Basic, or without where there is no credential; an identity token by POST, and as the password of
// a GET where the server knows no POST. Throws Error{kRegistry} for any other answer than a token or a
// refusal; http::TransportError.
std::variant<Token, TokenRefusal> ask_token_server(http::Client& client, const TokenServer& server,
                                                   const Scopes& scopes,
                                                   const std::optional<auth::Credential>& credential);

}  // namespace ixian::registry_auth
