#include <gmock/gmock.h>

#include <cstdlib>

#include "testing/http_fixture.h"
#include "testing/temp_folder.h"
#include "testing/test_ca.h"

namespace ixian::http {
namespace {

using ixian::testing::CertificateFiles;
using ixian::testing::Connection;
using ixian::testing::HttpServer;
using ixian::testing::HttpTest;
using ixian::testing::ServerRequest;
using ixian::testing::TempFolder;
using ixian::testing::TestCa;
using ::testing::HasSubstr;

class CurlTlsTest : public HttpTest {
 protected:
  static void hello(const ServerRequest&, Connection& connection) { connection.respond(200, {}, "hello"); }

  static ixian::testing::HttpServerOptions with(const CertificateFiles& files) {
    ixian::testing::HttpServerOptions options;
    options.certificate = files.certificate;
    options.key = files.key;
    return options;
  }
  void trust(const std::string& ca_file) {
    settings_.ca_files = {ca_file};
    use_settings();
  }
  void use_settings() {
    options_.tls = [this](std::string_view authority) {
      ++asked_;
      asked_for_ = authority;
      return settings_;
    };
  }
  void expect_untrusted(const std::string& url, const char* why) {
    const TransportError error = failure_of([&] { get(url); });
    EXPECT_EQ(error.failure, TransportFailure::kTls) << error.message() << error.context();
    EXPECT_FALSE(error.transient());
    EXPECT_THAT(error.advised(), HasSubstr(why)) << error.context();
    EXPECT_THAT(error.message(), HasSubstr(url.substr(8, url.find(':', 8) - 8)));
  }

  TempFolder folder_;
  TestCa ca_{folder_};
  CertificateFiles good_ = ca_.sign("good", "DNS:localhost,IP:127.0.0.1");
  TlsSettings settings_;
  int asked_ = 0;
  std::string asked_for_;
};

TEST_F(CurlTlsTest, AnExtraCaIsTrusted) {
  HttpServer server(hello, with(good_));
  trust(ca_.file());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(all(get(server.url())), "hello");
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(asked_, 1);
  EXPECT_EQ(asked_for_, server.authority());
}

TEST_F(CurlTlsTest, LargeBodiesGoBothWays) {
  HttpServer server(
      [](const ServerRequest& request, Connection& connection) { connection.respond(200, {}, request.body); },
      with(good_));
  trust(ca_.file());
  std::string body;
  for (int i = 0; i < 1'000'000; ++i) body += std::to_string(i);
  EXPECT_TRUE(all(transport().send(put(server.url(), body))) == body);
}

TEST_F(CurlTlsTest, AnUnknownCaSaysWhereToPutIt) {
  HttpServer server(hello, with(good_));
  expect_untrusted(server.url(), ("certs.d/" + server.authority() + "/ca.crt").c_str());
  const TempFolder other_folder;
  const TestCa other(other_folder, "other");
  trust(other.file());
  transport_.reset();
  expect_untrusted(server.url(), "ca_file");
}

TEST_F(CurlTlsTest, AnExpiredCertificateSaysSo) {
  HttpServer server(hello, with(ca_.sign("old", "IP:127.0.0.1", -2 * TestCa::kDay, -TestCa::kDay)));
  trust(ca_.file());
  expect_untrusted(server.url(), "certificate expired");
}

TEST_F(CurlTlsTest, ACertificateOfTheFutureSaysSo) {
  HttpServer server(hello, with(ca_.sign("new", "IP:127.0.0.1", TestCa::kDay, 2 * TestCa::kDay)));
  trust(ca_.file());
  expect_untrusted(server.url(), "not yet valid");
}

TEST_F(CurlTlsTest, ACertificateOfAnotherHostSaysSo) {
  HttpServer server(hello, with(ca_.sign("other", "DNS:other.example.com")));
  trust(ca_.file());
  expect_untrusted(server.url(), "for another host");
}

TEST_F(CurlTlsTest, WithoutVerificationAnyCertificateWillDo) {
  HttpServer server(hello, with(ca_.sign("other", "DNS:other", -2 * TestCa::kDay, -TestCa::kDay)));
  settings_.verify = false;
  use_settings();
  EXPECT_EQ(all(get(server.url())), "hello");
}

TEST_F(CurlTlsTest, ACaFileThatCannotBeUsedIsNamed) {
  HttpServer server(hello, with(good_));
  for (const std::string& path : {folder_ / "missing.crt", folder_.write("empty.crt", "not PEM")}) {
    trust(path);
    transport_.reset();
    try {
      get(server.url());
      ADD_FAILURE() << path;
    } catch (const base::Error& error) {
      EXPECT_THAT(error.message(), HasSubstr(path));
    }
  }
}

TEST_F(CurlTlsTest, TheSystemsBundleMayBeReplacedByTheEnvironment) {
  HttpServer server(hello, with(good_));
  ::setenv("SSL_CERT_FILE", ca_.file().c_str(), 1);
  EXPECT_EQ(all(get(server.url())), "hello");
  ::unsetenv("SSL_CERT_FILE");
}

TEST_F(CurlTlsTest, AClientCertificateIsShown) {
  auto options = with(good_);
  options.client_ca = ca_.file();
  HttpServer server(hello, options);
  const CertificateFiles client = ca_.sign("client", "DNS:client");
  settings_.client_certificate = client.certificate;
  settings_.client_key = client.key;
  trust(ca_.file());
  EXPECT_EQ(all(get(server.url())), "hello");
}

TEST_F(CurlTlsTest, AMissingClientCertificateSaysWhereToPutIt) {
  auto options = with(good_);
  options.client_ca = ca_.file();
  HttpServer server(hello, options);
  trust(ca_.file());
  expect_untrusted(server.url(), "client certificate");
}

TEST_F(CurlTlsTest, AKeyOfAnotherCertificateIsRefused) {
  HttpServer server(hello, with(good_));
  settings_.client_certificate = ca_.sign("one", "DNS:one").certificate;
  settings_.client_key = ca_.sign("two", "DNS:two").key;
  trust(ca_.file());
  expect_untrusted(server.url(), "belong together");
}

TEST_F(CurlTlsTest, AServerWithoutTlsSaysSo) {
  HttpServer server(hello);
  expect_untrusted("https://" + server.authority() + "/", "does not speak TLS");
}

TEST_F(CurlTlsTest, ACutDuringTheHandshakeMayBeTriedAgain) {
  HttpServer server(hello);
  HttpServer cutter([](const ServerRequest&, Connection&) {});
  ixian::testing::TempFolder folder;
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::thread closer([&] {
    const int fd = ::accept(listener, nullptr, nullptr);
    char byte = 0;
    EXPECT_EQ(::recv(fd, &byte, 1, 0), 1);
    ::close(fd);  // with the rest unread: a reset
  });
  const TransportError error =
      failure_of([&] { get("https://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/"); });
  closer.join();
  ::close(listener);
  EXPECT_EQ(error.failure, TransportFailure::kConnect) << error.context();
  EXPECT_THAT(error.message(), HasSubstr("handshake"));
}

TEST_F(CurlTlsTest, AnEndWithoutTlssOwnEndIsACut) {
  HttpServer server(
      [](const ServerRequest& request, Connection& connection) {
        connection.send_raw(request.path == "/none" ? "HTTP/1.1 200 OK\r\n\r\n"
                                                    : "HTTP/1.1 200 OK\r\n\r\nhalf of it");
        connection.cut();
      },
      with(good_));
  trust(ca_.file());
  for (const char* path : {"/half", "/none"}) {
    const TransportError error = failure_of([&] { all(get(server.url(path))); });
    EXPECT_EQ(error.failure, TransportFailure::kInterrupted) << path;
  }
}

TEST_F(CurlTlsTest, TheEndOfAClosedConnectionIsAnEnd) {
  HttpServer server(
      [](const ServerRequest&, Connection& connection) {
        connection.send_raw("HTTP/1.1 200 OK\r\n\r\nall of it");
        connection.close();
      },
      with(good_));
  trust(ca_.file());
  EXPECT_EQ(all(get(server.url())), "all of it");
}

TEST_F(CurlTlsTest, AnEarlyRefusalIsTheAnswer) {
  auto options = with(good_);
  options.before_body = [](const ServerRequest&, Connection& connection) {
    connection.respond(413, {{"Connection", "close"}}, "too large");
    connection.linger();
    return true;
  };
  HttpServer server(hello, options);
  trust(ca_.file());
  Response response = transport().send(put(server.url(), std::string(32 << 20, 'x')));
  EXPECT_EQ(response.head.status, 413);
  EXPECT_EQ(response.text(), "too large");
}

}  // namespace
}  // namespace ixian::http
