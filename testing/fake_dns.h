// Names of the public internet for servers of a test.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "http/transport.h"
#include "http/url.h"

namespace ixian::testing {

// A client that asks https://registry.example.com is answered by a port of this machine, without TLS. Once
// one name has been given, everything that is neither a name nor a loopback address is refused, and
// remembered.
class FakeDns : public http::HttpTransport {
 public:
  explicit FakeDns(http::HttpTransport& below) : below_(below) {}

  // `origin` as "https://cdn.example.com".
  void add(const std::string& origin, int port) {
    std::lock_guard lock(mutex_);
    ports_[origin] = port;
  }

  http::Response send(const http::Request& request) override {
    const std::optional<http::Url> url = http::parse_url(request.url);
    const int port = url ? find(*url) : 0;
    if (port == 0) return below_.send(request);
    http::Request mapped = request;
    mapped.url =
        "http://127.0.0.1:" + std::to_string(port) + url->path + (url->query.empty() ? "" : "?" + url->query);
    mapped.reach = http::Reach::kAnywhere;
    http::Response response = below_.send(mapped);
    response.head.url = request.url;
    response.head.peer = http::AddressKind::kPublic;
    return response;
  }

  // URLs that nobody has the name of, in the order of the attempts.
  std::vector<std::string> strangers() const {
    std::lock_guard lock(mutex_);
    return strangers_;
  }

 private:
  // 0: whoever is meant is reached as it stands.
  int find(const http::Url& url) {
    std::lock_guard lock(mutex_);
    const auto found = ports_.find(url.origin());
    if (found != ports_.end()) return found->second;
    if (ports_.empty() || http::is_loopback(url.host)) return 0;
    strangers_.push_back(url.text());
    throw http::TransportError(http::TransportFailure::kConnect, url.host + " refused the connection.");
  }

  http::HttpTransport& below_;
  mutable std::mutex mutex_;
  std::map<std::string, int> ports_;
  std::vector<std::string> strangers_;
};

}  // namespace ixian::testing
