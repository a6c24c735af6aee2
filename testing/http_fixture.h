// What tests of HTTP have in common.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "base/cancel.h"
#include "http/curl_transport.h"
#include "testing/http_server.h"

namespace ixian::testing {

// A transport with time limits that suit tests.
class HttpTest : public ::testing::Test {
 protected:
  static http::CurlOptions quick() {
    http::CurlOptions options;
    options.user_agent = "ixian-test";
    options.stall_time = std::chrono::seconds(1);
    options.connect_timeout = std::chrono::seconds(20);
    return options;
  }

  http::CurlTransport& transport() {
    if (!transport_) transport_ = std::make_unique<http::CurlTransport>(options_, cancellation_);
    return *transport_;
  }
  http::Response get(const std::string& url) {
    http::Request request;
    request.url = url;
    return transport().send(request);
  }
  static http::Request put(const std::string& url, std::string body) {
    http::Request request;
    request.method = "PUT";
    request.url = url;
    request.body = http::text_body(std::move(body));
    return request;
  }
  static std::string all(http::Response response) { return base::read_all(*response.body, 64 << 20, "It"); }

  // The error that this ends with; another kind, or none, fails the test.
  static http::TransportError failure_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const http::TransportError& error) {
      return error;
    }
    ADD_FAILURE() << "succeeded";
    return {http::TransportFailure::kProtocol, ""};
  }

  base::Cancellation cancellation_;
  http::CurlOptions options_ = quick();
  std::unique_ptr<http::CurlTransport> transport_;
};

}  // namespace ixian::testing
