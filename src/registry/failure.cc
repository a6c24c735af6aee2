#include "registry/failure.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/transport.h"

namespace ixian::registry {
namespace {

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
      return "It does not take this kind of image; try another registry, or push it in the other format (OCI "
             "or Docker).";
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
      return work.writes
                 ? "Check with `ix registries` who you are there, and that this user may push to the "
                   "repository."
                 : "Check with `ix registries` who you are there, and that this user may pull the image.";
    case 404:
      return work.writes
                 ? "Check the repository's name, and whether this registry makes repositories on a push."
                 : "Check the name; it may have been removed meanwhile.";
    case 405:
      return "This registry does not allow it; deleting, for one, must often be switched on.";
    case 413:
      return "Something before the registry limits the size of requests; raise it there (nginx: "
             "client_max_body_size).";
    case 429:
      return "It limits how much you may ask for; log in, wait, or use a mirror.";
    case 415:
      return "It does not take this kind of image; try another registry, or push it in the other format (OCI "
             "or Docker).";
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

base::Error failure(const Work& work, const http::ResponseHead& head, std::string_view body) {
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

bool says(const http::ResponseHead& head, std::string_view body, std::string_view code) {
  const std::vector<RegistryError> errors = parse_error_body(body, content_type(head));
  return std::any_of(errors.begin(), errors.end(),
                     [&](const RegistryError& error) { return error.code == code; });
}

}  // namespace ixian::registry
