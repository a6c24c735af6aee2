#include "base/base64.h"

#include <gtest/gtest.h>

namespace ixian::base {
namespace {

std::string decoded(std::string_view text) {
  const auto secret = decode_base64(text);
  return secret ? secret->reveal() : "(none)";
}

TEST(Base64Test, TheSpecificationsExamplesGoBothWays) {
  const std::pair<std::string, std::string> examples[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : examples) {
    EXPECT_EQ(encode_base64(bytes).reveal(), text);
    EXPECT_EQ(decoded(text), bytes);
  }
}

TEST(Base64Test, AllBytesSurvive) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(decoded(encode_base64(bytes).reveal()), bytes);
}

TEST(Base64Test, UrlsHaveAnAlphabetOfTheirOwn) {
  EXPECT_EQ(encode_base64_url("\xfb\xff\xbf\xff").reveal(), "-_-__w==");
}

TEST(Base64Test, PaddingMayBeMissingAndLinesBroken) {
  EXPECT_EQ(decoded("Zm9v\nYg"), "foob");
  EXPECT_EQ(decoded(" Zm 9v\tYg==\r\n"), "foob");
  EXPECT_EQ(decoded("-_-_"), "\xfb\xff\xbf");
}

TEST(Base64Test, WhatIsNotBase64IsNone) {
  for (const char* text : {"Z", "Zm9vY", "Zg==Zg==", "Zm9v!", "Zg===", "pass:word"})
    EXPECT_EQ(decoded(text), "(none)") << text;
}

TEST(BasicAuthorizationTest, UserAndPasswordAreJoinedByAColon) {
  EXPECT_EQ(basic_authorization("Aladdin", Secret("open sesame")).reveal(),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

}  // namespace
}  // namespace ixian::base
