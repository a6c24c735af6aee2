// Strict on purpose: an address that two parsers read differently is how checks of it are got around. So no
// user, no percent-encoded or non-ASCII host, no space or control character. Scheme and host are lower case
// and the port is always there, so that two URLs are of one origin exactly if the three are equal.
#include "http/url.h"

#include <charconv>
#include <vector>

#include "base/text.h"

namespace ixian::http {
namespace {

constexpr int kHttpPort = 80;
constexpr int kHttpsPort = 443;
constexpr int kLastPort = 65535;

bool alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_printable(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return false;
  }
  return true;
}

// Names and IPv4 addresses only in characters that mean the same to every parser: no percent-encoding, which
// some decode, and nothing beyond ASCII, which some map to other letters and digits.
bool plain_host(std::string_view host) {
  if (host.empty() || host.front() == '.') return false;
  for (const char c : host) {
    if (!alphanumeric(c) && c != '.' && c != '-' && c != '_') return false;
  }
  return true;
}

bool parse_port(std::string_view text, Url& url) {
  if (text.empty()) return true;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, url.port);
  return error == std::errc() && stop == end && url.port > 0 && url.port <= kLastPort;
}

bool parse_authority(std::string_view text, Url& url) {
  std::string_view host;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (host.find(':') == std::string_view::npos || !is_address(host)) return false;
  } else {
    const std::size_t colon = text.find(':');
    host = text.substr(0, colon);
    port = colon == std::string_view::npos ? "" : text.substr(colon);
    if (!plain_host(host)) return false;
  }
  if (!port.empty() && port.front() != ':') return false;
  if (!port.empty()) port.remove_prefix(1);
  url.host = base::to_lower(host);
  url.port = url.https() ? kHttpsPort : kHttpPort;
  return parse_port(port, url);
}

// RFC 3986 section 5.2.4, for a path that starts with "/".
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  const std::vector<std::string_view> segments = base::split(path.substr(1), '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool up = segments[i] == "..";
    const bool last = i + 1 == segments.size();
    if (up && !kept.empty()) kept.pop_back();
    if (!up && segments[i] != ".") {
      kept.push_back(segments[i]);
    } else if (last) {
      kept.emplace_back();
    }
  }
  return "/" + base::join(kept, "/");
}

// The length of "scheme:" at the start of a reference, 0 where it is a relative one.
std::size_t scheme_length(std::string_view reference) {
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const char c = reference[i];
    if (c == ':') return i == 0 ? 0 : i + 1;
    if (!alphanumeric(c) && c != '+' && c != '-' && c != '.') return 0;
  }
  return 0;
}

void split_query(std::string_view text, Url& url) {
  const std::size_t question = text.find('?');
  url.path = text.substr(0, question);
  url.query = question == std::string_view::npos ? "" : text.substr(question + 1);
}

}  // namespace

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string Url::authority() const {
  const std::string name = bracketed(host);
  const bool usual = port == (https() ? kHttpsPort : kHttpPort);
  return usual ? name : name + ":" + std::to_string(port);
}

std::string Url::origin() const {
  return scheme + "://" + authority();
}

std::string Url::text() const {
  return origin() + path + (query.empty() ? "" : "?" + query);
}

std::optional<Url> parse_url(std::string_view text) {
  text = text.substr(0, text.find('#'));
  if (!is_printable(text)) return std::nullopt;
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;

  Url url;
  url.scheme = base::to_lower(text.substr(0, colon));
  if (url.scheme != "http" && url.scheme != "https") return std::nullopt;
  std::string_view rest = text.substr(colon + 3);
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  if (!parse_authority(rest.substr(0, end), url)) return std::nullopt;
  split_query(rest.substr(end), url);
  if (url.path.empty()) url.path = "/";
  return url;
}

std::optional<Url> resolve_url(const Url& base, std::string_view reference) {
  reference = base::trim(reference);
  reference = reference.substr(0, reference.find('#'));
  if (!is_printable(reference)) return std::nullopt;

  std::optional<Url> url;
  if (scheme_length(reference) > 0) {
    url = parse_url(reference);
  } else if (reference.starts_with("//")) {
    url = parse_url(base.scheme + ":" + std::string(reference));
  } else {
    url = base;
    if (reference.empty()) return url;
    split_query(reference, *url);
    if (url->path.empty()) {
      url->path = base.path;
    } else if (url->path.front() != '/') {
      url->path = base.path.substr(0, base.path.rfind('/') + 1) + url->path;
    }
  }
  if (url) url->path = without_dot_segments(url->path);
  return url;
}

bool same_origin(const Url& a, const Url& b) {
  return a.scheme == b.scheme && a.host == b.host && a.port == b.port;
}

std::string url_encode(std::string_view text, bool keep_slash) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~' || (keep_slash && c == '/')) {
      out += c;
    } else {
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

std::string with_query(std::string url, std::string_view name, std::string_view value) {
  url += url.find('?') == std::string::npos ? '?' : '&';
  if (url.ends_with("?&")) url.pop_back();
  return url + url_encode(name) + "=" + url_encode(value);
}

}  // namespace ixian::http
