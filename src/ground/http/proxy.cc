// Which proxy, if any, is for a URL: the variables that curl, Go and Python read. They agree about names and
// differ about NO_PROXY; here each entry that means something to one of them does (a domain with or without a
// dot or star in front, an address, a block, a port), since an entry that is passed over sends traffic where
// it was not to go. Loopback is never sent to a proxy, as with Go.
#include "http/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace ixian::http {
namespace {

// IPv4 as IPv6 has it, so that there is one kind.
using Address = std::array<std::uint8_t, 16>;

constexpr int kMappedBits = 96;

std::optional<Address> parse_address(std::string_view text) {
  Address address{};
  in_addr four{};
  const std::string plain(text);
  if (::inet_pton(AF_INET6, plain.c_str(), address.data()) == 1) return address;
  if (::inet_pton(AF_INET, plain.c_str(), &four) != 1) return std::nullopt;
  address = {};
  address[10] = address[11] = 0xff;
  const std::uint32_t value = ntohl(four.s_addr);
  for (int i = 0; i < 4; ++i) address[12 + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
  return address;
}

std::optional<int> parse_number(std::string_view text, int most) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > most)
    return std::nullopt;
  return value;
}

bool agree(const Address& a, const Address& b, int bits) {
  for (int bit = 0; bit < bits; ++bit)
    if ((a[bit / 8] ^ b[bit / 8]) >> (7 - bit % 8) & 1) return false;
  return true;
}

// "host", "host:port", "[v6]:port"; a bare IPv6 address has no port.
std::pair<std::string_view, std::string_view> split_port(std::string_view entry) {
  const std::size_t colon = entry.rfind(':');
  if (entry.starts_with("[")) {
    const std::size_t end = entry.find(']');
    if (end == std::string_view::npos) return {entry, ""};
    const std::string_view rest = entry.substr(end + 1);
    return {entry.substr(1, end - 1), rest.starts_with(":") ? rest.substr(1) : ""};
  }
  if (colon == std::string_view::npos || entry.find(':') != colon) return {entry, ""};
  return {entry.substr(0, colon), entry.substr(colon + 1)};
}

bool matches_block(std::string_view entry, const std::optional<Address>& host) {
  const std::size_t slash = entry.find('/');
  const std::string_view text = entry.substr(0, slash);
  const auto block = parse_address(text);
  const bool four = text.find(':') == std::string_view::npos;
  const auto bits = parse_number(entry.substr(slash + 1), four ? 32 : 128);
  return block && bits && host && agree(*block, *host, *bits + (four ? kMappedBits : 0));
}

bool matches(std::string_view entry, const Url& url, const std::optional<Address>& host) {
  if (entry == "*") return true;
  if (entry.find('/') != std::string_view::npos) return matches_block(entry, host);
  auto [name, port] = split_port(entry);
  if (name.empty() || (!port.empty() && port != std::to_string(url.port))) return false;
  if (const auto address = parse_address(name)) return host && *host == *address;
  if (name.starts_with("*.")) name.remove_prefix(1);
  if (name.starts_with(".")) return url.host.size() > name.size() && url.host.ends_with(name);
  return url.host == name || url.host.ends_with("." + std::string(name));
}

std::string first_of(const Variables& variables, const std::string& name) {
  for (const std::string& spelling : {name, base::to_lower(name)})
    if (const auto value = variables(spelling); value && !base::trim(*value).empty())
      return std::string(base::trim(*value));
  return "";
}

bool excepted(const Url& url, const std::string& list) {
  const std::optional<Address> host = parse_address(url.host);
  std::string entries = base::to_lower(list);
  std::replace_if(
      entries.begin(), entries.end(), [](char c) { return c == ' ' || c == '\t' || c == '\n'; }, ',');
  const auto parts = base::split(entries, ',');
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view entry) { return !entry.empty() && matches(entry, url, host); });
}

std::string configured(const Url& url, const Variables& variables) {
  // In a CGI program HTTP_PROXY is the header "Proxy:" of whoever calls it (httpoxy).
  const bool from_client = !url.https() && variables("REQUEST_METHOD").has_value();
  const std::string name = url.https() ? "HTTPS_PROXY" : "HTTP_PROXY";
  std::string proxy = from_client ? variables("http_proxy").value_or("") : first_of(variables, name);
  return proxy.empty() ? first_of(variables, "ALL_PROXY") : proxy;
}

}  // namespace

std::string proxy_for(const Url& url, const Variables& variables) {
  if (is_loopback(url.host)) return "";
  const std::string proxy = configured(url, variables);
  if (proxy.empty() || excepted(url, first_of(variables, "NO_PROXY"))) return "";
  // As curl reads it.
  return proxy.find("://") == std::string::npos ? "http://" + proxy : proxy;
}

}  // namespace ixian::http
