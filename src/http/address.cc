// Which hosts are this machine's or the local network's. A redirect from outside may not lead there, however
// the address is spelt: inet_aton() reads 0x7f.1 and 2130706433 as 127.0.0.1, and so does libcurl; IPv6 has
// several ways to carry an IPv4 address.
#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "base/text.h"
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

bool private_ipv4(std::uint32_t address) {
  struct Block {
    std::uint32_t start;
    int bits;
  };
  constexpr Block kBlocks[] = {
      {0x00000000, 8},   // unspecified, "this network"
      {0x0a000000, 8},   // 10/8
      {0x64400000, 10},  // 100.64/10, shared
      {0x7f000000, 8},   // loopback
      {0xa9fe0000, 16},  // 169.254/16, link-local
      {0xac100000, 12},  // 172.16/12
      {0xc0a80000, 16},  // 192.168/16
      {0xe0000000, 3},   // multicast, reserved, broadcast
  };
  return std::any_of(std::begin(kBlocks), std::end(kBlocks),
                     [&](const Block& block) { return in_block(address, block.start, block.bits); });
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

bool private_ipv6(const Bytes6& bytes) {
  if (const auto inner = embedded_ipv4(bytes)) return private_ipv4(*inner);
  const bool unique_local = (bytes[0] & 0xfe) == 0xfc;
  const bool link_or_site_local = bytes[0] == 0xfe && (bytes[1] & 0x80) != 0;
  const bool multicast = bytes[0] == 0xff;
  return unique_local || link_or_site_local || multicast;
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
  const std::string name = normal(host);
  if (localhost(name)) return true;
  if (const auto address = ipv4(name)) return private_ipv4(*address);
  const auto address = ipv6(name);
  return address && private_ipv6(*address);
}

}  // namespace ixian::http
