// A Request as options of an easy handle.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

#include "http/connection_pool.h"
#include "http/curl_transport.h"
#include "http/peer.h"
#include "http/url.h"

namespace ixian::http {

// Header lines for libcurl, wiped when they go: some hold secrets.
struct WipeHeaders {
  void operator()(curl_slist* list) const;
};
using HeaderLines = std::unique_ptr<curl_slist, WipeHeaders>;

// Whether the request announces a body, maybe an empty one.
bool sends_body(const Request& request);

// Sets all but the callbacks. What is returned must live as long as the exchange. Throws Error for headers
// with line breaks in them, naming the header but not its value, and what a signed body's source throws.
HeaderLines set_options(CurlLine& line, const Request& request, const Url& url, const CurlOptions& options);

}  // namespace ixian::http
