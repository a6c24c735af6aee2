#include "config/overrides.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ixian::config {
namespace {

using base::Json;

TEST(Overrides, DoubleUnderscoresAreDots) {
  auto found = read_overrides({"HOME=/root", "JT_DOCKER__IMAGE_TAG=a=b", "JT_ENV=PRODUCTION"}, "JT_");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_THAT(found[0].path, ::testing::ElementsAre("DOCKER", "IMAGE_TAG"));
  EXPECT_EQ(found[0].text, "a=b");
  EXPECT_THAT(found[1].path, ::testing::ElementsAre("ENV"));
}

TEST(Overrides, NamesThatNameNothingArePassedOver) {
  EXPECT_TRUE(read_overrides({"JT_=x", "JT_A____B=x", "JT___A=x", "JT_NOEQUALS"}, "JT_").empty());
}

TEST(Overrides, ValuesAreWhatTheyLookLike) {
  EXPECT_EQ(parse_value("true", false), Json(true));
  EXPECT_EQ(parse_value("False", false), Json(false));
  EXPECT_EQ(parse_value("-12", false), Json(-12));
  EXPECT_EQ(parse_value("1.5", false), Json(1.5));
  EXPECT_EQ(parse_value("2.0", false), Json(2.0));
  EXPECT_TRUE(parse_value("2.0", false).is_number_float());
  EXPECT_EQ(parse_value("", false), Json(""));
  EXPECT_EQ(parse_value("a b", false), Json("a b"));
}

TEST(Overrides, VersionsModesAndHashesStayStrings) {
  for (const char* text : {"1.10", "007", "1e5", "0x10", "+1", "1.2.3", "nan", "inf", "-", ".",
                           "99999999999999999999", "1_000", "0.10"}) {
    EXPECT_EQ(parse_value(text, false), Json(text)) << text;
  }
}

TEST(Overrides, ListsAreJsonOrWords) {
  EXPECT_EQ(parse_value("[1, \"two\", true]", false), Json::parse(R"([1, "two", true])"));
  EXPECT_EQ(parse_value("[one, 2]", false), Json::parse(R"(["one", 2])"));
  EXPECT_EQ(parse_value("[]", false), Json::array());
  EXPECT_EQ(parse_value("a,b", false), Json("a,b"));
  EXPECT_EQ(parse_value("a,b", true), Json::parse(R"(["a", "b"])"));
  EXPECT_EQ(parse_value("", true), Json::array());
}

}  // namespace
}  // namespace ixian::config
