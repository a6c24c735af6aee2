// Words for what a registry refused: what was to be done there, who asked, where those credentials came from.
// The registry's own text is evidence and goes into the context.
#include "registry_auth/grant.h"

#include <fmt/format.h>

#include "base/text.h"
#include "registry_auth/error_body.h"

namespace ixian::registry_auth {
namespace {

// "push to team/app".
std::string deed(const AuthFailure& refusal) {
  std::string repository = refusal.repository;
  if (repository.empty() && !refusal.scopes.empty()) repository = refusal.scopes.front().repository;
  if (repository.empty()) return "log in";
  for (const Scope& scope : refusal.scopes) {
    if (scope.repository != repository) continue;
    if (scope.actions.contains("delete")) return "delete from " + repository;
    if (scope.actions.contains("push")) return "push to " + repository;
  }
  return "pull from " + repository;
}

}  // namespace

std::string describe(const auth::Credential& credential) {
  const std::string who = credential.username.empty() || credential.username == "<token>"
                              ? "token"
                              : "user " + credential.username;
  return credential.source.empty() ? who : who + " (" + credential.source + ")";
}

// By the secrets, not by the source: a file that was written anew with the same password is the same
// credential.
bool same_credential(const auth::Credential& a, const auth::Credential& b) {
  return a.username == b.username && a.password.reveal() == b.password.reveal() &&
         a.identity_token.reveal() == b.identity_token.reveal() && a.bearer.reveal() == b.bearer.reveal();
}

base::Error refused(const AuthFailure& refusal) {
  const std::string context = fmt::format("{} answered {}{}{}", refusal.server, refusal.status,
                                          refusal.said.empty() ? "" : ": ", refusal.said);
  const auto error = [&](std::string message) {
    return base::Error(base::ErrorCode::kRegistry, std::move(message), context);
  };
  const std::string& host = refusal.host;
  if (!refusal.credential)
    return base::Error(
        base::ErrorCode::kRegistry,
        fmt::format("unauthorized: {} does not let anonymous users {}; no credentials in {}\nhint: run "
                    "`docker login {}`, or set `username` and `password` for it in CONFIG.DOCKER.REGISTRIES; "
                    "or check the name: registries hide from anonymous users what exists",
                    host, deed(refusal), refusal.looked_in, host),
        refusal.why_none.empty() ? context
                                 : context + "\nchecked:\n  " + base::join(refusal.why_none, "\n  "));
  if (refusal.status == 403)
    return error(
        fmt::format("permission denied: {1} cannot {2} at {0}\nhint: ask for that permission, or configure "
                    "credentials that have it in CONFIG.DOCKER.REGISTRIES",
                    host, describe(*refusal.credential), deed(refusal)));
  return error(
      fmt::format("unauthorized: {} rejected {} (to {})\nhint: check that these credentials are still valid "
                  "and have the permission; if they are in a Docker config file, run `docker login {}` again",
                  host, describe(*refusal.credential), deed(refusal), host));
}

std::string said_in(const http::ResponseHead& head, std::string_view body) {
  std::string said;
  for (const RegistryError& error :
       parse_error_body(body, head.headers.find("Content-Type").value_or(std::string_view()))) {
    said += said.empty() ? "" : "; ";
    said += error.code + (error.code.empty() || error.message.empty() ? "" : ": ") + error.message;
  }
  return said;
}

bool says_expired(std::string_view body) {
  return base::to_lower(body.substr(0, 64 << 10)).find("authorization token has expired") !=
         std::string::npos;
}

}  // namespace ixian::registry_auth
