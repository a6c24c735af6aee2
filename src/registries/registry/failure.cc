// Every failure of a registry is said in the same order: what could not be done, who answered what, what to
// do about it; what the registry said itself goes into the context, as evidence. Advice depends on the status
// and on whether something was to be read or written.
#include "registry/failure.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "http/transport.h"
#include "http/url.h"

namespace ixian::registry {
namespace {

// For registries that send a status and nothing else.
std::string reason(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Payload Too Large";
    case 416:
      return "Range Not Satisfiable";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 415:
      return "Unsupported Media Type";
    case 507:
      return "Insufficient Storage";
    default:
      return "";
  }
}

// What a status means beyond its name.
std::string meaning(int status) {
  switch (status) {
    case 405:
      return ": not allowed by this registry";
    case 413:
      return ": a proxy in front of it limits the size of requests";
    case 415:
      return ": it does not accept images of this format";
    case 429:
      return ": rate limit exceeded";
    case 507:
      return ": its disk is full";
    default:
      break;
  }
  if (status >= 500) return ": server error";
  return status < 400 ? ": not an answer to this request" : "";
}

std::string advice(const Operation& work, int status) {
  switch (status) {
    case 401:
    case 403:
      return fmt::format("check with `ix registries {}` that this account may {}", work.host,
                         work.writes ? "push to the repository" : "pull the image");
    case 404:
      return work.writes
                 ? "check the repository's name, and whether this registry creates repositories on push"
                 : "check the name, and whether the image was removed";
    case 405:
      return "ask the registry's administrator; deletion, for one, often has to be enabled";
    case 413:
      return "raise the limit of request sizes in front of the registry (nginx: client_max_body_size)";
    case 429:
      return fmt::format(
          "wait, or log in: registries often limit anonymous users more (`ix registries {}` shows the "
          "account){}",
          work.host, work.writes ? "" : "; or use a mirror");
    case 415:
      return "use another registry, or ask the registry's administrator to accept OCI images: ix does not "
             "convert images";
    case 507:
      return "ask the registry's administrator to free disk space";
    default:
      break;
  }
  if (status >= 500) return "try again later, or see the registry's log";
  if (status >= 400) return "ask the registry's administrator if its answer does not help";
  return "check for a proxy or firewall in between";
}

std::string advice(const http::TransportError& error) {
  switch (error.failure) {
    case http::TransportFailure::kConnect:
      return "check that the registry is running, and for a firewall in between";
    case http::TransportFailure::kInterrupted:
    case http::TransportFailure::kStalled:
      return "try again later; if it persists, check for a proxy or firewall in between";
    case http::TransportFailure::kProtocol:
      return "check that it is a registry, and for a proxy in between";
    case http::TransportFailure::kResolve:
    case http::TransportFailure::kResolver:
    case http::TransportFailure::kTls:
    case http::TransportFailure::kOutOfReach:
      break;  // say themselves what to do
  }
  return "";
}

std::string content_type(const http::ResponseHead& head) {
  return std::string(head.headers.find("Content-Type").value_or(""));
}

std::string spoken(const std::vector<registry_auth::RegistryError>& errors) {
  std::string text;
  for (const registry_auth::RegistryError& error : errors) {
    if (!text.empty()) text += "; ";
    text += error.code;
    if (!error.code.empty() && !error.message.empty()) text += ": ";
    text += error.message;
  }
  return text;
}

}  // namespace

oci::Refused failure(const Operation& work, const http::ResponseHead& head, std::string_view body) {
  const std::string words = reason(head.status);
  const std::string answer =
      words.empty() ? fmt::format("{}", head.status) : fmt::format("{} ({})", head.status, words);
  const std::string sentence =
      fmt::format("cannot {}: {} answered {}{}", work.text, work.host, answer, meaning(head.status));
  const std::string said = spoken(registry_auth::parse_error_body(body, content_type(head)));
  return {base::ErrorCode::kRegistry, base::Error::with_hint(sentence, advice(work, head.status)),
          said.empty() ? "" : "note: registry answered: " + said};
}

base::Error failure(const Operation& work, const base::Error& error) {
  const auto* transport = dynamic_cast<const http::TransportError*>(&error);
  return {error.code(),
          base::Error::with_hint(fmt::format("cannot {}: {}", work.text, error.message()),
                                 transport && error.hint().empty() ? advice(*transport) : ""),
          error.context()};
}

base::Error failure(const Operation& work, const std::string& sentence, std::string context) {
  return {base::ErrorCode::kRegistry, fmt::format("cannot {}: {}", work.text, sentence), std::move(context)};
}

bool is_web_page(const http::ResponseHead& head) {
  const std::string type = base::to_lower(content_type(head));
  return type.starts_with("text/html") || type.starts_with("application/xhtml");
}

std::string web_page(const http::ResponseHead& head, std::string_view body) {
  const auto url = http::parse_url(head.url);
  const std::string who = url ? url->authority() : "something";
  const std::string title = spoken(registry_auth::parse_error_body(body, "text/html"));
  return fmt::format(
      "{} answered with a web page{} instead of a registry's answer\nhint: check that a registry runs at "
      "this address, and for a proxy or login page in between",
      who, title.empty() ? "" : fmt::format(" (\"{}\")", title));
}

bool says(const http::ResponseHead& head, std::string_view body, std::string_view code) {
  const std::vector<registry_auth::RegistryError> errors =
      registry_auth::parse_error_body(body, content_type(head));
  return std::any_of(errors.begin(), errors.end(),
                     [&](const registry_auth::RegistryError& error) { return error.code == code; });
}

}  // namespace ixian::registry
