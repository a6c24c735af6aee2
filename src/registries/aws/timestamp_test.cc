#include "aws/timestamp.h"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace ixian::aws {
namespace {

long long seconds(const base::Json& value) {
  return std::chrono::duration_cast<std::chrono::seconds>(parse_time(value).time_since_epoch()).count();
}

TEST(TimestampTest, EverySpellingOfTheSameMoment) {
  for (const char* text :
       {"2026-01-31T12:00:00Z", "2026-01-31T12:00:00.123Z", "2026-01-31T12:00:00UTC", "2026-01-31 12:00:00",
        "2026-01-31T12:00:00+00:00", "2026-01-31T13:00:00+0100", "2026-01-31T05:30:00-06:30",
        "2026-02-01T00:00:00+12", " 2026-01-31T12:00:00Z\n", "1769860800", "1769860800.5", "1.7698608e9"}) {
    EXPECT_EQ(seconds(text), 1769860800) << text;
  }
  EXPECT_EQ(seconds(1769860800), 1769860800);
  EXPECT_EQ(seconds(1769860800.75), 1769860800);
}

TEST(TimestampTest, LeapYearsCount) {
  EXPECT_EQ(seconds("2024-02-29T00:00:00Z"), 1709164800);
  EXPECT_THROW(seconds("2026-02-29T00:00:00Z"), std::invalid_argument);
}

TEST(TimestampTest, NeverEndsFarInTheFutureInsteadOfOverflowing) {
  EXPECT_EQ(seconds("9999-12-31T23:59:59Z"), 9'000'000'000);
  EXPECT_EQ(seconds(1e300), 9'000'000'000);
  EXPECT_EQ(seconds(std::numeric_limits<double>::infinity()), 9'000'000'000);
  EXPECT_EQ(seconds(-5), 0);
  EXPECT_EQ(seconds("0001-01-01T00:00:00Z"), 0);
  EXPECT_THROW(seconds(std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);
}

TEST(TimestampTest, WhatIsNoTimeIsRefused) {
  for (const char* text : {"", "soon", "2026-01-31", "2026-01-31T12:00", "2026-1-31T12:00:00Z",
                           "2026-13-01T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z",
                           "2026-01-31T12:00:00X", "2026-01-31T12:00:00+1", "2026-01-31T12:00:00Z trailing",
                           "2026-01-31T12:00:00.Z", "-026-01-31T12:00:00Z", "2026-01--1T12:00:00Z", "nan"}) {
    EXPECT_THROW(seconds(text), std::invalid_argument) << text;
  }
  EXPECT_THROW(seconds(nullptr), std::invalid_argument);
  EXPECT_THROW(seconds(base::Json::array()), std::invalid_argument);
}

}  // namespace
}  // namespace ixian::aws
