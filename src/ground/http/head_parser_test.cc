#include "http/head_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/transport.h"

namespace ixian::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

HeadParser feed(std::initializer_list<std::string_view> lines, HeadLimits limits = {}) {
  HeadParser parser("registry.test:80", limits);
  for (const std::string_view line : lines) parser.line(line);
  return parser;
}

void expect_refused(std::initializer_list<std::string_view> lines, const char* why) {
  try {
    feed(lines);
    ADD_FAILURE() << "taken, though: " << why;
  } catch (const TransportError& error) {
    EXPECT_EQ(error.failure, TransportFailure::kProtocol);
    EXPECT_FALSE(error.transient());
    EXPECT_THAT(error.message(), HasSubstr("registry.test:80"));
    EXPECT_THAT(error.message(), HasSubstr(why));
  }
}

TEST(HeadParserTest, ReadsStatusVersionAndHeaders) {
  HeadParser parser = feed({"HTTP/1.1 404 Not Found\r\n", "A:  b \r\n", "Empty:\r\n", "\r\n"});
  ASSERT_TRUE(parser.complete());
  EXPECT_EQ(parser.head().status, 404);
  EXPECT_EQ(parser.head().version, 11);
  EXPECT_EQ(parser.head().headers.find("a"), "b");
  EXPECT_EQ(parser.head().headers.find("empty"), "");
}

TEST(HeadParserTest, OtherVersionsAndBareLineFeeds) {
  EXPECT_EQ(feed({"HTTP/1.0 200\n", "\n"}).head().version, 10);
  EXPECT_EQ(feed({"HTTP/2 200 \r\n", "\r\n"}).head().version, 20);
}

TEST(HeadParserTest, InterimHeadsAreSkippedWithTheirHeaders) {
  HeadParser parser =
      feed({"HTTP/1.1 103 Early Hints\r\n", "Link: x\r\n", "\r\n", "HTTP/1.1 200 OK\r\n", "\r\n"});
  ASSERT_TRUE(parser.complete());
  EXPECT_EQ(parser.status(), 200);
  EXPECT_EQ(parser.head().headers.find("Link"), std::nullopt);
}

TEST(HeadParserTest, TrailersAreForgotten) {
  HeadParser parser =
      feed({"HTTP/1.1 200 OK\r\n", "\r\n", "Content-Length: 7\r\n", "Transfer-Encoding: x\r\n"});
  EXPECT_EQ(parser.head().headers.find("Content-Length"), std::nullopt);
}

TEST(HeadParserTest, TheSameLengthTwiceIsOneLength) {
  EXPECT_EQ(feed({"HTTP/1.1 200 OK\r\n", "Content-Length: 7\r\n", "content-length: 7\r\n", "\r\n"})
                .head()
                .content_length(),
            7u);
}

TEST(HeadParserTest, AmbiguousLengthsAreRefused) {
  expect_refused({"HTTP/1.1 200 OK\r\n", "Content-Length: 7\r\n", "Content-Length: 8\r\n", "\r\n"},
                 "two lengths");
  expect_refused({"HTTP/1.1 200 OK\r\n", "Content-Length: 7, 7\r\n", "\r\n"}, "invalid Content-Length");
  for (const char* value : {"Content-Length: -1\r\n", "Content-Length: +7\r\n", "Content-Length: 0x7\r\n",
                            "Content-Length:\r\n", "Content-Length: 9223372036854775808\r\n"}) {
    expect_refused({"HTTP/1.1 200 OK\r\n", value, "\r\n"}, "invalid Content-Length");
  }
  expect_refused({"HTTP/1.1 200 OK\r\n", "Content-Length: 7\r\n", "Transfer-Encoding: chunked\r\n", "\r\n"},
                 "both");
}

TEST(HeadParserTest, UnknownTransferCodingsAreRefused) {
  for (const char* value : {"Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\n",
                            "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding:\r\n"}) {
    expect_refused({"HTTP/1.1 200 OK\r\n", value, "\r\n"}, "unknown transfer coding");
  }
  expect_refused(
      {"HTTP/1.1 200 OK\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\n", "\r\n"},
      "unknown transfer coding");
}

TEST(HeadParserTest, WhatIsNoHeaderIsRefused) {
  for (const std::string_view line : {std::string_view("no colon\r\n"), std::string_view(": nameless\r\n"),
                                      std::string_view("Space : x\r\n"), std::string_view("A: b\rc\r\n"),
                                      std::string_view("A: b\0c\r\n", 8)}) {
    expect_refused({"HTTP/1.1 200 OK\r\n", line, "\r\n"}, "invalid header");
  }
  expect_refused({"HTTP/1.1 200 OK\r\n", "A: b\r\n", " folded\r\n", "\r\n"}, "folded");
  expect_refused({"HTTP/1.1 200 OK\r\n", "\tfolded\r\n", "\r\n"}, "folded");
}

TEST(HeadParserTest, WhatIsNoStatusIsRefused) {
  for (const char* line : {"HTTP/1.1 OK\r\n", "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 20\r\n", "HTTP/1.1\r\n",
                           "HTTP/9 200\r\n", "ICY 200 OK\r\n", "HTTP/1.1 -20 OK\r\n"}) {
    expect_refused({line}, "did not answer in HTTP");
  }
  expect_refused({"HTTP/1.1 099 x\r\n"}, "invalid status");
  expect_refused({"HTTP/1.1 600 x\r\n"}, "invalid status");
  expect_refused({"HTTP/1.1 101 Switching Protocols\r\n"}, "switched protocols");
}

TEST(HeadParserTest, LimitsHold) {
  const HeadLimits small{100, 3, 2};
  EXPECT_NO_THROW(feed({"HTTP/1.1 200 OK\r\n", "A: 1\r\n", "B: 2\r\n", "C: 3\r\n", "\r\n"}, small));
  EXPECT_THROW(
      feed({"HTTP/1.1 200 OK\r\n", "A: 1\r\n", "B: 2\r\n", "C: 3\r\n", "D: 4\r\n", "E: 5\r\n"}, small),
      TransportError);
  EXPECT_THROW(feed({"HTTP/1.1 200 OK\r\n", "A: " + std::string(100, 'x') + "\r\n"}, small), TransportError);
  HeadParser parser("it", HeadLimits{10'000, 1000, 2});
  for (int i = 0; i < 2; ++i) {
    parser.line("HTTP/1.1 100 Continue\r\n");
    parser.line("\r\n");
  }
  parser.line("HTTP/1.1 100 Continue\r\n");
  EXPECT_THROW(parser.line("\r\n"), TransportError);
}

}  // namespace
}  // namespace ixian::http
