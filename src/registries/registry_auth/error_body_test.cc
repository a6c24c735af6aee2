#include "registry_auth/error_body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace ixian::registry_auth {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

RegistryError the_one(std::string_view body, std::string_view type = "application/json") {
  const auto errors = parse_error_body(body, type);
  EXPECT_EQ(errors.size(), 1u) << body;
  return errors.empty() ? RegistryError{} : errors.front();
}

TEST(ErrorBodyTest, TheSpecificationsShapeIsRead) {
  const auto errors = parse_error_body(
      R"({"errors":[{"code":"manifest_unknown","message":"manifest unknown","detail":{"Tag":"x"}},{"code":"DENIED"}]})",
      "application/json; charset=utf-8");
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0].code, "MANIFEST_UNKNOWN");
  EXPECT_EQ(errors[0].message, "manifest unknown");
  EXPECT_EQ(errors[1].code, "DENIED");
  EXPECT_EQ(errors[1].message, "");
}

TEST(ErrorBodyTest, TheShapesOfOthersAreRead) {
  EXPECT_EQ(the_one(R"({"message":"no such repo"})").message, "no such repo");
  EXPECT_EQ(the_one(R"({"details":"incorrect username or password"})").message,
            "incorrect username or password");
  EXPECT_EQ(the_one(R"({"error":"invalid_grant"})").message, "invalid_grant");
  EXPECT_EQ(the_one(R"({"error":{"code":403,"message":"no billing"}})").message, "no billing");
  EXPECT_EQ(the_one(R"({"errors":["permission denied"]})").message, "permission denied");
  EXPECT_EQ(the_one(R"([{"code":"DENIED","message":"x"}])").code, "DENIED");
  EXPECT_EQ(the_one(R"({"__type":"com.amazon#RepositoryNotFoundException","message":"gone"})").code,
            "REPOSITORYNOTFOUNDEXCEPTION");
  EXPECT_EQ(the_one("404 page not found\n", "text/plain").message, "404 page not found");
}

TEST(ErrorBodyTest, XmlOfObjectStoresIsRead) {
  const RegistryError error = the_one(
      "<?xml version=\"1.0\"?>\n<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism "
      "allowed; only "
      "the X-Amz-Algorithm query parameter &amp; co</Message><HostId>x</HostId></Error>",
      "application/xml");
  EXPECT_EQ(error.code, "INVALIDARGUMENT");
  EXPECT_THAT(error.message, HasSubstr("Only one auth mechanism allowed"));
  EXPECT_THAT(error.message, HasSubstr("parameter & co"));
}

TEST(ErrorBodyTest, OfHtmlTheTitleIsRead) {
  EXPECT_EQ(
      the_one("<!DOCTYPE html><html><head><TITLE>502 Bad\n Gateway</TITLE></head><body><h1>x</h1></body>",
              "text/html")
          .message,
      "502 Bad Gateway");
  EXPECT_EQ(the_one("<html><body><p>Log <b>in</b> first</p></body></html>", "text/html").message,
            "Log in first");
}

TEST(ErrorBodyTest, NothingIsSaidOfNothing) {
  EXPECT_THAT(parse_error_body("", ""), IsEmpty());
  EXPECT_THAT(parse_error_body(" \n", "application/json"), IsEmpty());
  for (const char* body : {"{}", "[]", "\"\"", R"({"errors":[]})", R"({"errors":[{}]})", R"({"errors":null})",
                           R"({"message":{}})"})
    EXPECT_THAT(parse_error_body(body, "application/json"), IsEmpty()) << body;
}

TEST(ErrorBodyTest, TerminalsAreNotTakenOver) {
  const std::string message = the_one(R"({"message":"a\u001b[31mb\u0007\r\nc\u202ed\u009be"})").message;
  EXPECT_EQ(message, "a [31mb c d e");
  EXPECT_EQ(the_one("\x1b]0;title\x07 text\xff\xfe", "text/plain").message, "]0;title text");
}

TEST(ErrorBodyTest, LongMessagesAreCutBetweenCharacters) {
  std::string body = "ä";
  for (int i = 0; i < 16; ++i) body += body;
  const std::string message = the_one(body, "text/plain").message;
  EXPECT_LT(message.size(), 310u);
  EXPECT_TRUE(message.ends_with("ä…"));
}

TEST(ErrorBodyTest, ManyErrorsAreCut) {
  std::string body = R"({"errors":[)";
  for (int i = 0; i < 1000; ++i) body += R"({"code":"X"},)";
  EXPECT_LE(parse_error_body(body + "{}]}", "application/json").size(), 5u);
}

TEST(ErrorBodyTest, CutOrDeepJsonIsShownAsText) {
  EXPECT_THAT(the_one(R"({"errors":[{"code":"DENI)").message, HasSubstr("DENI"));
  EXPECT_THAT(the_one(std::string(5000, '[')).message, HasSubstr("[[["));
}

TEST(ErrorBodyTest, CodesHoldNothingButLetters) {
  EXPECT_EQ(the_one(R"({"errors":[{"code":"a b\u001b","message":"m"}]})").code, "A_B_");
  EXPECT_EQ(the_one(R"({"errors":[{"code":403,"message":"m"}]})").code, "403");
}

TEST(ErrorBodyTest, AnyBytesAreSurvived) {
  std::mt19937 random(3);
  const std::string alphabet = "{}[]\":,<>/errors code message \xff\x1b&amp;";
  for (int round = 0; round < 20'000; ++round) {
    std::string body(1, "{<x\""[random() % 4]);
    for (auto left = random() % 40; left > 0; --left) body += alphabet[random() % alphabet.size()];
    for (const RegistryError& error : parse_error_body(body, "text/html"))
      EXPECT_THAT(error.message, Not(HasSubstr("\x1b")));
  }
}

}  // namespace
}  // namespace ixian::registry_auth
