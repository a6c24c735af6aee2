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

std::string strict_reason(std::string_view text) {
  try {
    parse_json_strict(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(ParseJsonStrict, TakesWhatParseJsonTakes) {
  const std::string text = R"({"a":[1,-2,3.5,"x",null,false],"b":{},"c":[{"a":1},{"a":2}]})";
  EXPECT_EQ(canonical_json(parse_json_strict(text)), text);
}

TEST(ParseJsonStrict, RefusesAKeyThatIsThereTwice) {
  for (const char* text : {R"({"a":1,"a":1})", R"({"a":1,"b":{"a":2},"a":3})", R"([[{"x":{"":0,"":1}}]])",
                           R"({"a":{"b":1},"a":2})", R"({"layers":1,"l\u0061yers":2})"}) {
    EXPECT_NE(strict_reason(text).find("duplicate key"), std::string::npos) << text;
  }
}

TEST(ParseJsonStrict, TheSameKeyInDifferentObjectsIsFine) {
  EXPECT_EQ(strict_reason(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]})"), "");
  EXPECT_EQ(strict_reason(R"({"a":1,"A":2})"), "");
}

TEST(ParseJsonStrict, RefusesDepthAndSizeAndAByteOrderMark) {
  EXPECT_EQ(strict_reason(nested(256)), "");
  EXPECT_EQ(strict_reason(nested(257)), "nested deeper than 256 levels");
  EXPECT_EQ(strict_reason(std::string(1'000'000, '[')), "nested deeper than 256 levels");
  EXPECT_THROW(parse_json_strict("[123]", 4), std::invalid_argument);
  EXPECT_EQ(strict_reason("\xef\xbb\xbf[]"), "it starts with a byte order mark");
}

TEST(ParseJsonStrict, ReasonsAreShortAndPrintable) {
  const std::string huge(1'000'000, 'x');
  for (const std::string& text :
       {"\"" + huge, "{\"" + huge + "\":1,\"" + huge + "\":1}", std::string("\"\x1b[2J\n"),
        std::string("\"\xff"), std::string("{\"\\u001b\":1,\"\\u001b\":1}")}) {
    const std::string why = strict_reason(text);
    EXPECT_FALSE(why.empty());
    EXPECT_LT(why.size(), 700U);
    for (const char c : why) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << why;
    EXPECT_EQ(why.find("json.exception"), std::string::npos) << why;
  }
}

}  // namespace
}  // namespace ixian::base
