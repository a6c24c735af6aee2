#include <gtest/gtest.h>

#include "auth/docker_config.h"
#include "base/base64.h"

namespace ixian::auth {
namespace {

std::string with_auth(const std::string& decoded) {
  return R"({"auth":")" + base::encode_base64(decoded).reveal() + "\"}";
}

TEST(AuthEntryTest, AuthIsSplitAtTheFirstColon) {
  const auto credential = parse_auth_entry(with_auth("ci:pass:word"));
  ASSERT_TRUE(credential);
  EXPECT_EQ(credential->username, "ci");
  EXPECT_EQ(credential->password.reveal(), "pass:word");
}

TEST(AuthEntryTest, NulsAreStripped) {
  const auto credential = parse_auth_entry(with_auth(std::string("ci:pw\0\0\0", 8)));
  ASSERT_TRUE(credential);
  EXPECT_EQ(credential->password.reveal(), "pw");
}

TEST(AuthEntryTest, NamesInTheClearAreRead) {
  const auto credential = parse_auth_entry(R"({"username":"ci","password":"pw"})");
  ASSERT_TRUE(credential);
  EXPECT_EQ(credential->username, "ci");
  EXPECT_EQ(credential->password.reveal(), "pw");
}

TEST(AuthEntryTest, TokensAreRead) {
  EXPECT_EQ(parse_auth_entry(R"({"identitytoken":"refresh"})")->identity_token.reveal(), "refresh");
  EXPECT_EQ(parse_auth_entry(R"({"registrytoken":"bearer"})")->bearer.reveal(), "bearer");

  // As Docker leaves it for Azure: a user without a password, and a token.
  std::string entry = with_auth("00000000-0000-0000-0000-000000000000:");
  entry.insert(entry.size() - 1, R"(,"identitytoken":"refresh")");
  const auto credential = parse_auth_entry(entry);
  ASSERT_TRUE(credential);
  EXPECT_EQ(credential->username, "00000000-0000-0000-0000-000000000000");
  EXPECT_TRUE(credential->password.empty());
  EXPECT_EQ(credential->identity_token.reveal(), "refresh");
}

TEST(AuthEntryTest, WhatHoldsNothingIsNone) {
  for (const std::string& entry :
       {std::string("{}"), std::string("[]"), std::string("null"), std::string("\"x\""), std::string(""),
        std::string("{"), std::string(R"({"auth":"%%%"})"), std::string(R"({"auth":5})"),
        std::string(R"({"auth":""})"), std::string(R"({"username":"ci"})"),
        std::string(R"({"password":"pw"})"), with_auth("no colon"), with_auth(":pw"), with_auth("ci:"),
        with_auth(std::string("ci:\0\0", 5))})
    EXPECT_FALSE(parse_auth_entry(entry)) << entry;
}

}  // namespace
}  // namespace ixian::auth
