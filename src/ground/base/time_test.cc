#include "base/time.h"

#include <gtest/gtest.h>

namespace ixian::base {
namespace {

using namespace std::chrono_literals;

const auto kNow = std::chrono::sys_days(2025y / std::chrono::March / 1) + 12h;

TEST(HttpDateTest, AllThreeFormsAreTheSameMoment) {
  const auto moment = std::chrono::sys_days(1994y / std::chrono::November / 6) + 8h + 49min + 37s;
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", kNow), moment);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", kNow), moment);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994", kNow), moment);
}

TEST(HttpDateTest, TwoDigitsOfAYearAreNearNow) {
  const auto near = parse_http_date("Sunday, 01-Mar-75 00:00:00 GMT", kNow);
  const auto far = parse_http_date("Sunday, 01-Mar-76 00:00:00 GMT", kNow);
  EXPECT_EQ(near, std::chrono::sys_days(2075y / std::chrono::March / 1));
  EXPECT_EQ(far, std::chrono::sys_days(1976y / std::chrono::March / 1));
}

TEST(HttpDateTest, ALeapSecondIsTheNextAndAYearBeyondTheClockItsLast) {
  EXPECT_EQ(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", kNow),
            std::chrono::sys_days(2017y / std::chrono::January / 1));
  EXPECT_EQ(parse_http_date("Sat, 01 Jan 9999 00:00:00 GMT", kNow),
            std::chrono::sys_days(2240y / std::chrono::January / 1));
}

TEST(HttpDateTest, AlmostDatesAreNone) {
  for (const char* text :
       {"", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 ovD 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov -994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT", "2025-03-01T12:00:00Z"}) {
    EXPECT_EQ(parse_http_date(text, kNow), std::nullopt) << text;
  }
}

TEST(TimestampTest, EveryZoneIsTheSameMoment) {
  for (const char* text :
       {"2026-01-31T12:00:00Z", "2026-01-31t12:00:00z", "2026-01-31 12:00:00", "2026-01-31T13:00:00.5+01:00",
        "2026-01-31T13:00:00+0100", "2026-02-01T00:00:00+12", "2026-01-31T05:30:00-06:30",
        "2026-01-31T11:59:60Z", "2026-01-31T12:00:00,25GMT"}) {
    ASSERT_TRUE(parse_timestamp(text)) << text;
    EXPECT_EQ(parse_timestamp(text)->time_since_epoch(), 1769860800s) << text;
  }
  EXPECT_EQ(parse_timestamp("0001-01-01T00:00:00Z")->time_since_epoch(), -62135596800s);
  EXPECT_EQ(parse_timestamp("9999-12-31T23:59:59Z")->time_since_epoch(), 253402300799s);
}

TEST(TimestampTest, AlmostTimesAreNone) {
  for (const char* text : {"", "2026-01-31", "2026-01-31T12:00", "2026-1-31T12:00:00Z",
                           "2026-02-29T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T12:00:61Z",
                           "2026-01-31T12:00:00+24:00", "2026-01-31T12:00:00+1", "2026-01-31T12:00:00+01:0",
                           "2026-01-31T12:00:00.Z", "-026-01-31T12:00:00Z", "2026-01-31T12:00:00Z "}) {
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
  }
}

TEST(TimestampTest, IsWrittenInUtc) {
  EXPECT_EQ(rfc3339_text(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(rfc3339_text(253402300799), "9999-12-31T23:59:59Z");
  const std::string now = rfc3339_text({});
  EXPECT_EQ(now.size(), std::string_view("2026-01-31T12:00:00.123456789Z").size()) << now;
  EXPECT_TRUE(parse_timestamp(now)) << now;
  EXPECT_EQ(utc_text(std::chrono::sys_days(2026y / std::chrono::January / 31) + 12h),
            "2026-01-31 12:00:00 UTC");
}

}  // namespace
}  // namespace ixian::base
