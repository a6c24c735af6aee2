#include "oci/descriptor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "oci/media_types.h"

namespace ixian::oci {
namespace {

using base::Json;
using ::testing::AllOf;
using ::testing::HasSubstr;

Json layer() {
  return {{"mediaType", kOciLayerGzip}, {"digest", Digest::of("abc").text()}, {"size", 3}};
}

std::string refusal(const Json& json) {
  try {
    descriptor_from_json(json, "layers[2]");
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

std::string refusal_with(const std::string& key, const Json& value) {
  Json json = layer();
  json[key] = value;
  return refusal(json);
}

TEST(DescriptorJson, KeepsEveryFieldThatIsSpecified) {
  Json json = layer();
  json["platform"] = {{"os", "linux"}, {"architecture", "arm64"}, {"variant", "v8"}};
  json["annotations"] = {{"a", "1"}, {"b", ""}};
  json["urls"] = {"https://example.com/layer"};
  json["artifactType"] = "application/example";
  const Descriptor descriptor = descriptor_from_json(json, "layers[2]");
  EXPECT_EQ(descriptor.media_type, kOciLayerGzip);
  EXPECT_EQ(descriptor.digest, Digest::of("abc"));
  EXPECT_EQ(descriptor.size, 3U);
  EXPECT_EQ(descriptor.platform->text(), "linux/arm64/v8");
  EXPECT_EQ(to_json(descriptor), json);
}

TEST(DescriptorJson, IgnoresUnknownFieldsAndTakesNullForAbsent) {
  Json json = layer();
  json["data"] = "YWJj";
  json["x"] = {1, 2};
  for (const char* key : {"platform", "annotations", "urls", "artifactType"}) json[key] = nullptr;
  EXPECT_EQ(to_json(descriptor_from_json(json, "layers[2]")), layer());
}

TEST(DescriptorJson, TakesSizesUpTo2To63Minus1) {
  Json json = layer();
  json["size"] = 9223372036854775807ULL;
  EXPECT_EQ(descriptor_from_json(json, "x").size, 9223372036854775807ULL);
  json["size"] = 0;
  EXPECT_EQ(descriptor_from_json(json, "x").size, 0U);
}

TEST(DescriptorJson, RefusesEveryOtherSize) {
  for (const char* size :
       {"9223372036854775808", "18446744073709551615", "18446744073709551616", "-1", "-0.0", "3.0", "3e0",
        "1e3", "1e300", "\"3\"", "true", "[3]", "{}", "-9223372036854775808"}) {
    EXPECT_THAT(refusal_with("size", base::parse_json(size)), HasSubstr("layers[2].size")) << size;
  }
  EXPECT_THAT(refusal_with("size", nullptr), HasSubstr("layers[2].size is missing"));
}

TEST(DescriptorJson, RefusesHostileDigests) {
  for (const std::string& digest :
       {std::string("sha256:../../x"), "sha256:" + std::string(64, 'A'), std::string(),
        std::string("sha256:"), "sha256:" + std::string(62, 'a') + "/.", std::string(1'000'000, 'a'),
        std::string("\x1b[2J")}) {
    const std::string message = refusal_with("digest", digest);
    EXPECT_THAT(message, AllOf(HasSubstr("layers[2].digest"), HasSubstr("not a SHA-256")));
    EXPECT_LT(message.size(), 600U);
    EXPECT_EQ(message.find('\x1b'), std::string::npos);
  }
  EXPECT_NE(refusal_with("digest", 1), "");
  EXPECT_NE(refusal_with("digest", nullptr), "");
}

TEST(DescriptorJson, RefusesOtherTypes) {
  EXPECT_THAT(refusal(Json::array()), HasSubstr("layers[2] is not an object"));
  EXPECT_THAT(refusal("x"), HasSubstr("layers[2]"));
  EXPECT_THAT(refusal(nullptr), HasSubstr("layers[2]"));
  EXPECT_THAT(refusal_with("mediaType", nullptr), HasSubstr("layers[2].mediaType is missing"));
  EXPECT_THAT(refusal_with("mediaType", ""), HasSubstr("layers[2].mediaType is missing"));
  EXPECT_THAT(refusal_with("mediaType", 7), HasSubstr("layers[2].mediaType"));
  EXPECT_THAT(refusal_with("annotations", {1}), HasSubstr("layers[2].annotations"));
  EXPECT_THAT(refusal_with("annotations", {{"a", 1}}), HasSubstr("layers[2].annotations"));
  EXPECT_THAT(refusal_with("urls", "https://x"), HasSubstr("layers[2].urls"));
  EXPECT_THAT(refusal_with("urls", {1}), HasSubstr("layers[2].urls"));
  EXPECT_THAT(refusal_with("platform", "linux"), HasSubstr("layers[2].platform"));
  EXPECT_THAT(refusal_with("platform", {{"os", 1}}), HasSubstr("layers[2].platform"));
}

TEST(DescriptorJson, AMediaTypeCannotCarryAHeader) {
  for (const std::string& type : {std::string("a/b\r\nX: y"), std::string("a/b\n"), std::string("ab"),
                                  std::string("a/\xc3\xbc"), "a/" + std::string(300, 'b')}) {
    EXPECT_THAT(refusal_with("mediaType", type), HasSubstr("not a media type")) << type;
    EXPECT_THAT(refusal_with("artifactType", type), HasSubstr("not a media type")) << type;
  }
}

TEST(DescriptorJson, RefusesFieldsThatOtherReadersWouldTakeForSpecifiedOnes) {
  for (const char* key : {"Size", "SIZE", "Digest", "mediatype", "URLS", "\xc5\xbfize", "dige\xc5\xbft"}) {
    EXPECT_THAT(refusal_with(key, 4), HasSubstr("is not spelt")) << key;
  }
  EXPECT_EQ(refusal_with("sizes", 4), "");
  EXPECT_EQ(refusal_with("Data", "x"), "");
}

TEST(Descriptor, SameContentIsDigestAndSize) {
  Descriptor a = descriptor_from_json(layer(), "a");
  Descriptor b = a;
  b.media_type = kDockerLayerGzip;
  EXPECT_TRUE(a.same_content(b));
  EXPECT_NE(a, b);
  b.size = 4;
  EXPECT_FALSE(a.same_content(b));
}

}  // namespace
}  // namespace ixian::oci
