// HttpTransport by libcurl.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/cancel.h"
#include "http/tls_settings.h"
#include "http/transport.h"

namespace ixian::http {

struct CurlOptions {
  std::string user_agent;
  FindTlsSettings tls;  // empty: the system's CAs, or those of SSL_CERT_FILE and SSL_CERT_DIR
  std::chrono::milliseconds connect_timeout{15'000};

  // Stalled: fewer than `least_speed` bytes a second, both ways together, over this time.
  std::chrono::seconds stall_time{60};
  long least_speed = 100;

  std::size_t max_header_bytes = 256 << 10;  // all of a response together
  std::size_t max_headers = 1000;
};

// Connections are kept and used again, whichever thread needs one; HTTP/2 where TLS negotiates it. Proxies
// come from the environment (proxy.h). Bodies arrive as they were sent (Accept-Encoding: identity). Memory
// does not grow with a body. A call that waits notices a cancellation within 100 ms.
class CurlTransport : public HttpTransport {
 public:
  CurlTransport(CurlOptions options, base::Cancellation& cancellation);
  ~CurlTransport() override;

  Response send(const Request& request) override;

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace ixian::http
