#include "secrets/json_field.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "base/error.h"

namespace ixian::secrets {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string field(const char* json, const std::string& name) {
  return take_field(base::Json::parse(json), name, "The secret x").reveal();
}

std::string error(const char* json, const std::string& name) {
  try {
    take_field(base::Json::parse(json), name, "The secret x");
  } catch (const base::Error& caught) {
    EXPECT_EQ(caught.code(), base::ErrorCode::kRegistry);
    return caught.message() + caught.context();
  }
  return "none";
}

TEST(JsonFieldTest, StringsAreTakenAsTheyAre) {
  EXPECT_EQ(field(R"({"a": "p\u00e4ss\n\"x\"", "b": "no"})", "a"), "p\u00e4ss\n\"x\"");
}

TEST(JsonFieldTest, OtherKindsBecomeTheirText) {
  EXPECT_EQ(field(R"({"a": 4711})", "a"), "4711");
  EXPECT_EQ(field(R"({"a": -1.5})", "a"), "-1.5");
  EXPECT_EQ(field(R"({"a": 18446744073709551615})", "a"), "18446744073709551615");
  EXPECT_EQ(field(R"({"a": true})", "a"), "true");
  EXPECT_EQ(field(R"({"a": {"type": "service_account"}})", "a"), R"({"type":"service_account"})");
}

TEST(JsonFieldTest, ANumberThatLostDigitsIsRefused) {
  EXPECT_THAT(error(R"({"a": 184467440737095516150})", "a"), HasSubstr("store it as a string"));
}

TEST(JsonFieldTest, WithoutANameTheOnlyFieldIsMeant) {
  EXPECT_EQ(field(R"({"password": "x"})", ""), "x");
  EXPECT_THAT(error(R"({"password": "canary", "user": "y"})", ""), HasSubstr("password, user"));
}

TEST(JsonFieldTest, AMissingFieldListsTheNamesButNoValues) {
  const std::string text = error(R"({"password": "canary", "user": "canary"})", "pasword");
  EXPECT_THAT(text, HasSubstr("no field pasword"));
  EXPECT_THAT(text, HasSubstr("use one of password, user"));
  EXPECT_THAT(text, Not(HasSubstr("canary")));
}

TEST(JsonFieldTest, NothingIsNoSecret) {
  EXPECT_THAT(error(R"({"a": null})", "a"), HasSubstr("null"));
  EXPECT_THAT(error(R"({"a": ""})", "a"), HasSubstr("empty"));
  EXPECT_THAT(error("{}", "a"), HasSubstr("no fields"));
  EXPECT_THAT(error("null", "a"), HasSubstr("no fields"));
  EXPECT_THAT(error("[1]", ""), HasSubstr("no fields"));
}

TEST(JsonFieldTest, TheTextIsWipedEvenWhereItIsNoJson) {
  std::string good = R"({"a":"canary"})";
  EXPECT_EQ(parse_secret_json(good)["a"], "canary");
  EXPECT_EQ(good, "");
  std::string bad = R"({"a":"canary)";
  try {
    parse_secret_json(bad);
    FAIL();
  } catch (const std::invalid_argument& caught) {
    EXPECT_THAT(caught.what(), Not(HasSubstr("canary")));
  }
  EXPECT_EQ(bad, "");
}

TEST(JsonFieldTest, WipingReachesEveryString) {
  base::Json value = base::Json::parse(R"({"a": "x", "b": ["y", {"c": "z"}], "d": 1})");
  wipe(value);
  EXPECT_EQ(value.dump(), R"({"a":"","b":["",{"c":""}],"d":1})");
}

}  // namespace
}  // namespace ixian::secrets
