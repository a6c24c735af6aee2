// Which hosts are this machine's or the local network's. A redirect from outside may not lead there, however
// the address is spelt: inet_aton() reads 0x7f.1 and 2130706433 as 127.0.0.1, and so does libcurl; IPv6 has
// several ways to carry an IPv4 address.
#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>

#include "base/text.h"
#include "http/reach.h"
#include "http/url.h"

namespace ixian::http {
namespace {

using Bytes6 = std::array<std::uint8_t, 16>;

std::optional<std::uint32_t> ipv4(const std::string& host) {
  in_addr address{};
  if (host.find_first_not_of("0123456789abcdefxABCDEFX.") != std::string::npos) return std::nullopt;
  if (::inet_aton(host.c_str(), &address) == 0) return std::nullopt;
  return ntohl(address.s_addr);
}

std::optional<Bytes6> ipv6(const std::string& host) {
  Bytes6 bytes{};
  if (::inet_pton(AF_INET6, host.c_str(), bytes.data()) != 1) return std::nullopt;
  return bytes;
}

bool in_block(std::uint32_t address, std::uint32_t block, int bits) {
  return ((address ^ block) >> (32 - bits)) == 0;
}

AddressKind kind_of_ipv4(std::uint32_t address) {
  struct Block {
    std::uint32_t start;
    int bits;
    AddressKind kind;
  };
  constexpr Block kBlocks[] = {
      {0x00000000, 8, AddressKind::kLoopback},    // unspecified, which connects to this machine
      {0x0a000000, 8, AddressKind::kPrivate},     // 10/8
      {0x646464c8, 32, AddressKind::kLinkLocal},  // 100.100.100.200, where a cloud answers
      {0x64400000, 10, AddressKind::kPrivate},    // 100.64/10, shared
      {0x7f000000, 8, AddressKind::kLoopback},    // 127/8
      {0xa9fe0000, 16, AddressKind::kLinkLocal},  // 169.254/16
      {0xac100000, 12, AddressKind::kPrivate},    // 172.16/12
      {0xc0000000, 24, AddressKind::kPrivate},    // 192.0.0/24, of protocols
      {0xc0a80000, 16, AddressKind::kPrivate},    // 192.168/16
      {0xc6120000, 15, AddressKind::kPrivate},    // 198.18/15, of benchmarks
      {0xe0000000, 3, AddressKind::kPrivate},     // multicast, reserved, broadcast
  };
  for (const Block& block : kBlocks) {
    if (in_block(address, block.start, block.bits)) return block.kind;
  }
  return AddressKind::kPublic;
}

std::uint32_t ipv4_at(const Bytes6& bytes, std::size_t at) {
  std::uint32_t address = 0;
  for (std::size_t i = at; i < at + 4; ++i) address = address << 8 | bytes[i];
  return address;
}

// The IPv4 address inside an IPv6 one: mapped, compatible (::1 and :: are such, too), NAT64, 6to4.
std::optional<std::uint32_t> embedded_ipv4(const Bytes6& bytes) {
  const auto zero = [&](std::size_t from, std::size_t to) {
    return std::all_of(bytes.begin() + from, bytes.begin() + to, [](std::uint8_t b) { return b == 0; });
  };
  if (zero(0, 10) && bytes[10] == 0xff && bytes[11] == 0xff) return ipv4_at(bytes, 12);
  if (zero(0, 12)) return ipv4_at(bytes, 12);
  if (ipv4_at(bytes, 0) == 0x0064ff9b && zero(4, 12)) return ipv4_at(bytes, 12);
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return ipv4_at(bytes, 2);
  return std::nullopt;
}

AddressKind kind_of_ipv6(const Bytes6& bytes) {
  const auto begins = [&](std::initializer_list<std::uint8_t> start) {
    return std::equal(start.begin(), start.end(), bytes.begin());
  };
  if (const auto inner = embedded_ipv4(bytes))
    return *inner == 1 && bytes[15] == 1 && bytes[10] == 0 ? AddressKind::kLoopback : kind_of_ipv4(*inner);
  // Clouds answer with credentials at these two, as at 169.254.169.254.
  if (begins({0xfd, 0x00, 0x0e, 0xc2}) || begins({0xfd, 0x20, 0x00, 0xce})) return AddressKind::kLinkLocal;
  if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) return AddressKind::kLinkLocal;
  const bool unique_local = (bytes[0] & 0xfe) == 0xfc;
  const bool site_local = bytes[0] == 0xfe && (bytes[1] & 0x80) != 0;
  const bool multicast = bytes[0] == 0xff;
  return unique_local || site_local || multicast ? AddressKind::kPrivate : AddressKind::kPublic;
}

// In lower case, without the dot that ends a fully qualified name.
std::string normal(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return base::to_lower(host);
}

bool localhost(std::string_view name) {
  return name == "localhost" || name.ends_with(".localhost");
}

}  // namespace

bool is_address(std::string_view host) {
  const std::string name(host);
  return ipv4(name) || ipv6(name);
}

AddressKind address_kind(std::string_view host) {
  const std::string name = normal(host.substr(0, host.find('%')));  // without a zone
  if (localhost(name)) return AddressKind::kLoopback;
  if (const auto address = ipv4(name)) return kind_of_ipv4(*address);
  const auto address = ipv6(name);
  return address ? kind_of_ipv6(*address) : AddressKind::kUnknown;
}

AddressKind address_kind(const sockaddr* address) {
  if (address->sa_family == AF_INET)
    return kind_of_ipv4(ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr));
  if (address->sa_family != AF_INET6) return AddressKind::kUnknown;
  Bytes6 bytes{};
  std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, bytes.size());
  return kind_of_ipv6(bytes);
}

bool is_loopback(std::string_view host) {
  const std::string name = normal(host);
  if (localhost(name)) return true;
  if (const auto address = ipv4(name)) return in_block(*address, 0x7f000000, 8);
  const auto address = ipv6(name);
  if (!address) return false;
  const auto inner = embedded_ipv4(*address);
  return inner && (*inner == 1 || in_block(*inner, 0x7f000000, 8));
}

bool is_private_address(std::string_view host) {
  const AddressKind kind = address_kind(host);
  return kind != AddressKind::kUnknown && kind != AddressKind::kPublic;
}

}  // namespace ixian::http
