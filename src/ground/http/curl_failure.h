// What libcurl's error codes mean to a user.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <string>

#include "http/peer.h"
#include "http/transport.h"

namespace ixian::http {

// All that is known about an exchange that failed.
struct CurlFailure {
  CURLcode code = CURLE_OK;
  std::string detail;  // libcurl's own words
  long os_error = 0;
  long verify_result = 0;  // X509_V_ERR_*
  bool head_complete = false;
  bool resolver_silent = false;  // where a name did not resolve: nobody said that there is none
  std::chrono::milliseconds connect_timeout{0};
};

// What is to be thrown for it: by its kind Client knows whether another attempt may help, its sentence says
// what to do.
TransportError explain(const Peer& peer, const CurlFailure& failure);

}  // namespace ixian::http
