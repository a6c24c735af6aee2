#include "aws/ecr.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "aws/endpoints.h"
#include "aws/service.h"
#include "testing/temp_folder.h"

namespace ixian::aws {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(EcrHostTest, SaysAccountRegionAndKind) {
  struct Case {
    const char* host;
    const char* region;
    bool fips;
  };
  for (const Case& it : {Case{"123456789012.dkr.ecr.eu-west-1.amazonaws.com", "eu-west-1", false},
                         Case{"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1", false},
                         Case{"123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1", true},
                         Case{"123456789012.dkr-ecr.us-east-2.on.aws", "us-east-2", false},
                         Case{"123456789012.dkr-ecr-fips.us-east-2.on.aws", "us-east-2", true},
                         Case{"123456789012.DKR.ECR.EU-WEST-1.amazonaws.com", "eu-west-1", false}}) {
    const auto host = parse_ecr_host(it.host);
    ASSERT_TRUE(host) << it.host;
    EXPECT_EQ(host->account, "123456789012");
    EXPECT_EQ(host->region, it.region);
    EXPECT_EQ(host->fips, it.fips);
    EXPECT_FALSE(host->is_public);
  }
  EXPECT_TRUE(parse_ecr_host("public.ecr.aws")->is_public);
  EXPECT_EQ(parse_ecr_host("public.ecr.aws")->region, "us-east-1");
}

TEST(EcrHostTest, NamesThatOnlyLookLikeItAreNotAmazons) {
  for (const char* host :
       {"", "docker.io", "123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.com",
        "12345.dkr.ecr.eu-west-1.amazonaws.com", "x23456789012.dkr.ecr.eu-west-1.amazonaws.com",
        "123456789012.dkr.ecr.amazonaws.com", "123456789012.dkr.ecr..amazonaws.com",
        "123456789012.dkr.ecr.eu-west-1", "123456789012.dkr.ecr.eu/x.amazonaws.com",
        "123456789012.dkr.ecr-fast.eu-west-1.amazonaws.com",
        "evil.123456789012.dkr.ecr.eu-west-1.amazonaws.com", "public.ecr.aws.evil.com",
        "1234567890123.dkr.ecr.eu-west-1.amazonaws.com"}) {
    EXPECT_FALSE(parse_ecr_host(host)) << host;
  }
}

TEST(EcrTokenAnswerTest, PrivateIsAListAndPublicIsNot) {
  const std::string data = R"({"authorizationToken": "QVdTOnBhc3M6d29yZA==", "expiresAt": 1767268800.5})";
  const EcrToken token = parse_token_answer(R"({"authorizationData": [)" + data + "]}", false);
  EXPECT_EQ(token.password.reveal(), "pass:word");
  EXPECT_EQ(token.expires.time_since_epoch(), 1767268800500ms);
  EXPECT_EQ(parse_token_answer(R"({"authorizationData": )" + data + "}", true).password.reveal(),
            "pass:word");
  EXPECT_THROW(parse_token_answer(R"({"authorizationData": )" + data + "}", false), std::invalid_argument);
  EXPECT_THROW(parse_token_answer(R"({"authorizationData": [)" + data + "]}", true), std::invalid_argument);
}

TEST(EcrTokenAnswerTest, AnythingElseIsRefusedWithoutRepeatingIt) {
  for (const char* json :
       {"", "canary", "[]", "{}", R"({"authorizationData": []})", R"({"authorizationData": ["canary"]})",
        R"({"authorizationData": [{}]})",
        R"({"authorizationData": [{"authorizationToken": 1, "expiresAt": 1}]})",
        R"({"authorizationData": [{"authorizationToken": "Y2FuYXJ5", "expiresAt": 1}]})",  // no "AWS:"
        R"({"authorizationData": [{"authorizationToken": "QVdTOg==", "expiresAt": 1}]})",  // no password
        R"({"authorizationData": [{"authorizationToken": "canary!!", "expiresAt": 1}]})",
        R"({"authorizationData": [{"authorizationToken": "QVdTOnBhc3M="}]})",
        R"({"authorizationData": [{"authorizationToken": "QVdTOnBhc3M=", "expiresAt": "canary"}]})",
        R"({"authorizationData": [{"authorizationToken": "canary)"}) {
    try {
      parse_token_answer(json, false);
      ADD_FAILURE() << json;
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("canary")));
    }
  }
  std::string deep(5000, '[');
  EXPECT_THROW(parse_token_answer(deep, false), std::invalid_argument);
}

// amazon-ecr-credential-helper#7: half of the life was added to the end instead of taken off it, so that a
// token from the day before counted as valid.
TEST(EcrTokenTest, IsDueAtHalfItsLifeAndNeverGoodAfterItsEnd) {
  EcrToken token;
  token.issued = std::chrono::system_clock::time_point(std::chrono::hours(1000));
  token.expires = token.issued + 12h;
  EXPECT_FALSE(token.due(token.issued + 5h));
  EXPECT_TRUE(token.due(token.issued + 6h));
  EXPECT_FALSE(token.expired(token.issued + 6h));
  EXPECT_FALSE(token.expired(token.expires - 1s));
  EXPECT_TRUE(token.expired(token.expires));
  EXPECT_TRUE(token.expired(token.issued + 15h + 18min));  // as in that report
  EXPECT_TRUE(token.due(token.issued + 15h + 18min));
}

class EndpointTest : public ::testing::Test {
 protected:
  Environment environment() {
    return {[this](const std::string& name) -> std::optional<std::string> {
              const auto found = variables.find(name);
              return found == variables.end() ? std::nullopt : std::optional(found->second);
            },
            home.path()};
  }

  const ixian::testing::TempFolder home;
  std::map<std::string, std::string> variables;
  ClientOptions options;
};

TEST_F(EndpointTest, EachRegionHasItsOwn) {
  EXPECT_EQ(ecr("eu-west-1", options, false, environment()).endpoint,
            "https://api.ecr.eu-west-1.amazonaws.com");
  EXPECT_EQ(ecr("cn-north-1", options, false, environment()).endpoint,
            "https://api.ecr.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(ecr("us-gov-west-1", options, true, environment()).endpoint,
            "https://ecr-fips.us-gov-west-1.amazonaws.com");
  EXPECT_EQ(ecr_public(options, environment()).endpoint, "https://api.ecr-public.us-east-1.amazonaws.com");
  EXPECT_EQ(ssm("eu-west-1", options, environment()).endpoint, "https://ssm.eu-west-1.amazonaws.com");
  EXPECT_EQ(secrets_manager("eu-west-1", options, environment()).endpoint,
            "https://secretsmanager.eu-west-1.amazonaws.com");
  EXPECT_EQ(sts("eu-west-1", options, environment()).endpoint, "https://sts.eu-west-1.amazonaws.com");
  EXPECT_EQ(sts("", options, environment()).endpoint, "https://sts.amazonaws.com");
  EXPECT_EQ(dns_suffix("us-isob-east-1"), "sc2s.sgov.gov");
}

TEST_F(EndpointTest, IsTheOptionsThenTheServicesThenTheGeneralThenTheProfiles) {
  home.write("config",
             "[default]\nservices = mine\nendpoint_url = http://profile\n"
             "[services mine]\necr_public =\n  endpoint_url = http://section\n");
  variables["AWS_CONFIG_FILE"] = home / "config";
  EXPECT_EQ(ecr("eu-west-1", options, false, environment()).endpoint, "http://profile");
  EXPECT_EQ(ecr_public(options, environment()).endpoint, "http://section");
  variables["AWS_ENDPOINT_URL"] = "http://general/";
  EXPECT_EQ(ecr("eu-west-1", options, false, environment()).endpoint, "http://general");
  variables["AWS_ENDPOINT_URL_ECR"] = "http://service";
  EXPECT_EQ(ecr("eu-west-1", options, false, environment()).endpoint, "http://service");
  EXPECT_EQ(ssm("eu-west-1", options, environment()).endpoint, "http://general");
  variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "TRUE";
  EXPECT_EQ(ssm("eu-west-1", options, environment()).endpoint, "https://ssm.eu-west-1.amazonaws.com");
  options.endpoint_url = "http://127.0.0.1:1/";
  EXPECT_EQ(ssm("eu-west-1", options, environment()).endpoint, "http://127.0.0.1:1");
}

TEST_F(EndpointTest, ARegionCannotSmuggleAHost) {
  for (const char* region : {"", "evil.com/", "eu-west-1@evil.com", "EU", "-x", "x-", "a b", "eu_west"}) {
    EXPECT_THROW(ecr(region, options, false, environment()), base::Error) << region;
  }
  options.endpoint_url = "https://user:secret@host";
  EXPECT_THROW(ecr("eu-west-1", options, false, environment()), base::Error);
}

}  // namespace
}  // namespace ixian::aws
