// host/repository[:tag][@digest]. The text is taken apart from its end: what follows the first "@" is a
// digest, what follows a colon after the last slash is a tag. What is left begins with a host or it does not,
// and only the rule that Docker made up tells which.
#include "oci/reference.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "oci/json_fields.h"

namespace ixian::oci {
namespace {

constexpr std::string_view kDockerHub = "docker.io";
constexpr std::size_t kLongestName = 255;

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

bool is_alphanumeric(char c) {
  return is_lower_or_digit(c) || is_upper(c);
}

[[noreturn]] void fail_reference(std::string_view text, const std::string& reason) {
  throw base::Error(base::ErrorCode::kUsage, "invalid image reference \"" + shown(text) + "\": " + reason);
}

// [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*
bool is_component(std::string_view text) {
  if (text.empty() || !is_lower_or_digit(text.front()) || !is_lower_or_digit(text.back())) return false;
  for (std::size_t i = 0; i < text.size();) {
    if (is_lower_or_digit(text[i])) {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    while (!is_lower_or_digit(text[i])) ++i;
    const std::string_view separator = text.substr(begin, i - begin);
    const bool dashes = separator.find_first_not_of('-') == std::string_view::npos;
    if (!dashes && separator != "." && separator != "_" && separator != "__") return false;
  }
  return true;
}

// 1 to 65535, spelt in one way only.
bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || text.front() == '0') return false;
  int port = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    port = port * 10 + (c - '0');
  }
  return port <= 65535;
}

bool is_ipv6(std::string_view text) {
  in6_addr address;
  return inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1 &&
         text.find('\0') == std::string_view::npos;
}

bool is_host_name(std::string_view text) {
  for (const std::string_view label : base::split(text, '.')) {
    if (label.empty() || !is_alphanumeric(label.front()) || !is_alphanumeric(label.back())) return false;
    if (!std::all_of(label.begin(), label.end(), [](char c) { return is_alphanumeric(c) || c == '-'; })) {
      return false;
    }
  }
  return true;
}

std::string normalised_host(std::string_view host) {
  std::string result = base::to_lower(host);
  if (result == "index.docker.io" || result == "registry-1.docker.io") result = kDockerHub;
  return result;
}

// What a reference cannot hold at all, and people write nevertheless.
void refuse_common_mistakes(std::string_view text) {
  if (text.empty()) fail_reference(text, "it is empty");
  if (text.find("://") != std::string_view::npos)
    fail_reference(text, "it begins with a scheme such as https://");
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7f) {
      fail_reference(text, "it contains spaces, control characters or letters beyond ASCII");
    }
  }
  if (text.size() == 64 && std::all_of(text.begin(), text.end(), is_lower_hex)) {
    fail_reference(text,
                   "64 hexadecimal digits are the ID of an image\nhint: write name@sha256:... for a digest");
  }
}

std::optional<Digest> take_digest(std::string_view whole, std::string_view& rest) {
  const std::size_t at = rest.find('@');
  if (at == std::string_view::npos) return std::nullopt;
  const auto digest = Digest::parse(rest.substr(at + 1));
  if (!digest) {
    fail_reference(
        whole, "invalid digest (expected: sha256: and 64 or sha512: and 128 lower-case hexadecimal digits)");
  }
  rest = rest.substr(0, at);
  return digest;
}

std::string take_tag(std::string_view whole, std::string_view& rest) {
  const std::size_t colon = rest.rfind(':');
  const std::size_t slash = rest.rfind('/');
  if (colon == std::string_view::npos || (slash != std::string_view::npos && colon < slash)) return "";
  const std::string_view tag = rest.substr(colon + 1);
  if (!is_valid_tag(tag)) {
    fail_reference(whole,
                   "invalid tag \"" + shown(tag) +
                       "\" (expected: 1 to 128 letters, digits, _, . and -, not beginning with . or -)");
  }
  rest = rest.substr(0, colon);
  return std::string(tag);
}

std::string take_host(std::string_view whole, std::string_view& rest) {
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos || !looks_like_host(rest.substr(0, slash))) {
    return std::string(kDockerHub);
  }
  const std::string_view host = rest.substr(0, slash);
  if (!is_valid_host(host)) {
    fail_reference(
        whole,
        "invalid host \"" + shown(host) +
            "\" (expected: a name, an IPv4 address or an IPv6 address in brackets, with or without :port)");
  }
  rest = rest.substr(slash + 1);
  return normalised_host(host);
}

}  // namespace

std::string Reference::name() const {
  // A host without dot or port is known as one by a capital, so it is written in capitals: read again, it is
  // the same.
  return (looks_like_host(host) ? host : base::to_upper(host)) + "/" + repository;
}

std::string Reference::text() const {
  std::string result = name();
  if (!tag.empty()) result += ":" + tag;
  if (digest) result += "@" + digest->text();
  return result;
}

std::string Reference::identifier() const {
  if (digest) return digest->text();
  return tag.empty() ? "latest" : tag;
}

Reference parse_reference(std::string_view text) {
  refuse_common_mistakes(text);
  std::string_view rest = text;
  Reference reference;
  reference.digest = take_digest(text, rest);
  reference.tag = take_tag(text, rest);
  reference.host = take_host(text, rest);
  reference.repository = rest;
  // Docker's rule for official images.
  if (reference.host == kDockerHub && rest.find('/') == std::string_view::npos) {
    reference.repository.insert(0, "library/");
  }
  if (reference.name().size() > kLongestName) {
    fail_reference(text, "host and repository together have more than 255 characters");
  }
  if (rest.empty()) fail_reference(text, "it has no repository");
  if (!is_valid_repository(rest)) {
    const bool capitals = std::any_of(rest.begin(), rest.end(), is_upper);
    fail_reference(text, "invalid repository \"" + shown(rest) +
                             (capitals ? "\" (capital letters are not allowed)"
                                       : "\" (expected: parts of small letters and digits between slashes, "
                                         "joined by single ., by _, __ or dashes)"));
  }
  return reference;
}

bool is_valid_tag(std::string_view tag) {
  if (tag.empty() || tag.size() > 128 || tag.front() == '.' || tag.front() == '-') return false;
  return std::all_of(tag.begin(), tag.end(),
                     [](char c) { return is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_valid_repository(std::string_view repository) {
  if (repository.size() > kLongestName) return false;
  const auto components = base::split(repository, '/');
  return std::all_of(components.begin(), components.end(), is_component);
}

bool is_valid_host(std::string_view host) {
  if (host.size() > kLongestName) return false;
  std::string_view rest = host;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos || !is_ipv6(rest.substr(1, end - 1))) return false;
    rest = rest.substr(end + 1);
  } else {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    if (!is_host_name(rest.substr(0, end))) return false;
    rest = rest.substr(end);
  }
  return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
}

bool looks_like_host(std::string_view component) {
  return component == "localhost" || component.find_first_of(".:") != std::string_view::npos ||
         std::any_of(component.begin(), component.end(), is_upper);
}

std::string wire_host(std::string_view host) {
  return host == kDockerHub ? "registry-1.docker.io" : std::string(host);
}

std::string without_asking(const Reference& image) {
  if (image.digest) return "";
  return "\nhint: to build without asking, pin the digest, `FROM " + image.text() +
         "@sha256:…`, or copy the image to the local store, `ix image copy " + image.text() + " store:`";
}

}  // namespace ixian::oci
