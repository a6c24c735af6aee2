#include "base/utf8.h"

#include <gtest/gtest.h>

namespace ixian::base {
namespace {

TEST(Utf8Length, AcceptsTheFirstAndLastOfEachLength) {
  for (const char* text : {"\x01", "\x7f"}) EXPECT_EQ(utf8_length(text), 1u);
  for (const char* text : {"\xc2\x80", "\xdf\xbf"}) EXPECT_EQ(utf8_length(text), 2u);
  for (const char* text : {"\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf"}) {
    EXPECT_EQ(utf8_length(text), 3u);
  }
  for (const char* text : {"\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) EXPECT_EQ(utf8_length(text), 4u);
  EXPECT_EQ(utf8_length(std::string_view("\0", 1)), 1u);
}

TEST(Utf8Length, RefusesWhatIsNotWellFormed) {
  for (const char* text : {"", "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80",
                           "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
                           "\xc2", "\xe2\x82", "\xf0\x9f\x98", "\xc2 ", "\xe2\x82 ", "\xf0\x9f\x98 "}) {
    EXPECT_EQ(utf8_length(text), 0u) << ::testing::PrintToString(text);
  }
}

TEST(Utf8Length, LooksAtTheFirstSequenceOnly) {
  EXPECT_EQ(utf8_length("ü\xff"), 2u);
}

TEST(Utf8CodePoint, IsWhatTheSequenceStandsFor) {
  EXPECT_EQ(utf8_code_point("a"), U'a');
  EXPECT_EQ(utf8_code_point("€"), U'€');
  EXPECT_EQ(utf8_code_point("😀"), U'😀');
}

TEST(DisplayWidth, IsThatOfATerminalOrMore) {
  EXPECT_EQ(display_width(""), 0u);
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("aü€"), 3u);
  EXPECT_EQ(display_width("中文한국ｆ"), 10u);
  EXPECT_EQ(display_width("🚀😀🫠"), 6u);
  EXPECT_EQ(display_width("█░⠋✔"), 4u);
  EXPECT_EQ(display_width("e\u0301n\u20dd"), 2u);
  EXPECT_EQ(display_width("a\u200bb\u200d"), 2u);
  EXPECT_EQ(display_width("☀\ufe0f"), 2u);
  EXPECT_EQ(display_width("🇫🇷"), 4u);
  EXPECT_EQ(display_width("\u00ad"), 1u);
  EXPECT_EQ(display_width("\xff\xc3"), 2u);
  // Not assigned: never nothing.
  EXPECT_GE(display_width("\U000e1000"), 1u);
}

}  // namespace
}  // namespace ixian::base
