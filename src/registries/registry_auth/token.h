// Bearer tokens: what they are asked for, and what token servers answer (distribution specification, "Token
// Authentication").
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"

namespace ixian::registry_auth {

// What somebody wants to do with a repository.
struct Scope {
  std::string repository;         // "team/app"
  std::set<std::string> actions;  // "pull", "push", "delete"
  std::string type = "repository";

  std::string text() const;  // "repository:team/app:pull,push"

  friend bool operator==(const Scope&, const Scope&) = default;
};

// One for each repository at most (see merge). Whoever pushes comes first: some token servers look at the
// first scope only.
using Scopes = std::vector<Scope>;

// What the three kinds of work need.
Scopes pull_scope(const std::string& repository);
Scopes push_scope(const std::string& repository);    // pull and push
Scopes delete_scope(const std::string& repository);  // pull and delete

// The scopes of both, actions of one repository together.
Scopes merge(const Scopes& a, const Scopes& b);

// Reads the scope of a challenge: scopes between spaces; colons within names belong to them. What is not a
// scope is left out.
Scopes parse_scopes(std::string_view text);

// Whether somebody who may do all of `have` may do all of `want`.
bool covers(const Scopes& have, const Scopes& want);

// Nothing but pulling is wanted.
bool pull_only(const Scopes& scopes);

struct Token {
  base::Secret value;
  std::chrono::seconds lifetime{60};  // from now, always positive, at most a day
};

// What a token server has answered, seen at `now`: `token` or `access_token`; `expires_in`, 60 where it is
// missing or makes no sense; `issued_at`, where it makes sense. Throws std::invalid_argument with the reason,
// which holds nothing of the answer: no JSON, no token, a token that cannot stand in a header.
Token parse_token(std::string_view body, std::chrono::system_clock::time_point now);

// How long before the end of its life a token is renewed: a tenth of it, at least ten seconds, never more
// than half.
std::chrono::seconds renewal_margin(std::chrono::seconds lifetime);

}  // namespace ixian::registry_auth
