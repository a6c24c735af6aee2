#include "registry_auth/challenge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace ixian::registry_auth {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::vector<std::string> schemes(const std::vector<Challenge>& challenges) {
  std::vector<std::string> names;
  for (const Challenge& challenge : challenges) names.push_back(challenge.scheme);
  return names;
}

Challenge one(std::string_view field) {
  const auto challenges = parse_challenges({field});
  EXPECT_EQ(challenges.size(), 1u) << field;
  return challenges.empty() ? Challenge{} : challenges.front();
}

TEST(ChallengeTest, CommasWithinQuotesDoNotSeparate) {
  const Challenge challenge = one(
      R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/a:pull,push")");
  EXPECT_EQ(challenge.scheme, "bearer");
  EXPECT_THAT(challenge.parameters, UnorderedElementsAre(Pair("realm", "https://auth.docker.io/token"),
                                                         Pair("service", "registry.docker.io"),
                                                         Pair("scope", "repository:library/a:pull,push")));
}

TEST(ChallengeTest, ValuesNeedNoQuotes) {
  EXPECT_THAT(one("Bearer realm=https://r.example.com/openshift/token").parameters,
              ElementsAre(Pair("realm", "https://r.example.com/openshift/token")));
  EXPECT_THAT(one("Basic realm=https://a:5000/x?y=z, service=s").parameters,
              UnorderedElementsAre(Pair("realm", "https://a:5000/x?y=z"), Pair("service", "s")));
}

TEST(ChallengeTest, SchemesAndNamesAreOfAnyCase) {
  const Challenge challenge = one(R"(BEARER Realm="X",SERVICE="Y")");
  EXPECT_EQ(challenge.scheme, "bearer");
  EXPECT_THAT(challenge.parameters, UnorderedElementsAre(Pair("realm", "X"), Pair("service", "Y")));
}

TEST(ChallengeTest, OneFieldMayHoldSeveralChallenges) {
  const auto challenges = parse_challenges(
      {R"(Negotiate, Basic realm="a, b" , Bearer realm="c",scope="x:y:pull,push", Digest nonce=1)"});
  EXPECT_THAT(schemes(challenges), ElementsAre("negotiate", "basic", "bearer", "digest"));
  EXPECT_EQ(challenges[1].parameters.at("realm"), "a, b");
  EXPECT_EQ(challenges[2].parameters.at("scope"), "x:y:pull,push");
  EXPECT_EQ(challenges[3].parameters.at("nonce"), "1");
}

TEST(ChallengeTest, SeveralFieldsAreReadInOrder) {
  EXPECT_THAT(schemes(parse_challenges({R"(Basic realm="x")", R"(Bearer realm="y")"})),
              ElementsAre("basic", "bearer"));
}

TEST(ChallengeTest, EscapesWithinQuotesAreUndone) {
  EXPECT_EQ(one(R"(Basic realm="say \"hi\\\", Bearer realm=x")").parameters.at("realm"),
            R"(say "hi\", Bearer realm=x)");
}

TEST(ChallengeTest, SpacesAroundEqualsAndSpareCommasAreLetOff) {
  EXPECT_THAT(one(R"( ,, Bearer  realm = "a" ,, service= b , )").parameters,
              UnorderedElementsAre(Pair("realm", "a"), Pair("service", "b")));
}

TEST(ChallengeTest, ParametersWithoutCommasBetweenThemAreRead) {
  EXPECT_THAT(one(R"(Bearer realm="a" service="b")").parameters,
              UnorderedElementsAre(Pair("realm", "a"), Pair("service", "b")));
}

TEST(ChallengeTest, AnOpenQuoteEndsWithTheField) {
  EXPECT_EQ(one(R"(Bearer realm="https://x)").parameters.at("realm"), "https://x");
  EXPECT_EQ(one("Bearer realm=\"x\\").parameters.at("realm"), "x\\");
}

TEST(ChallengeTest, WhatStandsAloneBehindASchemeIsAToken68) {
  EXPECT_EQ(one("Negotiate YIIabc/+==").token68, "YIIabc/+==");
  const auto challenges = parse_challenges({"NTLM TlRM, Basic realm=x"});
  EXPECT_THAT(schemes(challenges), ElementsAre("ntlm", "basic"));
  EXPECT_EQ(challenges[0].token68, "TlRM");
}

TEST(ChallengeTest, ASchemeMayStandAlone) {
  EXPECT_EQ(one("Bearer").scheme, "bearer");
  EXPECT_TRUE(one("Bearer").parameters.empty());
}

TEST(ChallengeTest, TheFirstOfTwoParametersCounts) {
  EXPECT_EQ(one(R"(Bearer realm="good",realm="evil")").parameters.at("realm"), "good");
}

TEST(ChallengeTest, WhatCannotBeReadIsLeftOut) {
  EXPECT_TRUE(parse_challenges({}).empty());
  EXPECT_TRUE(parse_challenges({"", " , ,", "\"\"", "==,=", std::string_view("\0\x01\xff", 3)}).empty());
  EXPECT_TRUE(parse_challenges({R"(realm="without a scheme")"}).empty());
}

TEST(ChallengeTest, AFloodOfChallengesIsCut) {
  std::string field;
  for (int i = 0; i < 100'000; ++i) field += "s" + std::to_string(i) + " a=b,";
  EXPECT_LE(parse_challenges({field}).size(), 32u);
  std::string parameters = "Bearer ";
  for (int i = 0; i < 100'000; ++i) parameters += "p" + std::to_string(i) + "=b,";
  EXPECT_LE(one(parameters).parameters.size(), 64u);
}

TEST(ChallengeTest, AnyBytesAreSurvived) {
  std::mt19937 random(1);
  const std::string alphabet = "aB=\",\\ ;\t:/\0\xff";
  for (int round = 0; round < 20'000; ++round) {
    std::string field;
    for (auto left = random() % 24; left > 0; --left) field += alphabet[random() % alphabet.size()];
    for (const Challenge& challenge : parse_challenges({field, "Basic " + field}))
      EXPECT_FALSE(challenge.scheme.empty());
  }
}

}  // namespace
}  // namespace ixian::registry_auth
