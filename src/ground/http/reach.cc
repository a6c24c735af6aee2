// A server that is asked must not make us ask another that only we can reach: services of this machine or
// network, or a cloud's metadata, which hands out credentials. Where the request is led by a redirect (or by
// any other address that a server names), the new address must not be more private than the server that named
// it. Where that server is, is what the connection tells; behind a proxy only its name is known.
#include "http/reach.h"

#include <algorithm>

namespace ixian::http {

Reach reach_from(const ResponseHead& head, const Url& to, Reach before) {
  return reach_from(parse_url(head.url).value_or(Url{}), head.peer, to, before);
}

Reach reach_from(const Url& from, AddressKind peer, const Url& to, Reach before) {
  if (same_origin(from, to)) return before;  // it could have answered so at once
  const std::string& host = from.host;
  AddressKind kind = peer == AddressKind::kUnknown ? address_kind(host) : peer;
  // A public name that leads to this machine: a tunnel or a forwarder, behind which the server is elsewhere.
  if (kind == AddressKind::kLoopback && address_kind(host) != kind && host != to.host)
    kind = AddressKind::kPublic;
  Reach reach = Reach::kPublic;
  if (kind == AddressKind::kLinkLocal) {
    // The metadata service itself may send us to another port of its own.
    reach = host == to.host ? Reach::kAnywhere : Reach::kNotLinkLocal;
  } else if (kind == AddressKind::kPrivate || kind == AddressKind::kLoopback) {
    reach = Reach::kNotLinkLocal;
  }
  // Along a chain of redirects the narrowest counts.
  return std::max(before, reach);
}

bool may_reach(Reach reach, AddressKind kind) {
  if (reach == Reach::kAnywhere || kind == AddressKind::kPublic || kind == AddressKind::kUnknown) return true;
  return reach == Reach::kNotLinkLocal && kind != AddressKind::kLinkLocal;
}

const char* refusal_of(AddressKind kind) {
  return kind == AddressKind::kLinkLocal
             ? "a link-local address, which only this machine's and its cloud's services use and to which no "
               "other host may redirect"
             : "an address of this machine or the local network, to which no public host may redirect";
}

}  // namespace ixian::http
