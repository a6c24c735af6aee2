// How far what a server says may lead: judged by the address that a connection has, since a name may stand
// for any.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

#include "http/message.h"
#include "http/url.h"

namespace ixian::http {

// Of an address of any family; of a mapped or otherwise embedded IPv4 address that one's.
AddressKind address_kind(const sockaddr* address);

// Of an address literal in any spelling, and of "localhost" and "*.localhost"; kUnknown for other names.
AddressKind address_kind(std::string_view host);

// Where a request may go whose URL the server of `head` has named (a redirect, an upload's Location, the
// realm of a token server), with `before` as the reach of the request that was answered:
// - a public server leads to public addresses;
// - one of the local network or of this machine leads to any but link-local ones, at which only services of
//   this machine or its cloud answer;
// - a name other than localhost that turns out to be this machine's own may be anybody's: it leads to itself,
//   and elsewhere only as a public one does.
// Its own origin stays within the reach that it has. Where nobody knows the address (a proxy, a socket), an
// address literal or localhost counts as such, and any other name as public.
Reach reach_from(const ResponseHead& head, const Url& to, Reach before = Reach::kAnywhere);

// The same of what names `to` in another way, such as a repository its submodules: `from` is where it was, of
// any scheme, and `peer` where that lies.
Reach reach_from(const Url& from, AddressKind peer, const Url& to, Reach before);

// Whether an address of this kind may be connected to.
bool may_reach(Reach reach, AddressKind kind);

// "an address of this machine or the local network, to which no public host may send us".
const char* refusal_of(AddressKind kind);

}  // namespace ixian::http
