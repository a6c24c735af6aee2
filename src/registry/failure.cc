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

std::string advice(const Work& work, int status) {
  switch (status) {
    case 401:
    case 403:
      return fmt::format("`ix registries {}` says who you are there; that user must be allowed to {}.",
                         work.host, work.writes ? "push to the repository" : "pull the image");
    case 404:
      return work.writes
                 ? "Check the repository's name, and whether this registry makes repositories on a push."
                 : "Check the name, and whether somebody has removed it.";
    case 405:
      return "This registry does not allow it; deleting, for one, must often be switched on.";
    case 413:
      return "Something before the registry limits the size of requests; raise it there (nginx: "
             "client_max_body_size).";
    case 429:
      return fmt::format(
          "It limits how much you may ask for, mostly less for strangers: wait, or log in (`ix registries "
          "{}` says "
          "who you are there).",
          work.host);
    case 415:
      return "It does not take images of this format. Use another registry, or ask whoever runs it to take "
             "OCI "
             "images: ix writes an image as it is.";
    case 507:
      return "Its disk is full; ask whoever runs it to make room.";
    default:
      break;
  }
  if (status >= 500) return "That is trouble of the registry's own; try again later, or look into its log.";
  if (status >= 400) return "Ask whoever runs it if what it says does not help.";
  return "That is no answer to this question; look at what is between you and the registry.";
}

std::string advice(const http::TransportError& error) {
  switch (error.failure) {
    case http::TransportFailure::kConnect:
      return "Check that it runs there, and that nothing between keeps you from it.";
    case http::TransportFailure::kInterrupted:
    case http::TransportFailure::kStalled:
      return "Try again later; if it stays so, look at what is between you and the registry.";
    case http::TransportFailure::kProtocol:
      return "Check that it is a registry, and what is between you and it.";
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

std::string spoken(const std::vector<RegistryError>& errors) {
  std::string text;
  for (const RegistryError& error : errors) {
    if (!text.empty()) text += "; ";
    text += error.code;
    if (!error.code.empty() && !error.message.empty()) text += ": ";
    text += error.message;
  }
  return text;
}

std::string with_advice(std::string sentence, const std::string& advice) {
  return advice.empty() ? sentence : std::move(sentence) + " " + advice;
}

}  // namespace

oci::Refused failure(const Work& work, const http::ResponseHead& head, std::string_view body) {
  const std::string words = reason(head.status);
  const std::string answer =
      words.empty() ? fmt::format("{}", head.status) : fmt::format("{} ({})", head.status, words);
  const std::string sentence = fmt::format("Could not {}: {} answered {}.", work.text, work.host, answer);
  return {base::ErrorCode::kRegistry, with_advice(sentence, advice(work, head.status)),
          spoken(parse_error_body(body, content_type(head)))};
}

base::Error failure(const Work& work, const base::Error& error) {
  const auto* transport = dynamic_cast<const http::TransportError*>(&error);
  return {error.code(),
          with_advice(fmt::format("Could not {}. {}", work.text, error.message()),
                      transport ? advice(*transport) : ""),
          error.context()};
}

base::Error failure(const Work& work, const std::string& sentence, std::string context) {
  return {base::ErrorCode::kRegistry, fmt::format("Could not {}: {}", work.text, sentence),
          std::move(context)};
}

bool is_web_page(const http::ResponseHead& head) {
  const std::string type = base::to_lower(content_type(head));
  return type.starts_with("text/html") || type.starts_with("application/xhtml");
}

std::string web_page(const http::ResponseHead& head, std::string_view body) {
  const auto url = http::parse_url(head.url);
  const std::string who = url ? url->authority() : "Something";
  const std::string title = spoken(parse_error_body(body, "text/html"));
  return fmt::format(
      "{} answered with a web page{} where a registry's answer was expected. Look at what stands between you "
      "and the "
      "registry, a proxy or a login page, and whether there is one at this address.",
      who, title.empty() ? "" : fmt::format(" (\"{}\")", title));
}

bool says(const http::ResponseHead& head, std::string_view body, std::string_view code) {
  const std::vector<RegistryError> errors = parse_error_body(body, content_type(head));
  return std::any_of(errors.begin(), errors.end(),
                     [&](const RegistryError& error) { return error.code == code; });
}

}  // namespace ixian::registry
