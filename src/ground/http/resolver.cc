// libcurl says only "could not resolve". Whether the name does not exist, which no further attempt changes,
// or no name server answered, which one may, is found out by asking once more, at once.
#include "http/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <memory>

#include "http/reach.h"

namespace ixian::http {
namespace {

// resolv.conf(5): a server that says nothing is waited for as long as this, unless configured otherwise.
constexpr std::chrono::milliseconds kTimeOfSilence{4000};

}  // namespace

std::vector<NamedAddress> addresses_of(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, ::freeaddrinfo);
  std::vector<NamedAddress> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    char text[NI_MAXHOST] = "";
    if (::getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0)
      continue;
    addresses.push_back({text, address_kind(each->ai_addr)});
  }
  return addresses;
}

bool means_no_answer(int resolver_error) {
  return resolver_error == EAI_AGAIN || resolver_error == EAI_SYSTEM || resolver_error == EAI_MEMORY;
}

bool resolver_is_silent(const std::string& host, std::chrono::milliseconds took) {
  // It took so long that no server can have said no; asking again would take as long.
  if (host.empty() || took >= kTimeOfSilence) return true;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error == 0) ::freeaddrinfo(found);
  return error == 0 || means_no_answer(error);
}

std::string name_in_detail(const std::string& detail) {
  const std::size_t colon = detail.rfind(": ");
  return detail.starts_with("Could not resolve") && colon != std::string::npos ? detail.substr(colon + 2)
                                                                               : "";
}

}  // namespace ixian::http
