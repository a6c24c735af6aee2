#include "base/json.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace ixian::base {
namespace {

std::string nested(int levels, const std::string& inner = "") {
  const auto count = static_cast<std::size_t>(levels);
  return std::string(count, '[') + inner + std::string(count, ']');
}

TEST(CanonicalJson, IsSortedAndWithoutWhiteSpace) {
  EXPECT_EQ(canonical_json(Json::parse(R"({ "b": [1, 2.5, null], "a": {"d": "ü\n", "c": true} })")),
            "{\"a\":{\"c\":true,\"d\":\"ü\\n\"},\"b\":[1,2.5,null]}");
}

TEST(CanonicalJson, BytesThatAreNotUtf8AreReplaced) {
  EXPECT_EQ(canonical_json("a\xff"), "\"a\xef\xbf\xbd\"");
}

TEST(ParseJson, IsUndoneByCanonicalJson) {
  const std::string text = R"({"a":[1,-2,3.5,"x",null,false],"b":{}})";
  EXPECT_EQ(canonical_json(parse_json(text)), text);
}

TEST(ParseJson, RefusesWhatIsNoJson) {
  for (const char* text :
       {"", " ", "{", "[1,]", "{\"a\" 1}", "nan", "1 2", "'a'", "\"\xff\"", "[1]x", "1e999"}) {
    EXPECT_THROW(parse_json(text), std::invalid_argument) << text;
  }
}

TEST(ParseJson, RefusesMoreBytesThanAllowed) {
  EXPECT_EQ(parse_json("[12]", 4), Json({12}));
  EXPECT_THROW(parse_json("[123]", 4), std::invalid_argument);
}

TEST(ParseJson, TakesTheDeepestNestingThatIsAllowed) {
  EXPECT_NO_THROW(parse_json(nested(256)));
  EXPECT_NO_THROW(parse_json(nested(256, "1")));
  EXPECT_NO_THROW(parse_json(R"({"a": {"b": 1}})", 100, 2));
}

TEST(ParseJson, RefusesOneLevelMore) {
  EXPECT_THROW(parse_json(nested(257, "1")), std::invalid_argument);
  EXPECT_THROW(parse_json(nested(257)), std::invalid_argument);
  EXPECT_THROW(parse_json(R"({"a": {"b": {}}})", 100, 2), std::invalid_argument);
}

TEST(ParseJson, RefusesAMillionLevelsWithoutRunningOutOfStack) {
  EXPECT_THROW(parse_json(nested(1'000'000)), std::invalid_argument);
  EXPECT_THROW(parse_json(std::string(1'000'000, '[')), std::invalid_argument);
}

}  // namespace
}  // namespace ixian::base
