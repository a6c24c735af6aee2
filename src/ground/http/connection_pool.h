// Connections that are not in use, for whoever needs one next.
#pragma once

#include <curl/curl.h>

#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "http/message.h"
#include "http/tls_settings.h"
#include "http/trust_store.h"

namespace ixian::http {

// One exchange at a time: an easy handle in a multi handle of its own, whose connection cache keeps the
// connection between two exchanges. The easy handle stays in the multi handle meanwhile, which is how libcurl
// knows the connection's socket. Not thread-safe, but not bound to a thread.
struct CurlLine {
  struct CloseEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct CloseMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  CurlLine();

  std::string key;
  TlsSettings tls;
  TrustStores::Store trust;        // null where there is no TLS, or nothing is verified
  bool tls_ended = false;          // TLS said that nothing more follows
  bool multiplexed = false;        // the last exchange was HTTP/2
  Reach reach = Reach::kAnywhere;  // of its connections
  bool proxied = false;            // so that their addresses are the proxy's
  std::string refused;             // an address that is out of reach, and why
  std::unique_ptr<CURLM, CloseMulti> multi;
  std::unique_ptr<CURL, CloseEasy> easy;  // declared after `multi`: goes first
};

// Thread-safe. The connection used last is given out first: it is the likeliest to be alive.
class ConnectionPool {
 public:
  // Null where there is none for this key.
  std::unique_ptr<CurlLine> take(const std::string& key);

  // Closes it where its connection is gone, or the oldest one where too many are kept.
  void give_back(std::unique_ptr<CurlLine> line);

 private:
  // Guards `idle_`. Connections are closed without it.
  std::mutex mutex_;
  std::list<std::unique_ptr<CurlLine>> idle_;  // the newest first
};

}  // namespace ixian::http
