#include "http/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace ixian::http {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

const auto kNow = std::chrono::sys_days(2025y / std::chrono::March / 1) + 12h;

TEST(HeadersTest, NamesAreComparedWithoutCase) {
  Headers headers;
  headers.add("Link", "a");
  headers.add("LINK", "b");
  EXPECT_EQ(headers.find("link"), "a");
  EXPECT_THAT(headers.all("lInk"), ElementsAre("a", "b"));
  EXPECT_EQ(headers.find("Lin"), std::nullopt);
  headers.set("link", "c");
  EXPECT_THAT(headers.all("Link"), ElementsAre("c"));
  headers.remove("LINK");
  EXPECT_THAT(headers.fields(), IsEmpty());
}

TEST(TextBodyTest, IsReadAnewFromAnywhere) {
  RequestBody body = text_body("hello");
  EXPECT_EQ(body.size, 5u);
  EXPECT_EQ(base::read_all(*body.open(0), 10, "it"), "hello");
  EXPECT_EQ(base::read_all(*body.open(3), 10, "it"), "lo");
  EXPECT_EQ(base::read_all(*body.open(9), 10, "it"), "");
}

ResponseHead head(const std::string& name, const std::string& value) {
  ResponseHead result;
  result.headers.add(name, value);
  return result;
}

TEST(ResponseHeadTest, ContentLengthIsDigitsThatFit) {
  EXPECT_EQ(head("Content-Length", "12").content_length(), 12u);
  EXPECT_EQ(head("content-length", "18446744073709551615").content_length(), 18446744073709551615u);
  for (const char* value : {"", "-1", "+1", "1 2", "0x10", "18446744073709551616", "1, 1"}) {
    EXPECT_EQ(head("Content-Length", value).content_length(), std::nullopt) << value;
  }
  EXPECT_EQ(ResponseHead().content_length(), std::nullopt);
}

TEST(RetryAfterTest, SecondsOrADate) {
  EXPECT_EQ(head("Retry-After", "7").retry_after(kNow), milliseconds(7000));
  EXPECT_EQ(head("retry-after", "0").retry_after(kNow), milliseconds(0));
  EXPECT_EQ(head("Retry-After", "Sat, 01 Mar 2025 12:00:30 GMT").retry_after(kNow), milliseconds(30'000));
}

TEST(RetryAfterTest, IsNeverNegativeAndNeverOverflows) {
  EXPECT_EQ(head("Retry-After", "Sat, 01 Mar 2025 11:00:00 GMT").retry_after(kNow), milliseconds(0));
  for (const char* value :
       {"99999999999999999999999", "9223372036854775807", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
    const auto time = head("Retry-After", value).retry_after(kNow);
    ASSERT_TRUE(time) << value;
    EXPECT_GE(*time, std::chrono::hours(24)) << value;
  }
}

TEST(RetryAfterTest, WhatCannotBeReadIsNone) {
  for (const char* value : {"", "soon", "-5", "1.5", "5s", "Sat, 32 Mar 2025 12:00:30 GMT"}) {
    EXPECT_EQ(head("Retry-After", value).retry_after(kNow), std::nullopt) << value;
  }
  EXPECT_EQ(ResponseHead().retry_after(kNow), std::nullopt);
}

class BreaksOff : public base::ByteSource {
 public:
  std::size_t read(char* buffer, std::size_t size) override {
    if (std::exchange(read_, true)) throw base::Error(base::ErrorCode::kRegistry, "broke off");
    return std::string_view("denied").copy(buffer, size);
  }

 private:
  bool read_ = false;
};

TEST(ResponseTest, TextStopsAtItsLimit) {
  Response response;
  response.body = text_body("0123456789").open(0);
  EXPECT_EQ(response.text(4), "0123");
}

TEST(ResponseTest, TextIsWhatCameBeforeABreak) {
  Response response;
  response.body = std::make_unique<BreaksOff>();
  EXPECT_EQ(response.text(), "denied");
  EXPECT_EQ(response.text(), "");
}

}  // namespace
}  // namespace ixian::http
