#include "http/client.h"

#include <gmock/gmock.h>

#include "testing/fake_clock.h"
#include "testing/http_fixture.h"

namespace ixian::http {
namespace {

using ixian::testing::Connection;
using ixian::testing::FakeClock;
using ixian::testing::HttpServer;
using ixian::testing::HttpTest;
using ixian::testing::ServerRequest;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class ClientTest : public HttpTest {
 protected:
  ClientTest() {
    client_options_.on_retry = [this](const std::string& sentence) { said_.push_back(sentence); };
  }
  Client client() { return {transport(), clock_, cancellation_, client_options_}; }
  static Request to(const std::string& url) {
    Request request;
    request.url = url;
    return request;
  }
  // Answers these statuses in turn, then 200.
  HttpServer::Handler answers(std::vector<int> statuses, Connection::Fields headers = {}) {
    return [this, statuses, headers](const ServerRequest& request, Connection& connection) {
      const std::size_t n = count_++;
      if (n < statuses.size()) return connection.respond(statuses[n], headers, "later");
      connection.respond(200, {}, request.body.empty() ? "done" : request.body);
    };
  }

  FakeClock clock_;
  ClientOptions client_options_;
  std::vector<std::string> said_;
  std::atomic<std::size_t> count_{0};
};

TEST_F(ClientTest, WhatMayPassIsTriedAgain) {
  HttpServer server(answers({408, 429, 499, 502, 522}));
  Response response = client().send(to(server.url()));
  EXPECT_EQ(response.head.status, 200);
  EXPECT_EQ(server.requests().size(), 6u);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_THAT(clock_.sleeps(), SizeIs(5));
  ASSERT_THAT(said_, SizeIs(5));
  EXPECT_THAT(said_[1], HasSubstr(server.authority() + " answered 429; retrying in 0."));
  EXPECT_THAT(said_[1], HasSubstr("s (2/5)"));
}

TEST_F(ClientTest, PatienceIsATimeAndNotANumber) {
  HttpServer server(answers(std::vector<int>(12, 503)));
  Request request = to(server.url());
  request.patience = std::chrono::seconds(90);
  EXPECT_EQ(client().send(request).head.status, 200);
  EXPECT_THAT(clock_.sleeps(), SizeIs(12));
  EXPECT_THAT(said_.at(0), HasSubstr("(90s left)"));
}

TEST_F(ClientTest, PatienceEnds) {
  HttpServer server(answers(std::vector<int>(1000, 503)));
  Request request = to(server.url());
  request.patience = std::chrono::seconds(90);
  EXPECT_EQ(client().send(request).head.status, 503);
  milliseconds waited{0};
  for (const auto& each : clock_.sleeps()) waited += std::chrono::duration_cast<milliseconds>(each);
  EXPECT_GE(waited, std::chrono::seconds(90));
  EXPECT_LE(waited, std::chrono::seconds(110));
}

TEST_F(ClientTest, TheLastAnswerIsReturned) {
  HttpServer server(answers({500, 503, 504, 500}));
  client_options_.retries = 2;
  Response response = client().send(to(server.url()));
  EXPECT_EQ(response.head.status, 504);
  EXPECT_EQ(response.text(), "later");
  Request once = to(server.url());
  once.retries = 0;
  EXPECT_EQ(client().send(once).head.status, 500);
}

TEST_F(ClientTest, WhoIsSilentForLongerThanIsToBeWaitedIsNotAskedAgain) {
  HttpServer server(
      [](const ServerRequest&, Connection& connection) { connection.stall(std::chrono::seconds(20)); });
  Request request = to(server.url());
  request.silence = std::chrono::seconds(1);
  options_.stall_time = std::chrono::seconds(3600);
  const auto failed = failure_of([&] { client().send(request); });
  EXPECT_EQ(failed.failure, TransportFailure::kStalled);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(ClientTest, OtherAnswersAreAnswers) {
  for (const int status : {400, 401, 403, 404, 405, 413, 416, 501, 505}) {
    count_ = 0;
    HttpServer server(answers({status}));
    EXPECT_EQ(client().send(to(server.url())).head.status, status);
  }
  EXPECT_THAT(clock_.sleeps(), IsEmpty());
}

TEST_F(ClientTest, PausesDoubleWithJitterUpToALimit) {
  Client it = client();
  for (int i = 0; i < 200; ++i) {
    EXPECT_GE(it.pause_before(1), milliseconds(100));
    EXPECT_LE(it.pause_before(1), milliseconds(200));
    EXPECT_GE(it.pause_before(3), milliseconds(400));
    EXPECT_LE(it.pause_before(3), milliseconds(800));
    EXPECT_LE(it.pause_before(1000), milliseconds(10'000));
  }
}

TEST_F(ClientTest, ServersSayWhenToComeBack) {
  HttpServer server(answers({429}, {{"Retry-After", "7"}}));
  client().send(to(server.url()));
  EXPECT_THAT(clock_.sleeps(), ElementsAre(milliseconds(7000)));
  EXPECT_THAT(said_, ElementsAre(server.authority() + " answered 429; retrying in 7s (1/5)"));
}

TEST_F(ClientTest, ServersSayWhenToComeBackAsADate) {
  HttpServer server(answers({503}, {{"Retry-After", "Wed, 01 Jan 2025 00:00:30 GMT"}}));
  client().send(to(server.url()));
  EXPECT_THAT(clock_.sleeps(), ElementsAre(milliseconds(30'000)));
}

TEST_F(ClientTest, ServersThatAskForTooMuchAreNotWaitedFor) {
  HttpServer server(answers({429, 429}, {{"Retry-After", "3600"}}));
  EXPECT_EQ(client().send(to(server.url())).head.status, 429);
  EXPECT_THAT(clock_.sleeps(), IsEmpty());
}

TEST_F(ClientTest, BodiesAreSentAnew) {
  HttpServer server(answers({500, 502}));
  EXPECT_EQ(client().send(put(server.url(), "the body")).text(), "the body");
  for (const ServerRequest& request : server.requests()) EXPECT_EQ(request.body, "the body");
}

TEST_F(ClientTest, BrokenConnectionsAreTriedAgain) {
  HttpServer server([this](const ServerRequest&, Connection& connection) {
    if (count_++ < 3) return connection.reset();
    connection.respond(200, {}, "done");
  });
  EXPECT_EQ(client().send(to(server.url())).text(), "done");
  EXPECT_THAT(said_, SizeIs(3));
  EXPECT_THAT(said_.at(0), HasSubstr("closed early, before an answer; retrying in"));
}

TEST_F(ClientTest, TheLastErrorIsThrown) {
  int port = 0;
  {
    HttpServer server([](const ServerRequest&, Connection&) {});
    port = server.port();
  }
  const TransportError error =
      failure_of([&] { client().send(to("http://127.0.0.1:" + std::to_string(port) + "/")); });
  EXPECT_EQ(error.failure, TransportFailure::kConnect);
  EXPECT_THAT(clock_.sleeps(), SizeIs(5));
}

TEST_F(ClientTest, WhatTimeDoesNotMendIsNotTriedAgain) {
  HttpServer server([](const ServerRequest&, Connection& connection) {
    connection.send_raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab");
  });
  EXPECT_EQ(failure_of([&] { client().send(to(server.url())); }).failure, TransportFailure::kProtocol);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(ClientTest, WhatIsNotRepeatableIsSentOnce) {
  HttpServer server([](const ServerRequest& request, Connection& connection) {
    if (request.path == "/reset") return connection.reset();
    connection.respond(503, {}, "");
  });
  Request request = put(server.url("/reset"), "x");
  request.repeatable = false;
  EXPECT_EQ(failure_of([&] { client().send(request); }).failure, TransportFailure::kInterrupted);
  request.url = server.url("/503");
  EXPECT_EQ(client().send(request).head.status, 503);
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(ClientTest, WhatIsNotRepeatableIsTriedAgainWhereNothingWasSent) {
  int port = 0;
  {
    HttpServer server([](const ServerRequest&, Connection&) {});
    port = server.port();
  }
  Request request = put("http://127.0.0.1:" + std::to_string(port) + "/", "x");
  request.repeatable = false;
  failure_of([&] { client().send(request); });
  EXPECT_THAT(clock_.sleeps(), SizeIs(5));
}

TEST_F(ClientTest, CancellationEndsTheTries) {
  HttpServer server(answers({503, 503, 503}));
  client_options_.on_retry = [this](const std::string&) { cancellation_.request(); };
  EXPECT_THROW(client().send(to(server.url())), base::Cancelled);
  EXPECT_EQ(server.requests().size(), 1u);
}

}  // namespace
}  // namespace ixian::http
