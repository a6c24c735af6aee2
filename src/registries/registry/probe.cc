// Who we are at a registry and what we may do, found out by the smallest requests that need the right: a list
// of one tag, and an upload that is begun and given up. Nothing is stored.
#include "registry/probe.h"

#include <unistd.h>

#include <filesystem>

#include "files/fs.h"

namespace ixian::registry {
namespace {

using Answer = RegistryStatus::Answer;

// One request with all that authorisation takes; tells who it was in the end.
http::Response ask(HostClient& host, http::Request request, registry_auth::AuthAttempt& attempt,
                   std::string& body) {
  registry_auth::Authorizer& authorizer = host.authorizer();
  for (;;) {
    authorizer.authorize(request, attempt);
    http::Response response = host.http().send(request);
    body = response.text();
    const bool refused = response.head.status == 401 || response.head.status == 403;
    if (refused && authorizer.handle_challenge(response.head, body, attempt)) continue;
    return response;
  }
}

Answer judge(int status) {
  if (status == 401 || status == 403) return Answer::kNo;
  // 404 means that the question was allowed.
  return status < 500 && status != 429 ? Answer::kYes : Answer::kUnknown;
}

Answer may_pull(HostClient& host, const std::string& repository) {
  registry_auth::AuthAttempt attempt(repository, registry_auth::pull_scope(repository));
  http::Request request;
  request.url = host.origin() + "/v2/" + repository + "/tags/list?n=1";
  std::string body;
  return judge(ask(host, request, attempt, body).head.status);
}

// The only question that a registry answers about pushing is the beginning of one: it is begun, and taken
// back at once.
Answer may_push(HostClient& host, const std::string& repository) {
  registry_auth::AuthAttempt attempt(repository, registry_auth::push_scope(repository));
  http::Request request;
  request.method = "POST";
  request.url = host.origin() + "/v2/" + repository + "/blobs/uploads/";
  request.body = http::text_body("");
  std::string body;
  const http::Response response = ask(host, request, attempt, body);
  const auto location = response.head.headers.find("Location");
  const std::optional<http::Url> here = http::parse_url(response.head.url);
  const std::optional<http::Url> session =
      here && location && response.head.ok() ? http::resolve_url(*here, *location) : std::nullopt;
  if (session && http::same_origin(*session, *here)) {
    http::Request cancel;
    cancel.method = "DELETE";
    cancel.url = session->text();
    ask(host, cancel, attempt, body);
  }
  return judge(response.head.status);
}

// Being refused is an answer here.
template <typename Function>
Answer answer_of(const Function& ask_for_it) {
  try {
    return ask_for_it();
  } catch (const http::TransportError&) {
    throw;
  } catch (const base::Error&) {
    return Answer::kNo;
  }
}

}  // namespace

void probe_host(HostClient& host, const std::string& repository, bool changes_nothing,
                RegistryStatus& status) {
  host.authorizer().discover();
  status.reachable = true;  // whatever is wrong with who we are
  http::Request request;
  request.url = host.origin() + "/v2/";
  registry_auth::AuthAttempt attempt("", {});
  std::string body;
  const http::Response response = ask(host, request, attempt, body);
  status.identity = host.authorizer().identity(attempt);
  status.token_expires = host.authorizer().expires(attempt);
  if (response.head.status == 401 || response.head.status == 403) {
    const base::Error error = host.authorizer().unauthorized(response.head, body, attempt);
    status.may_pull = status.may_push = Answer::kNo;
    status.blame(error);
    return;
  }
  if (!response.head.ok()) {
    throw failure({"ask " + host.host() + " for its version", host.host()}, response.head, body);
  }
  if (repository.empty()) return;
  status.may_pull = answer_of([&] { return may_pull(host, repository); });
  if (!changes_nothing) status.may_push = answer_of([&] { return may_push(host, repository); });
}

void probe_folder(const std::string& folder, RegistryStatus& status) {
  const std::string path = files::absolute_path(folder, files::current_directory());
  status.identity = path;
  std::filesystem::path nearest = path;
  std::error_code error;
  // A push makes the folder, so what counts is the nearest one that exists.
  while (!std::filesystem::exists(nearest, error) && nearest.has_relative_path())
    nearest = nearest.parent_path();
  const bool there = nearest == path;
  status.reachable = there ? ::access(path.c_str(), R_OK | X_OK) == 0 : true;
  status.may_pull = status.reachable ? Answer::kYes : Answer::kNo;
  status.may_push = ::access(nearest.c_str(), W_OK | X_OK) == 0 ? Answer::kYes : Answer::kNo;
  if (!std::filesystem::is_directory(nearest, error)) {
    status.reachable = false;
    status.may_pull = status.may_push = Answer::kNo;
    status.problem = nearest.string() + " is not a directory";
    status.advice = "set the option `path` to another one";
  } else if (!status.reachable) {
    status.problem = "permission denied: cannot read " + path;
  } else if (status.may_push == Answer::kNo) {
    status.problem = "permission denied: cannot write " + nearest.string();
  }
}

}  // namespace ixian::registry
