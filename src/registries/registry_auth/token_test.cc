#include "registry_auth/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace ixian::registry_auth {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;
using std::chrono::system_clock;
using ::testing::HasSubstr;
using ::testing::Not;

const system_clock::time_point kNow{1'700'000'000s};  // 2023-11-14T22:13:20Z

seconds lifetime(const std::string& members) {
  return parse_token(R"({"token":"t",)" + members + "}", kNow).lifetime;
}

std::string reason(const std::string& body) {
  try {
    parse_token(body, kNow);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  ADD_FAILURE() << "taken for a token: " << body.substr(0, 100);
  return "";
}

TEST(ScopeTest, IsWrittenAsTheSpecificationSays) {
  EXPECT_EQ(push_scope("team/app").front().text(), "repository:team/app:pull,push");
  EXPECT_EQ(pull_scope("a").front().text(), "repository:a:pull");
}

TEST(ScopeTest, ColonsBelongToNames) {
  const Scopes scopes = parse_scopes("repository:host:5000/a:pull,push registry:catalog:*");
  ASSERT_EQ(scopes.size(), 2u);
  EXPECT_EQ(scopes[0].repository, "host:5000/a");
  EXPECT_EQ(scopes[1].type, "registry");
  EXPECT_EQ(scopes[1].text(), "registry:catalog:*");
}

TEST(ScopeTest, WhatIsNoScopeIsLeftOut) {
  EXPECT_TRUE(parse_scopes("").empty());
  EXPECT_TRUE(parse_scopes("  : :: a:b a::pull :a:pull repository:x: repository:x:,,").empty());
}

TEST(ScopeTest, WhoeverPushesComesFirst) {
  const Scopes scopes = merge(pull_scope("from"), push_scope("to"));
  ASSERT_EQ(scopes.size(), 2u);
  EXPECT_EQ(scopes[0].repository, "to");
}

TEST(ScopeTest, ActionsOfOneRepositoryAreMerged) {
  EXPECT_EQ(merge(pull_scope("a"), push_scope("a")), push_scope("a"));
}

TEST(ScopeTest, MoreRightsCoverFewer) {
  EXPECT_TRUE(covers(push_scope("a"), pull_scope("a")));
  EXPECT_FALSE(covers(pull_scope("a"), push_scope("a")));
  EXPECT_FALSE(covers(push_scope("a"), pull_scope("b")));
  EXPECT_TRUE(covers(pull_scope("a"), {}));
}

TEST(TokenTest, BothNamesOfTheTokenAreRead) {
  EXPECT_EQ(parse_token(R"({"token":"a"})", kNow).value.reveal(), "a");
  EXPECT_EQ(parse_token(R"({"access_token":"b"})", kNow).value.reveal(), "b");
  EXPECT_EQ(parse_token(R"({"token":"","access_token":"b"})", kNow).value.reveal(), "b");
  EXPECT_EQ(parse_token(R"({"token":null,"access_token":"b"})", kNow).value.reveal(), "b");
}

TEST(TokenTest, LifetimesAreRead) {
  EXPECT_EQ(lifetime(R"("expires_in":300)"), 300s);
  EXPECT_EQ(lifetime(R"("expires_in":300.9)"), 300s);
  EXPECT_EQ(lifetime(R"("expires_in":"300")"), 300s);
}

TEST(TokenTest, WithoutALifetimeThatMakesSenseItIsAMinute) {
  for (const char* member :
       {R"("x":1)", R"("expires_in":0)", R"("expires_in":-5)", R"("expires_in":-9223372036854775808)",
        R"("expires_in":null)", R"("expires_in":"soon")", R"("expires_in":"nan")", R"("expires_in":[])",
        R"("expires_in":0.5)"})
    EXPECT_EQ(lifetime(member), 60s) << member;
}

TEST(TokenTest, HugeLifetimesAreCutToADay) {
  for (const char* member : {R"("expires_in":9223372036854775807)", R"("expires_in":18446744073709551616)",
                             R"("expires_in":1e300)", R"("expires_in":"inf")", R"("expires_in":86401)"})
    EXPECT_LE(lifetime(member), 24h) << member;
  EXPECT_EQ(lifetime(R"("expires_in":9223372036854775807)"), 24h);
}

TEST(TokenTest, TheTimeOfIssueCounts) {
  EXPECT_EQ(lifetime(R"("expires_in":300,"issued_at":"2023-11-14T22:12:20Z")"), 240s);
  EXPECT_EQ(lifetime(R"("expires_in":300,"issued_at":"2023-11-14T23:12:20.123456789+01:00")"), 240s);
}

TEST(TokenTest, TimesOfIssueThatMakeNoSenseDoNotCount) {
  for (const char* date : {"2024-11-14T22:12:20Z", "2001-01-01T00:00:00Z", "0000-00-00T00:00:00Z",
                           "9999-12-31T23:59:59Z", "2023-11-14", "yesterday", "2023-13-14T22:12:20Z",
                           "2023-11-14T22:12:20", "2023-11-14T99:12:20Z", "-023-11-14T22:12:20Z", ""})
    EXPECT_EQ(lifetime(R"("expires_in":300,"issued_at":")" + std::string(date) + "\""), 300s) << date;
  EXPECT_EQ(lifetime(R"("expires_in":300,"issued_at":12)"), 300s);
}

TEST(TokenTest, WhatIsNoTokenIsRefusedWithoutRepeatingIt) {
  EXPECT_THAT(reason("<html>canary</html>"), Not(HasSubstr("canary")));
  EXPECT_THAT(reason(R"({"token":"canary\r\nX-Evil: 1"})"), Not(HasSubstr("canary")));
  EXPECT_THAT(reason(R"({"tokens":"canary"})"), Not(HasSubstr("canary")));
  reason("");
  reason("[]");
  reason(R"("text")");
  reason(R"({"token":5})");
  reason(R"({"token":""})");
  reason(R"({"token":"with space"})");
  reason(R"({"token":"ümlaut"})");
  reason(R"({"token":")" + std::string(70'000, 'x') + "\"}");
  reason(std::string(1000, '['));
}

TEST(RenewalMarginTest, IsATenthAtLeastTenSecondsAtMostHalf) {
  EXPECT_EQ(renewal_margin(3600s), 360s);
  EXPECT_EQ(renewal_margin(60s), 10s);
  EXPECT_EQ(renewal_margin(10s), 5s);
  EXPECT_EQ(renewal_margin(1s), 0s);
}

}  // namespace
}  // namespace ixian::registry_auth
