// Servers that break off, stall, lie about lengths, and flood. Each ends in a TransportError of the right
// kind that names the server, never in a body that looks whole.
#include <gmock/gmock.h>

#include "testing/http_fixture.h"

namespace ixian::http {
namespace {

using ixian::testing::Connection;
using ixian::testing::HttpServer;
using ixian::testing::HttpTest;
using ixian::testing::ServerRequest;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CurlFaultsTest : public HttpTest {
 protected:
  // What a server that sends these bytes and then closes leads to, in the head or in the body.
  TransportError after(const std::string& bytes) {
    HttpServer server([&](const ServerRequest&, Connection& connection) {
      connection.send_raw(bytes);
      connection.close();
    });
    return failure_of([&] { all(get(server.url())); });
  }
  void expect_protocol_error(const std::string& bytes) {
    const TransportError error = after(bytes);
    EXPECT_EQ(error.failure, TransportFailure::kProtocol) << bytes.substr(0, 200) << error.message();
    EXPECT_THAT(error.message(), StartsWith("127.0.0.1:"));
  }
  void expect_interruption(const std::string& bytes) {
    const TransportError error = after(bytes);
    EXPECT_EQ(error.failure, TransportFailure::kInterrupted) << bytes.substr(0, 200) << error.message();
    EXPECT_TRUE(error.transient());
    EXPECT_THAT(error.message(), HasSubstr("127.0.0.1:"));
  }
};

TEST_F(CurlFaultsTest, RefusedConnection) {
  int port = 0;
  {
    HttpServer server([](const ServerRequest&, Connection&) {});
    port = server.port();
  }
  const TransportError error = failure_of([&] { get("http://127.0.0.1:" + std::to_string(port) + "/"); });
  EXPECT_EQ(error.failure, TransportFailure::kConnect);
  EXPECT_EQ(error.message(), "127.0.0.1:" + std::to_string(port) + ": connection refused");
}

TEST_F(CurlFaultsTest, NameThatDoesNotResolve) {
  const TransportError error = failure_of([&] { get("http://no-such-host.invalid/"); });
  EXPECT_THAT(error.failure, AnyOf(TransportFailure::kResolve, TransportFailure::kResolver))
      << "the latter on a machine without DNS";
  EXPECT_THAT(error.message(), HasSubstr("no-such-host.invalid"));
}

TEST_F(CurlFaultsTest, ResetBeforeTheHead) {
  HttpServer server([](const ServerRequest&, Connection& connection) { connection.reset(); });
  const TransportError error = failure_of([&] { get(server.url()); });
  EXPECT_EQ(error.failure, TransportFailure::kInterrupted);
  EXPECT_THAT(error.message(), HasSubstr("before an answer"));
}

TEST_F(CurlFaultsTest, ResetInTheMiddleOfTheBody) {
  HttpServer server([](const ServerRequest&, Connection& connection) {
    connection.send_raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    connection.stall(std::chrono::milliseconds(50));
    connection.reset();
  });
  Response response = get(server.url());
  EXPECT_EQ(response.head.status, 200);
  const TransportError error = failure_of([&] { all(std::move(response)); });
  EXPECT_EQ(error.failure, TransportFailure::kInterrupted);
  EXPECT_THAT(error.message(), HasSubstr("in the middle of an answer"));
}

TEST_F(CurlFaultsTest, WhatCameBeforeABreakIsReadFirst) {
  HttpServer server([](const ServerRequest&, Connection& connection) {
    connection.send_raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    connection.close();
  });
  Response response = get(server.url());
  char buffer[100];
  EXPECT_EQ(std::string(buffer, response.body->read(buffer, sizeof buffer)), "half");
  EXPECT_THROW(response.body->read(buffer, sizeof buffer), TransportError);
}

TEST_F(CurlFaultsTest, NothingAtAll) {
  expect_interruption("");
  expect_interruption("HTTP/1.1 200 OK\r\nA: b");
  expect_interruption("HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_F(CurlFaultsTest, BodiesThatAreShorterThanAnnounced) {
  expect_interruption("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  expect_interruption("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
}

TEST_F(CurlFaultsTest, ChunksThatDoNotEnd) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* body :
       {"", "4", "4\r\nha", "4\r\nhalf\r\n", "4\r\nhalf\r\n0\r\n", "4\r\nhalfX\r\n0\r\n\r\n",
        "x\r\nhalf\r\n0\r\n\r\n", "-4\r\nhalf\r\n0\r\n\r\n", "fffffffffffffffff\r\nhalf\r\n0\r\n\r\n"}) {
    expect_interruption(head + body);
  }
}

TEST_F(CurlFaultsTest, LengthsThatContradictEachOther) {
  expect_protocol_error("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 2\r\n\r\nhalf");
  expect_protocol_error("HTTP/1.1 200 OK\r\nContent-Length: 4, 4\r\n\r\nhalf");
  expect_protocol_error("HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\nhalf");
  expect_protocol_error("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhalf");
  expect_protocol_error(
      "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n\r\n");
  expect_protocol_error(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n4\r\nhalf\r\n0\r\n\r\n");
  expect_protocol_error("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
}

TEST_F(CurlFaultsTest, HeadersThatAreFoldedOrNone) {
  expect_protocol_error("HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n");
  expect_protocol_error("HTTP/1.1 200 OK\r\nContent-Length:\r\n 4\r\n\r\nhalf");
  expect_protocol_error("HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n");
  expect_protocol_error("HTTP/1.1 200 OK\r\nContent-Length : 4\r\n\r\nhalf");
  expect_protocol_error(std::string("HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n", 28));
}

TEST_F(CurlFaultsTest, WhatIsNotHttp) {
  expect_protocol_error("SSH-2.0-OpenSSH_9.2p1 Debian\r\n");
  expect_protocol_error("\x15\x03\x01\x00\x02\x02\x46\r\n\r\n");
  expect_protocol_error("HTTP/1.1 abc\r\n\r\n");
  expect_protocol_error("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
}

TEST_F(CurlFaultsTest, BareLineFeedsEndLines) {
  HttpServer server([](const ServerRequest&, Connection& connection) {
    connection.send_raw("HTTP/1.1 200 OK\nContent-Length: 5\nA: b\n\nhello");
  });
  Response response = get(server.url());
  EXPECT_EQ(response.head.headers.find("A"), "b");
  EXPECT_EQ(all(std::move(response)), "hello");
}

TEST_F(CurlFaultsTest, FloodOfInterimAnswers) {
  std::string flood;
  for (int i = 0; i < 10'000; ++i) flood += "HTTP/1.1 100 Continue\r\n\r\n";
  expect_protocol_error(flood + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(CurlFaultsTest, AFewInterimAnswersAreSkipped) {
  HttpServer server([](const ServerRequest&, Connection& connection) {
    for (int i = 0; i < 5; ++i) connection.send_raw("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
    connection.respond(200, {}, "hello");
  });
  EXPECT_EQ(all(get(server.url())), "hello");
}

TEST_F(CurlFaultsTest, HugeHeaders) {
  expect_protocol_error("HTTP/1.1 200 OK\r\nA: " + std::string(1 << 20, 'x') + "\r\n\r\n");
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 10'000; ++i) many += "A" + std::to_string(i) + ": b\r\n";
  expect_protocol_error(many + "\r\n");
  std::string large = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 10; ++i) large += "A: " + std::string(50 << 10, 'x') + "\r\n";
  expect_protocol_error(large + "\r\n");
}

TEST_F(CurlFaultsTest, EndlessTrailers) {
  std::string flood = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  for (int i = 0; i < 100'000; ++i) flood += "A: b\r\n";
  expect_protocol_error(flood);
}

TEST_F(CurlFaultsTest, BytesBeyondTheLengthAreNeverTheNextAnswer) {
  HttpServer server([](const ServerRequest&, Connection& connection) {
    connection.send_raw(
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  });
  EXPECT_EQ(all(get(server.url())), "hello");
  EXPECT_EQ(all(get(server.url())), "hello");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(CurlFaultsTest, BytesThatComeLaterAreNeverTheNextAnswer) {
  std::atomic<int> late{0};
  HttpServer server([&](const ServerRequest&, Connection& connection) {
    connection.send_raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    connection.stall(std::chrono::milliseconds(50));
    connection.send_raw("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    ++late;
  });
  EXPECT_EQ(all(get(server.url())), "hello");
  while (late == 0) std::this_thread::yield();
  EXPECT_EQ(all(get(server.url())), "hello");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(CurlFaultsTest, AStallBeforeTheHead) {
  HttpServer server(
      [](const ServerRequest&, Connection& connection) { connection.stall(std::chrono::seconds(20)); });
  const TransportError error = failure_of([&] { get(server.url()); });
  EXPECT_EQ(error.failure, TransportFailure::kStalled);
  EXPECT_THAT(error.message(), HasSubstr("127.0.0.1:" + std::to_string(server.port())));
}

TEST_F(CurlFaultsTest, ATrickleIsAStall) {
  HttpServer server([](const ServerRequest&, Connection& connection) {
    connection.send_raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (connection.open() && !connection.stopped()) {
      connection.send_raw("x");
      connection.stall(std::chrono::milliseconds(100));
    }
  });
  const TransportError error = failure_of([&] { all(get(server.url())); });
  EXPECT_EQ(error.failure, TransportFailure::kStalled);
}

TEST_F(CurlFaultsTest, AServerThatStopsReadingIsAStall) {
  ixian::testing::HttpServerOptions options;
  options.before_body = [](const ServerRequest&, Connection& connection) {
    connection.stall(std::chrono::seconds(20));
    return true;
  };
  HttpServer server([](const ServerRequest&, Connection&) {}, options);
  const TransportError error =
      failure_of([&] { transport().send(put(server.url(), std::string(32 << 20, 'x'))); });
  EXPECT_EQ(error.failure, TransportFailure::kStalled);
}

// Longer than the stall time, but it is we who are slow.
TEST_F(CurlFaultsTest, ASlowReaderIsNoStall) {
  HttpServer server([](const ServerRequest&, Connection& connection) {
    connection.respond(200, {}, std::string(16 << 20, 'x'));
  });
  Response response = get(server.url());
  char buffer[1000];
  EXPECT_GT(response.body->read(buffer, sizeof buffer), 0u);
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  EXPECT_GT(all(std::move(response)).size(), 1000u);
}

TEST_F(CurlFaultsTest, ATimeLimitHoldsForTheWholeExchange) {
  options_.stall_time = std::chrono::seconds(60);
  HttpServer server(
      [](const ServerRequest&, Connection& connection) { connection.stall(std::chrono::seconds(20)); });
  Request request;
  request.url = server.url();
  request.time_limit = std::chrono::milliseconds(200);
  const TransportError error = failure_of([&] { transport().send(request); });
  EXPECT_EQ(error.failure, TransportFailure::kStalled);
  EXPECT_THAT(error.message(), HasSubstr("200 ms"));
}

}  // namespace
}  // namespace ixian::http
