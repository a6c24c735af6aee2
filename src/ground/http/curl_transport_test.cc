#include "http/curl_transport.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <thread>

#include "testing/http_fixture.h"
#include "testing/temp_folder.h"

namespace ixian::http {
namespace {

using ixian::testing::Connection;
using ixian::testing::HttpServer;
using ixian::testing::HttpTest;
using ixian::testing::ServerRequest;
using ixian::testing::TempFolder;
using ::testing::HasSubstr;
using ::testing::Not;

class CurlTransportTest : public HttpTest {};

void answer_with_hello(const ServerRequest&, Connection& connection) {
  connection.respond(200, {{"Content-Type", "text/plain"}}, "hello");
}

TEST_F(CurlTransportTest, GetsHeadAndBody) {
  HttpServer server(answer_with_hello);
  Response response = get(server.url("/v2/?a=b%20c"));
  EXPECT_EQ(response.head.status, 200);
  EXPECT_EQ(response.head.version, 11);
  EXPECT_EQ(response.head.url, server.url("/v2/?a=b%20c"));
  EXPECT_EQ(response.head.headers.find("content-type"), "text/plain");
  EXPECT_EQ(all(std::move(response)), "hello");
  const ServerRequest request = server.requests().at(0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/v2/?a=b%20c");
  EXPECT_EQ(request.header("Host"), server.authority());
  EXPECT_EQ(request.header("User-Agent"), "ixian-test");
  EXPECT_EQ(request.header("Accept-Encoding"), "identity");
}

TEST_F(CurlTransportTest, ThePathIsSentAsItIsSpelt) {
  HttpServer server(answer_with_hello);
  get(server.url("/a/../b/./c%2Fd//e"));
  EXPECT_EQ(server.requests().at(0).target, "/a/../b/./c%2Fd//e");
}

TEST_F(CurlTransportTest, TheEndStaysTheEnd) {
  HttpServer server(answer_with_hello);
  Response response = get(server.url());
  char buffer[2];
  std::string text;
  while (const std::size_t count = response.body->read(buffer, sizeof buffer)) text.append(buffer, count);
  EXPECT_EQ(text, "hello");
  EXPECT_EQ(response.body->read(buffer, sizeof buffer), 0u);
}

TEST_F(CurlTransportTest, HeadHasALengthAndNoBody) {
  HttpServer server(answer_with_hello);
  Request request;
  request.method = "HEAD";
  request.url = server.url();
  Response response = transport().send(request);
  EXPECT_EQ(response.head.content_length(), 5u);
  EXPECT_EQ(all(std::move(response)), "");
  EXPECT_EQ(all(get(server.url())), "hello");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CurlTransportTest, HeadersAreSentSecretOnesToo) {
  HttpServer server(answer_with_hello);
  Request request;
  request.url = server.url();
  request.headers.add("Accept", "a/b, c/d");
  request.headers.add("X-Empty", "");
  request.secret_headers.emplace_back("Authorization", base::Secret("Bearer abc"));
  transport().send(request);
  const ServerRequest seen = server.requests().at(0);
  EXPECT_EQ(seen.header("Accept"), "a/b, c/d");
  EXPECT_EQ(seen.find("X-Empty"), "");
  EXPECT_EQ(seen.header("Authorization"), "Bearer abc");
}

TEST_F(CurlTransportTest, HeadersCannotBeInjected) {
  HttpServer server(answer_with_hello);
  Request request;
  request.url = server.url();
  request.secret_headers.emplace_back("Authorization", base::Secret("Bearer s3cret\r\nX-Other: 1"));
  try {
    transport().send(request);
    ADD_FAILURE() << "sent";
  } catch (const base::Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("Authorization"));
    EXPECT_THAT(error.message(), Not(HasSubstr("s3cret")));
  }
  EXPECT_EQ(server.requests().size(), 0u);
}

TEST_F(CurlTransportTest, AddressesWithPasswordsAreRefusedAndNotRepeated) {
  try {
    get("http://user:s3cret@127.0.0.1/");
    ADD_FAILURE() << "sent";
  } catch (const base::Error& error) {
    EXPECT_THAT(error.message(), Not(HasSubstr("s3cret")));
  }
}

TEST_F(CurlTransportTest, RedirectsComeBackAsTheyAre) {
  HttpServer server([](const ServerRequest&, Connection& connection) {
    connection.respond(307, {{"Location", "/elsewhere"}}, "");
  });
  EXPECT_EQ(get(server.url()).head.status, 307);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(CurlTransportTest, AConnectionIsUsedAgain) {
  HttpServer server(answer_with_hello);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(all(get(server.url())), "hello");
  for (int i = 0; i < 10; ++i) transport().send(put(server.url(), "x")).text();
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CurlTransportTest, AnswersWithoutABodyNeedNotBeRead) {
  HttpServer server([](const ServerRequest& request, Connection& connection) {
    connection.respond(std::stoi(request.path.substr(1)), {{"Location", "/x"}});
  });
  for (int i = 0; i < 3; ++i) {
    for (const char* path : {"/200", "/201", "/202", "/204", "/304", "/404"}) {
      get(server.url(path));
      transport().send(put(server.url(path), "x"));
    }
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CurlTransportTest, ProgramsThatAreStartedDoNotInheritConnections) {
  HttpServer server(answer_with_hello);
  get(server.url()).text();
  int sockets = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename().string());
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if (peer.sin_family != AF_INET || ntohs(peer.sin_port) != server.port()) continue;
    ++sockets;
    EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  }
  EXPECT_EQ(sockets, 1);
}

TEST_F(CurlTransportTest, AConnectionIsUsedAgainByOtherThreads) {
  HttpServer server(answer_with_hello);
  for (int i = 0; i < 5; ++i) std::thread([&] { EXPECT_EQ(all(get(server.url())), "hello"); }).join();
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CurlTransportTest, ManyThreadsShareATransport) {
  HttpServer server([](const ServerRequest& request, Connection& connection) {
    connection.respond(200, {}, request.path + request.body);
  });
  transport();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        const std::string path = "/" + std::to_string(t) + "/" + std::to_string(i);
        EXPECT_EQ(all(transport().send(put(server.url(path), "!"))), path + "!");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(server.requests().size(), 200u);
  EXPECT_LE(server.connections(), 8);
}

TEST_F(CurlTransportTest, AnAbandonedBodyClosesItsConnection) {
  HttpServer server([](const ServerRequest&, Connection& connection) {
    connection.respond(200, {}, std::string(8 << 20, 'x'));
  });
  {
    Response response = get(server.url());
    char buffer[10];
    EXPECT_GT(response.body->read(buffer, sizeof buffer), 0u);
  }
  EXPECT_EQ(all(get(server.url())).size(), std::size_t{8 << 20});
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(CurlTransportTest, ABodyOutlivesTheTransport) {
  HttpServer server([](const ServerRequest&, Connection& connection) {
    connection.respond(200, {}, std::string(8 << 20, 'x'));
  });
  Response response = get(server.url());
  transport_.reset();
  EXPECT_EQ(all(std::move(response)).size(), std::size_t{8 << 20});
}

TEST_F(CurlTransportTest, AKeptConnectionThatDiedIsReplaced) {
  HttpServer server([](const ServerRequest& request, Connection& connection) {
    connection.respond(200, {}, std::to_string(request.body_size));
    if (request.connection == 1) connection.reset();
  });
  EXPECT_EQ(all(transport().send(put(server.url(), "first"))), "5");
  EXPECT_EQ(all(transport().send(put(server.url(), std::string(2 << 20, 'x')))), "2097152");
}

// The server closes a kept connection the moment it is used again: the body must be sent from its start.
TEST_F(CurlTransportTest, AKeptConnectionThatDiesWhileSendingIsReplaced) {
  ixian::testing::HttpServerOptions options;
  std::atomic<int> requests{0};
  options.before_body = [&](const ServerRequest&, Connection& connection) {
    if (++requests != 2) return false;
    connection.reset();
    return true;
  };
  HttpServer server(
      [](const ServerRequest& request, Connection& connection) { connection.respond(200, {}, request.body); },
      options);
  EXPECT_EQ(all(transport().send(put(server.url(), "first"))), "first");
  std::string body;
  for (int i = 0; i < 300'000; ++i) body += std::to_string(i) + ",";
  try {
    EXPECT_TRUE(all(transport().send(put(server.url(), body))) == body);
  } catch (const TransportError& error) {  // where it had sent too much to be sure
    EXPECT_TRUE(error.transient());
  }
}

TEST_F(CurlTransportTest, WhatIsNotRepeatableIsNeverSentTwice) {
  HttpServer server([](const ServerRequest& request, Connection& connection) {
    if (request.path == "/close") return connection.reset();
    connection.respond(200, {}, "ok");
  });
  EXPECT_EQ(all(get(server.url("/"))), "ok");
  Request request = put(server.url("/close"), "");
  request.repeatable = false;
  const TransportError error = failure_of([&] { transport().send(request); });
  EXPECT_EQ(error.failure, TransportFailure::kInterrupted);
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(CurlTransportTest, SpeaksOverAUnixSocket) {
  TempFolder folder;
  ixian::testing::HttpServerOptions options;
  options.unix_socket = folder / "s.sock";
  HttpServer server(answer_with_hello, options);
  Request request;
  request.url = "http://daemon/v1.40/info";
  request.unix_socket = options.unix_socket;
  EXPECT_EQ(all(transport().send(request)), "hello");
  EXPECT_EQ(all(transport().send(request)), "hello");
  EXPECT_EQ(server.requests().at(0).header("Host"), "daemon");
  EXPECT_EQ(server.connections(), 1);
  server.stop();
  const TransportError error = failure_of([&] { transport().send(request); });
  EXPECT_EQ(error.failure, TransportFailure::kConnect);
  EXPECT_THAT(error.message(), HasSubstr(options.unix_socket));
}

TEST_F(CurlTransportTest, CancellationEndsAWait) {
  HttpServer server(
      [](const ServerRequest&, Connection& connection) { connection.stall(std::chrono::seconds(20)); });
  options_.stall_time = std::chrono::seconds(20);
  std::thread canceller([&] {
    while (server.requests().empty()) std::this_thread::yield();
    cancellation_.request();
  });
  EXPECT_THROW(get(server.url()), base::Cancelled);
  canceller.join();
  EXPECT_THROW(get(server.url()), base::Cancelled);
}

}  // namespace
}  // namespace ixian::http
