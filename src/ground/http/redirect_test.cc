#include "http/redirect.h"

#include <gmock/gmock.h>

#include "http/client.h"
#include "testing/fake_clock.h"
#include "testing/http_fixture.h"

namespace ixian::http {
namespace {

using ixian::testing::Connection;
using ixian::testing::HttpServer;
using ixian::testing::HttpTest;
using ixian::testing::ServerRequest;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

ResponseHead answer(int status, const std::string& location) {
  ResponseHead head;
  head.status = status;
  head.headers.add("Location", location);
  return head;
}

Request to(const std::string& url, const std::string& method = "GET") {
  Request request;
  request.method = method;
  request.url = url;
  request.secret_headers.emplace_back("Authorization", base::Secret("Bearer abc"));
  return request;
}

TEST(RedirectedTest, GetAndHeadGoEverywhere) {
  for (const int status : {301, 302, 303, 307, 308}) {
    for (const char* method : {"GET", "HEAD"}) {
      const auto next = redirected(to("https://a/x", method), answer(status, "/y?z"), {});
      ASSERT_TRUE(next);
      EXPECT_EQ(next->method, method);
      EXPECT_EQ(next->url, "https://a/y?z");
    }
  }
}

TEST(RedirectedTest, OtherMethodsAreRepeatedOnlyWhereTheServerSaysSo) {
  Request request = to("https://a/x", "POST");
  request.body = text_body("x");
  request.headers.add("Content-Type", "text/plain");
  EXPECT_FALSE(redirected(request, answer(301, "/y"), {}));
  EXPECT_FALSE(redirected(request, answer(302, "/y"), {}));
  for (const int status : {307, 308}) {
    const auto next = redirected(request, answer(status, "/y"), {});
    ASSERT_TRUE(next);
    EXPECT_EQ(next->method, "POST");
    EXPECT_EQ(next->body->size, 1u);
  }
  const auto see_other = redirected(request, answer(303, "/y"), {});
  ASSERT_TRUE(see_other);
  EXPECT_EQ(see_other->method, "GET");
  EXPECT_FALSE(see_other->body);
  EXPECT_FALSE(see_other->headers.find("Content-Type"));
}

TEST(RedirectedTest, OtherAnswersAreNoRedirects) {
  for (const int status : {200, 201, 202, 300, 304, 305, 306, 404}) {
    EXPECT_FALSE(redirected(to("https://a/x"), answer(status, "/y"), {})) << status;
  }
  EXPECT_FALSE(redirected(to("https://a/x"), ResponseHead{302, {}, "", 11}, {}));
  Request request = to("https://a/x");
  request.follow_redirects = false;
  EXPECT_FALSE(redirected(request, answer(302, "/y"), {}));
}

TEST(RedirectedTest, SecretsStayWithTheOrigin) {
  Request request = to("https://a/x");
  request.headers.add("authorization", "Basic x");
  request.headers.add("Cookie", "x");
  request.headers.add("Accept", "y");
  request.aws_signature.emplace();
  const auto same = redirected(request, answer(302, "https://a:443/y"), {});
  EXPECT_EQ(same->secret_headers.size(), 1u);
  EXPECT_TRUE(same->aws_signature);
  for (const char* location : {"https://b/x", "https://a:8443/x", "//sub.a/x"}) {
    const auto next = redirected(request, answer(302, location), {});
    EXPECT_TRUE(next->secret_headers.empty()) << location;
    EXPECT_FALSE(next->aws_signature) << location;
    EXPECT_FALSE(next->headers.find("Authorization")) << location;
    EXPECT_FALSE(next->headers.find("Cookie")) << location;
    EXPECT_EQ(next->headers.find("Accept"), "y");
  }
  EXPECT_TRUE(redirected(to("http://a/x"), answer(302, "https://a/x"), {})->secret_headers.empty());
}

void expect_refused(const Request& request, const std::string& location, const char* other_side) {
  try {
    redirected(request, answer(307, location), {});
    ADD_FAILURE() << location;
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kRegistry);
    EXPECT_THAT(error.message(), AllOf(HasSubstr("registry.example.com"), HasSubstr(other_side)));
    EXPECT_THAT(error.message(), Not(HasSubstr("s3cret")));
  }
}

TEST(RedirectedTest, DowngradesAreRefusedButWhereAllowed) {
  const Request request = to("https://registry.example.com/x");
  expect_refused(request, "http://cdn.example.com/x?sig=s3cret", "http://cdn.example.com");
  expect_refused(request, "http://registry.example.com/x", "http://registry.example.com");
  const auto allowed = [](std::string_view authority) { return authority == "cdn.example.com:8080"; };
  EXPECT_TRUE(redirected(request, answer(307, "http://cdn.example.com:8080/x"), allowed));
  EXPECT_THROW(redirected(request, answer(307, "http://cdn.example.com/x"), allowed), base::Error);
}

TEST(RedirectedTest, PublicHostsDoNotLeadInside) {
  for (const char* inside : {"169.254.169.254", "127.0.0.1", "2130706433", "[::1]", "[::ffff:10.0.0.1]",
                             "10.0.0.1", "localhost"}) {
    expect_refused(to("https://registry.example.com/x"), "https://" + std::string(inside) + "/latest",
                   inside);
    expect_refused(to("http://registry.example.com/x"), "http://" + std::string(inside) + "/latest", inside);
  }
  EXPECT_TRUE(redirected(to("http://localhost:5000/x"), answer(307, "http://127.0.0.1:9000/y"), {}));
}

TEST(RedirectedTest, SocketsLeadToOneServer) {
  Request request = to("http://registry.example.com/x");
  request.unix_socket = "/run/x.sock";
  expect_refused(request, "http://other.example.com/", "/run/x.sock");
  EXPECT_EQ(redirected(request, answer(307, "/y"), {})->unix_socket, "/run/x.sock");
}

TEST(RedirectedTest, WhatIsNoAddressIsRefused) {
  for (const char* location : {"ftp://a/", "https://user:s3cret@a/", "https://a b/", "javascript:s3cret"}) {
    expect_refused(to("https://registry.example.com/x"), location, "redirects");
  }
}

class FollowTest : public HttpTest {
 protected:
  Client client() { return {transport(), clock_, cancellation_, {}}; }

  ixian::testing::FakeClock clock_;
};

TEST_F(FollowTest, ABlobIsFetchedFromElsewhereWithoutTheToken) {
  HttpServer storage(
      [](const ServerRequest&, Connection& connection) { connection.respond(200, {}, "blob"); });
  HttpServer registry([&](const ServerRequest&, Connection& connection) {
    connection.respond(307, {{"Location", storage.url("/b?sig=1")}}, "moved");
  });
  for (int i = 0; i < 2; ++i) {
    Response response = client().send(to(registry.url("/v2/a/blobs/x")));
    EXPECT_EQ(response.head.url, storage.url("/b?sig=1"));
    EXPECT_EQ(response.text(), "blob");
  }
  EXPECT_TRUE(registry.requests().at(0).find("Authorization"));
  EXPECT_FALSE(storage.requests().at(0).find("Authorization"));
  EXPECT_EQ(registry.connections(), 1);
  EXPECT_EQ(storage.connections(), 1);
}

TEST_F(FollowTest, TheTokenDoesNotComeBackWithALaterRedirect) {
  std::string home;
  HttpServer other([&](const ServerRequest&, Connection& connection) {
    connection.respond(307, {{"Location", home}});
  });
  HttpServer registry([&](const ServerRequest& request, Connection& connection) {
    if (request.path == "/home") return connection.respond(200);
    connection.respond(307, {{"Location", other.url()}});
  });
  home = registry.url("/home");
  EXPECT_EQ(client().send(to(registry.url())).head.status, 200);
  EXPECT_FALSE(registry.requests().at(1).find("Authorization"));
}

TEST_F(FollowTest, BodiesAreSentAnew) {
  HttpServer server([](const ServerRequest& request, Connection& connection) {
    if (request.path == "/a") return connection.respond(308, {{"Location", "b"}});
    connection.respond(201, {}, request.method + " " + request.body);
  });
  EXPECT_EQ(client().send(put(server.url("/a"), "body")).text(), "PUT body");
}

TEST_F(FollowTest, CirclesAndEndlessChainsEnd) {
  HttpServer server([](const ServerRequest& request, Connection& connection) {
    const std::string next = request.path == "/circle" ? "/circle" : request.path + "x";
    connection.respond(302, {{"Location", next}});
  });
  for (const char* path : {"/circle", "/long"}) {
    try {
      client().send(to(server.url(path)));
      ADD_FAILURE() << path;
    } catch (const base::Error& error) {
      EXPECT_THAT(error.message(), HasSubstr(server.authority() + " redirects"));
    }
  }
  EXPECT_EQ(server.requests().size(), 1u + 11u);
}

TEST_F(FollowTest, TheWholeChainSharesItsTries) {
  HttpServer server([](const ServerRequest& request, Connection& connection) {
    if (request.path == "/a") return connection.respond(302, {{"Location", "/b"}});
    connection.respond(503);
  });
  Request request = to(server.url("/a"));
  request.retries = 2;
  EXPECT_EQ(client().send(request).head.status, 503);
  EXPECT_EQ(server.requests().size(), 4u);
}

}  // namespace
}  // namespace ixian::http
