// As browsers do, with three exceptions: a 301 or 302 after a POST is not followed (its body would be lost
// without a word), TLS is not given up, and where an address may lead is limited (reach.cc). Across origins
// everything that proves who we are stays behind, whether its name is known here or its sender called it
// secret.
#include "http/redirect.h"

#include "base/error.h"
#include "http/reach.h"
#include "http/url.h"

namespace ixian::http {
namespace {

[[noreturn]] void refuse(const Url& from, const std::string& to, const std::string& why) {
  throw base::Error(base::ErrorCode::kRegistry, from.origin() + " redirects to " + to + ", " + why);
}

// Whether this status asks that this method be repeated elsewhere.
bool follows(int status, const std::string& method) {
  const bool reads = method == "GET" || method == "HEAD";
  switch (status) {
    case 301:
    case 302:
      return reads;
    case 303:
    case 307:
    case 308:
      return true;
    default:
      return false;
  }
}

void check(const Request& request, const Url& from, const Url& to, Reach reach,
           const std::function<bool(std::string_view)>& plain_http_allowed) {
  if (from.https() && !to.https() && !(plain_http_allowed && plain_http_allowed(to.authority()))) {
    refuse(from, to.origin(),
           "which would give up TLS\nhint: check for a misconfigured proxy in front of the server, or set "
           "the option `insecure` for that host if this is intended");
  }
  // What is no literal is judged when it is connected to.
  if (const AddressKind kind = address_kind(to.host); !may_reach(reach, kind)) {
    refuse(from, to.origin(),
           std::string(refusal_of(kind)) + "\nhint: check the configuration of the server");
  }
  if (!request.unix_socket.empty() && !same_origin(from, to)) {
    refuse(from, to.origin(),
           "but was asked over the socket " + request.unix_socket + ", which leads to one server only");
  }
}

void leave_secrets(Request& request) {
  request.secret_headers.clear();
  request.aws_signature.reset();
  // Those that somebody added as plain headers.
  for (const char* name : {"Authorization", "Cookie", "Host"}) request.headers.remove(name);
}

void become_get(Request& request) {
  request.method = "GET";
  request.body.reset();
  for (const char* name : {"Content-Type", "Content-Length", "Content-Range"}) request.headers.remove(name);
}

}  // namespace

std::optional<Request> redirected(const Request& request, const ResponseHead& head,
                                  const std::function<bool(std::string_view)>& plain_http_allowed) {
  const auto location = head.headers.find("Location");
  if (!request.follow_redirects || !location || !follows(head.status, request.method)) return std::nullopt;
  const auto from = parse_url(request.url);
  if (!from) return std::nullopt;
  const auto to = resolve_url(*from, *location);
  if (!to)
    refuse(*from, "another address",
           "which is not http or https\nhint: check the configuration of the server");
  ResponseHead answered;
  answered.url = request.url;
  answered.peer = head.peer;
  const Reach reach = reach_from(answered, *to, request.reach);
  check(request, *from, *to, reach, plain_http_allowed);

  Request next = request;
  next.url = to->text();
  next.reach = reach;
  if (!same_origin(*from, *to)) leave_secrets(next);
  if (head.status == 303 && next.method != "HEAD") become_get(next);
  return next;
}

}  // namespace ixian::http
