#include "http/reach.h"

#include <gmock/gmock.h>

#include "testing/http_fixture.h"

namespace ixian::http {
namespace {

using ixian::testing::Connection;
using ixian::testing::HttpServer;
using ixian::testing::HttpTest;
using ixian::testing::ServerRequest;
using ::testing::HasSubstr;

constexpr AddressKind kNone = AddressKind::kUnknown;

TEST(AddressKindTest, OfLiteralsInEverySpelling) {
  for (const char* host : {"127.0.0.1", "127.9.9.9", "0x7f.1", "2130706433", "::1", "::ffff:127.0.0.1",
                           "0.0.0.0", "::", "localhost", "a.localhost.", "64:ff9b::127.0.0.1"}) {
    EXPECT_EQ(address_kind(host), AddressKind::kLoopback) << host;
  }
  for (const char* host :
       {"169.254.169.254", "0xa9fea9fe", "2852039166", "::ffff:169.254.169.254", "fe80::1", "fe80::1%eth0",
        "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "2002:a9fe:a9fe::1"}) {
    EXPECT_EQ(address_kind(host), AddressKind::kLinkLocal) << host;
  }
  for (const char* host :
       {"10.0.0.1", "172.31.0.1", "192.168.1.1", "100.64.0.1", "192.0.0.192", "198.19.0.1", "224.0.0.1",
        "255.255.255.255", "fd12::1", "fec0::1", "ff02::1", "::ffff:10.0.0.1"}) {
    EXPECT_EQ(address_kind(host), AddressKind::kPrivate) << host;
  }
  for (const char* host : {"8.8.8.8", "172.32.0.1", "169.253.0.1", "2001:db8::1", "::ffff:8.8.8.8"}) {
    EXPECT_EQ(address_kind(host), AddressKind::kPublic) << host;
  }
  for (const char* host : {"registry.example.com", "localhost.example.com", "10.0.0.1.example.com", ""}) {
    EXPECT_EQ(address_kind(host), kNone) << host;
  }
}

Reach reach(const std::string& from, AddressKind peer, const std::string& to,
            Reach before = Reach::kAnywhere) {
  ResponseHead head;
  head.url = from;
  head.peer = peer;
  return reach_from(head, *parse_url(to), before);
}

TEST(ReachTest, TheAddressDecidesAndNotTheName) {
  EXPECT_EQ(reach("https://r.example.com/", AddressKind::kPublic, "https://s.example.com/"), Reach::kPublic);
  EXPECT_EQ(reach("https://r.example.com/", AddressKind::kPrivate, "https://s.example.com/"),
            Reach::kNotLinkLocal);
  EXPECT_EQ(reach("http://10.0.0.1/", AddressKind::kPublic, "http://10.0.0.2/"), Reach::kPublic);
  EXPECT_EQ(reach("http://localhost:1/", AddressKind::kLoopback, "http://127.0.0.1:2/"),
            Reach::kNotLinkLocal);
  EXPECT_EQ(reach("http://0.0.0.0:1/", AddressKind::kLoopback, "http://127.0.0.1:2/"), Reach::kNotLinkLocal);
  EXPECT_EQ(reach("http://169.254.1.1/", AddressKind::kLinkLocal, "http://169.254.1.1:2/"), Reach::kAnywhere);
  EXPECT_EQ(reach("http://169.254.1.1/", AddressKind::kLinkLocal, "http://169.254.1.2/"),
            Reach::kNotLinkLocal);
}

TEST(ReachTest, ANameThatIsThisMachineLeadsToItselfAlone) {
  EXPECT_EQ(reach("http://r.test:1/", AddressKind::kLoopback, "http://s.test:2/"), Reach::kPublic);
  EXPECT_EQ(reach("http://r.test:1/", AddressKind::kLoopback, "http://r.test:2/"), Reach::kNotLinkLocal);
}

TEST(ReachTest, WhereTheAddressIsUnknownTheSpellingCounts) {
  EXPECT_EQ(reach("https://r.example.com/", kNone, "https://s.example.com/"), Reach::kPublic);
  EXPECT_EQ(reach("http://10.0.0.1/", kNone, "http://10.0.0.2/"), Reach::kNotLinkLocal);
  EXPECT_EQ(reach("http://localhost/", kNone, "http://10.0.0.2/"), Reach::kNotLinkLocal);
}

TEST(ReachTest, ItNeverGrowsAndAnOriginKeepsItsOwn) {
  EXPECT_EQ(reach("http://10.0.0.1/", AddressKind::kPrivate, "http://10.0.0.2/", Reach::kPublic),
            Reach::kPublic);
  EXPECT_EQ(reach("http://a.example.com/x", AddressKind::kPublic, "http://a.example.com/y"),
            Reach::kAnywhere);
}

class ReachOfConnectionTest : public HttpTest {};

TEST_F(ReachOfConnectionTest, NoConnectionIsMadeToWhatIsOutOfReach) {
  HttpServer server(
      [](const ServerRequest&, Connection& connection) { connection.respond(200, {}, "inward"); });
  Request request;
  request.url = "http://localhost:" + std::to_string(server.port()) + "/";
  for (int i = 0; i < 2; ++i) {
    request.reach = Reach::kPublic;
    const auto failed = failure_of([&] { transport().send(request); });
    EXPECT_EQ(failed.failure, TransportFailure::kOutOfReach);
    EXPECT_THAT(failed.message(), HasSubstr("localhost: resolves to "));
    EXPECT_THAT(failed.message(), HasSubstr("no public host"));
    // Nor is the connection used that somebody else has made.
    request.reach = Reach::kNotLinkLocal;
    Response response = transport().send(request);
    EXPECT_EQ(response.head.peer, AddressKind::kLoopback);
    EXPECT_EQ(all(std::move(response)), "inward");
  }
  EXPECT_EQ(server.requests().size(), 2u);
}

}  // namespace
}  // namespace ixian::http
