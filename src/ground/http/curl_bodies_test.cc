// Bodies: whole, in both directions, of any length; refused ones; ones that fail.
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "http/client.h"
#include "testing/fake_clock.h"
#include "testing/http_fixture.h"

namespace ixian::http {
namespace {

using ixian::testing::Connection;
using ixian::testing::HttpServer;
using ixian::testing::HttpTest;
using ixian::testing::ServerRequest;
using ::testing::HasSubstr;
using ::testing::Lt;

class CurlBodiesTest : public HttpTest {};

void answer_hello(const ServerRequest&, Connection& connection) {
  connection.respond(200, {{"Content-Type", "text/plain"}}, "hello");
}

TEST_F(CurlBodiesTest, SendsBodiesWithTheirLengthAndWithoutExpect) {
  HttpServer server(answer_hello);
  const std::string body(3'000'000, 'x');
  for (const char* method : {"PUT", "POST", "PATCH"}) {
    Request request = put(server.url(), body);
    request.method = method;
    EXPECT_EQ(transport().send(request).head.status, 200);
  }
  for (const ServerRequest& request : server.requests()) {
    EXPECT_EQ(request.body_size, body.size());
    EXPECT_EQ(request.header("Content-Length"), "3000000");
    EXPECT_FALSE(request.find("Expect"));
    EXPECT_FALSE(request.find("Transfer-Encoding"));
  }
}

TEST_F(CurlBodiesTest, SmallBodiesArriveAsTheyAre) {
  HttpServer server([](const ServerRequest& request, Connection& connection) {
    connection.respond(201, {}, request.method + "<" + request.body + ">");
  });
  EXPECT_EQ(all(transport().send(put(server.url(), "a\r\n\0b"))), "PUT<a\r\n>");
  Request bare = put(server.url(), "");
  bare.method = "POST";
  bare.body.reset();
  EXPECT_EQ(all(transport().send(bare)), "POST<>");
  EXPECT_EQ(server.requests().at(1).header("Content-Length"), "0");
  bare.method = "DELETE";
  EXPECT_EQ(all(transport().send(bare)), "DELETE<>");
  EXPECT_FALSE(server.requests().at(2).find("Content-Length"));
}

TEST_F(CurlBodiesTest, EncodedBodiesAreNotDecoded) {
  HttpServer server([](const ServerRequest&, Connection& connection) {
    connection.respond(200, {{"Content-Encoding", "gzip"}}, "\x1f\x8bnot really");
  });
  Response response = get(server.url());
  EXPECT_EQ(response.head.headers.find("Content-Encoding"), "gzip");
  EXPECT_EQ(all(std::move(response)), "\x1f\x8bnot really");
}

TEST_F(CurlBodiesTest, ChunksAreJoinedAndTrailersIgnored) {
  HttpServer server([](const ServerRequest&, Connection& connection) {
    connection.send_raw(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: 1\r\n\r\n");
  });
  EXPECT_EQ(all(get(server.url())), "abcde");
  EXPECT_EQ(all(get(server.url())), "abcde");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CurlBodiesTest, BodiesMayEndWithTheConnection) {
  HttpServer server([](const ServerRequest&, Connection& connection) {
    connection.send_raw("HTTP/1.0 200 OK\n\nuntil the end");
    connection.close();
  });
  Response response = get(server.url());
  EXPECT_EQ(response.head.version, 10);
  EXPECT_EQ(all(std::move(response)), "until the end");
}

// An early answer, with the body unread.
TEST_F(CurlBodiesTest, AnEarlyRefusalIsTheAnswer) {
  for (const char* how : {"linger", "reset"}) {
    ixian::testing::HttpServerOptions options;
    options.before_body = [&](const ServerRequest&, Connection& connection) {
      connection.respond(413, {{"Connection", "close"}}, "too large");
      if (std::string(how) == "linger") connection.linger();
      if (std::string(how) == "reset") connection.stall(std::chrono::milliseconds(50));
      if (std::string(how) == "reset") connection.reset();
      return true;
    };
    HttpServer server(answer_hello, options);
    Response response = transport().send(put(server.url(), std::string(32 << 20, 'x')));
    EXPECT_EQ(response.head.status, 413) << how;
    EXPECT_EQ(response.text(), "too large") << how;
  }
}

// The reset follows the answer at once here: now and then it comes between the look at the socket and the
// send, and the answer is lost. Then the client asks again.
TEST_F(CurlBodiesTest, AnEarlyRefusalAndResetAtOnceIsTheAnswerOfAClient) {
  ixian::testing::HttpServerOptions options;
  options.before_body = [](const ServerRequest&, Connection& connection) {
    connection.respond(413, {{"Connection", "close"}}, "too large");
    return true;
  };
  HttpServer server(answer_hello, options);
  ixian::testing::FakeClock clock;
  Client client(transport(), clock, cancellation_);
  Response response = client.send(put(server.url(), std::string(32 << 20, 'x')));
  EXPECT_EQ(response.head.status, 413);
  EXPECT_EQ(response.text(), "too large");
}

TEST_F(CurlBodiesTest, AnEarlyRefusalOfAKeptConnectionIsTheAnswer) {
  ixian::testing::HttpServerOptions options;
  options.before_body = [](const ServerRequest& request, Connection& connection) {
    if (request.method != "PUT") return false;
    connection.respond(401, {{"WWW-Authenticate", "Bearer"}}, "");
    connection.linger();
    return true;
  };
  HttpServer server(answer_hello, options);
  EXPECT_EQ(all(get(server.url())), "hello");
  EXPECT_EQ(transport().send(put(server.url(), std::string(32 << 20, 'x'))).head.status, 401);
  EXPECT_EQ(all(get(server.url())), "hello");
}

class Throws : public base::ByteSource {
 public:
  std::size_t read(char*, std::size_t) override {
    throw base::Error(base::ErrorCode::kTaskFailed, "The layer is gone.");
  }
};

TEST_F(CurlBodiesTest, WhatTheBodyThrowsIsThrown) {
  HttpServer server(answer_hello);
  Request request = put(server.url(), "");
  request.body = RequestBody{10, [](std::uint64_t) { return std::make_unique<Throws>(); }};
  try {
    transport().send(request);
    ADD_FAILURE() << "sent";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(), "The layer is gone.");
  }
}

TEST_F(CurlBodiesTest, ABodyThatEndsEarlyIsAnError) {
  HttpServer server(answer_hello);
  Request request = put(server.url(), "short");
  request.body->size = 10;
  try {
    transport().send(request);
    ADD_FAILURE() << "sent";
  } catch (const base::Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("5 bytes early"));
  }
}

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

class Endless : public base::ByteSource {
 public:
  std::size_t read(char* buffer, std::size_t size) override {
    std::fill(buffer, buffer + size, 'x');
    return size;
  }
};

constexpr std::uint64_t kHuge = 1 << 30;
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t kGrowth = 400 << 20;  // it keeps back what was freed last, by default 256 MiB
#else
constexpr std::size_t kGrowth = 48 << 20;
#endif

TEST_F(CurlBodiesTest, AHugeAnswerTakesLittleMemory) {
  HttpServer server([](const ServerRequest&, Connection& connection) {
    connection.respond(200, {{"Content-Length", std::to_string(kHuge)}});
    const std::string piece(1 << 20, 'x');
    for (std::uint64_t sent = 0; sent < kHuge && connection.open(); sent += piece.size())
      connection.send_raw(piece);
  });
  const std::size_t before = resident_bytes();
  Response response = get(server.url());
  std::string buffer(256 << 10, '\0');
  std::uint64_t total = 0;
  while (const std::size_t count = response.body->read(buffer.data(), buffer.size())) total += count;
  EXPECT_EQ(total, kHuge);
  EXPECT_THAT(resident_bytes(), Lt(before + kGrowth));
}

TEST_F(CurlBodiesTest, AHugeRequestTakesLittleMemory) {
  ixian::testing::HttpServerOptions options;
  options.keep_bodies = false;
  HttpServer server(
      [](const ServerRequest& request, Connection& connection) {
        connection.respond(201, {}, std::to_string(request.body_size));
      },
      options);
  const std::size_t before = resident_bytes();
  Request request = put(server.url(), "");
  request.body = RequestBody{kHuge, [](std::uint64_t) { return std::make_unique<Endless>(); }};
  EXPECT_EQ(all(transport().send(request)), std::to_string(kHuge));
  EXPECT_THAT(resident_bytes(), Lt(before + kGrowth));
}

}  // namespace
}  // namespace ixian::http
