#include <gmock/gmock.h>

#include <cstdlib>

#include "testing/http_fixture.h"
#include "testing/temp_folder.h"
#include "testing/test_ca.h"

namespace ixian::http {
namespace {

using ixian::testing::Connection;
using ixian::testing::HttpServer;
using ixian::testing::HttpTest;
using ixian::testing::ServerRequest;
using ::testing::AnyOf;
using ::testing::HasSubstr;

// The names here resolve nowhere, so that only the proxy can have answered.
class CurlProxyTest : public HttpTest {
 protected:
  CurlProxyTest() { clear(); }
  ~CurlProxyTest() override { clear(); }

  static void clear() {
    for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "HTTP_PROXY", "all_proxy",
                             "ALL_PROXY", "no_proxy", "NO_PROXY"}) {
      ::unsetenv(name);
    }
  }
  static void set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }
};

TEST_F(CurlProxyTest, PlainRequestsGoToTheProxyWhole) {
  HttpServer proxy(
      [](const ServerRequest&, Connection& connection) { connection.respond(200, {}, "by proxy"); });
  set("http_proxy", proxy.url(""));
  EXPECT_EQ(all(get("http://registry.invalid/v2/")), "by proxy");
  EXPECT_EQ(all(get("http://registry.invalid/v2/")), "by proxy");
  EXPECT_EQ(proxy.requests().at(0).target, "http://registry.invalid/v2/");
  EXPECT_EQ(proxy.connections(), 1);
}

TEST_F(CurlProxyTest, TlsGoesThroughATunnelWithoutOurHeaders) {
  const ixian::testing::TempFolder folder;
  ixian::testing::TestCa ca(folder);
  const auto files = ca.sign("server", "DNS:registry.invalid");
  ixian::testing::HttpServerOptions options;
  options.certificate = files.certificate;
  options.key = files.key;
  HttpServer server(
      [](const ServerRequest&, Connection& connection) { connection.respond(200, {}, "hello"); }, options);
  HttpServer proxy([&](const ServerRequest&, Connection& connection) {
    connection.send_raw("HTTP/1.1 200 Connection established\r\nX-Proxy: 1\r\n\r\n");
    connection.tunnel(server.port());
  });
  set("HTTPS_PROXY", proxy.url(""));
  options_.tls = [&](std::string_view) { return TlsSettings{{ca.file()}, "", "", true}; };
  Request request;
  request.url = "https://registry.invalid:5000/v2/";
  request.secret_headers.emplace_back("Authorization", base::Secret("Bearer abc"));
  Response response = transport().send(request);
  EXPECT_EQ(response.head.headers.find("X-Proxy"), std::nullopt);
  EXPECT_EQ(all(std::move(response)), "hello");
  EXPECT_EQ(all(transport().send(request)), "hello");
  EXPECT_EQ(proxy.requests().at(0).method, "CONNECT");
  EXPECT_EQ(proxy.requests().at(0).target, "registry.invalid:5000");
  EXPECT_FALSE(proxy.requests().at(0).find("Authorization"));
  EXPECT_EQ(server.requests().at(0).header("Authorization"), "Bearer abc");
  EXPECT_EQ(proxy.connections(), 1);
}

TEST_F(CurlProxyTest, LoopbackExceptionsAndMetadataGoDirectly) {
  HttpServer proxy(
      [](const ServerRequest&, Connection& connection) { connection.respond(200, {}, "by proxy"); });
  HttpServer server(
      [](const ServerRequest&, Connection& connection) { connection.respond(200, {}, "directly"); });
  set("http_proxy", proxy.url(""));
  EXPECT_EQ(all(get(server.url())), "directly");
  set("NO_PROXY", "other.example,.invalid");
  const auto unresolved = AnyOf(TransportFailure::kResolve, TransportFailure::kResolver);
  EXPECT_THAT(failure_of([&] { get("http://registry.invalid/"); }).failure, unresolved);
  Request request;
  request.url = "http://metadata.invalid2/";
  EXPECT_EQ(all(transport().send(request)), "by proxy");
  request.no_proxy = true;
  EXPECT_THAT(failure_of([&] { transport().send(request); }).failure, unresolved);
}

TEST_F(CurlProxyTest, AProxyThatRefusesIsNamedAsSuch) {
  HttpServer proxy([](const ServerRequest&, Connection& connection) { connection.respond(403, {}, "no"); });
  set("https_proxy", proxy.url(""));
  const TransportError error = failure_of([&] { get("https://registry.invalid/"); });
  EXPECT_EQ(error.failure, TransportFailure::kConnect);
  EXPECT_THAT(error.message(), HasSubstr("proxy"));
  EXPECT_THAT(error.message(), HasSubstr("registry.invalid:443"));
}

TEST_F(CurlProxyTest, AProxyThatIsNotThereIsNamedAsSuch) {
  std::string url;
  {
    HttpServer proxy([](const ServerRequest&, Connection&) {});
    url = proxy.url("");
  }
  set("https_proxy", url);
  const TransportError error = failure_of([&] { get("https://registry.invalid/"); });
  EXPECT_EQ(error.failure, TransportFailure::kConnect);
  EXPECT_THAT(error.message(), HasSubstr("proxy 127.0.0.1:"));
  EXPECT_THAT(error.message(), HasSubstr("registry.invalid"));
}

}  // namespace
}  // namespace ixian::http
