// http and https URLs: parsed, resolved against each other, compared.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ixian::http {

// The parts of an absolute http(s) URL (RFC 3986). Scheme and host in lower case, an IPv6 host without its
// brackets, no fragment. User information is refused by parse_url: credentials never travel in URLs.
struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;
  int port = 0;       // never 0 after parsing: 80 or 443 where the text has none
  std::string path;   // starts with "/", as it was spelt
  std::string query;  // without "?", as it was spelt

  std::string origin() const;     // "https://host:port", the port left out where it is the scheme's own
  std::string authority() const;  // "host" or "host:port" or "[v6]:port", as a Host header has it
  std::string text() const;
  bool https() const { return scheme == "https"; }

  friend bool operator==(const Url&, const Url&) = default;
};

// nullopt for anything that is not an absolute http(s) URL with a host: other schemes, user information, bad
// ports, control characters, spaces.
std::optional<Url> parse_url(std::string_view text);

// RFC 3986 section 5.2: `reference` as a server writes it into Location or Link, seen from `base`.
std::optional<Url> resolve_url(const Url& base, std::string_view reference);

// A host as it stands in a URL: an IPv6 address in brackets.
std::string bracketed(const std::string& host);

// An address literal: IPv4 in any spelling that inet_aton takes, or IPv6 without brackets.
bool is_address(std::string_view host);

bool same_origin(const Url& a, const Url& b);

// "localhost", "*.localhost", 127.0.0.0/8, ::1.
bool is_loopback(std::string_view host);

// An address literal, IPv4 in any spelling that inet_aton takes or IPv6 (IPv4-mapped too), that is loopback,
// private (RFC 1918, RFC 4193), link-local, unspecified, multicast or shared (RFC 6598); names in general are
// not, "localhost" and "*.localhost" are.
bool is_private_address(std::string_view host);

// Percent-encodes all but RFC 3986's unreserved characters; "/" stays where `keep_slash`.
std::string url_encode(std::string_view text, bool keep_slash = false);

// "a=b&c=d" of pairs that are still to be encoded.
std::string with_query(std::string url, std::string_view name, std::string_view value);

}  // namespace ixian::http
