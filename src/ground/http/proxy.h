// Which proxy a request goes through.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "http/url.h"

namespace ixian::http {

using Variables = std::function<std::optional<std::string>(const std::string& name)>;

// The proxy's URL, "" for none, as Docker's and Podman's tools (Go) choose it, so that one environment serves
// all: HTTPS_PROXY or HTTP_PROXY by the scheme of `url`, the spelling in capitals first, HTTP_PROXY not where
// REQUEST_METHOD is set (a CGI program's client could set it); a value without a scheme is http. Beyond Go's
// choice, ALL_PROXY counts where the former is not set, and NO_PROXY may have blanks for commas, as libcurl,
// git and pip take them.
//
// NO_PROXY: "*" is all hosts; "name" is that host and what lies below it, ".name" and "*.name" only what lies
// below; an address, or a block of them in CIDR form, is compared with hosts that are addresses, and never
// with what a name resolves to; "name:port" and "address:port" count for that port alone. Case does not
// matter. This machine's own names and addresses are never asked for by a proxy.
std::string proxy_for(const Url& url, const Variables& variables);

}  // namespace ixian::http
