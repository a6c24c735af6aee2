#include "aws_credentials/role_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/service.h"
#include "aws/timestamp.h"
#include "aws_credentials/credential_chain.h"
#include "testing/aws_machine.h"

namespace ixian::aws_credentials {
namespace {

using namespace std::chrono_literals;
using ixian::testing::AwsMachineTest;
using ixian::testing::FakeAnswer;
using ixian::testing::kStaticKeys;
using ixian::testing::SentRequest;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string sts_answer(const std::string& action, const std::string& key, const std::string& expires) {
  return "<" + action + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" + action +
         "Result><Credentials><AccessKeyId>" + key +
         "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>" +
         expires + "</Expiration></Credentials></" + action + "Result></" + action + "Response>";
}

class RoleTest : public AwsMachineTest {
 protected:
  RoleTest() {
    variables["AWS_PROFILE"] = "top";
    answer = [this](const SentRequest& sent) -> FakeAnswer {
      bodies.push_back(sent.body);
      signers.push_back(sent.signed_by());
      const std::string action = sent.body.substr(7, sent.body.find('&') - 7);
      return {200, sts_answer(action, "ASIA" + std::to_string(bodies.size()), "2026-01-01T01:00:00Z"), {}};
    };
  }

  std::vector<std::string> bodies;
  std::vector<std::string> signers;
};

TEST_F(RoleTest, IsAssumedWithItsSourceProfileInItsRegion) {
  credentials(std::string("[base]\n") + kStaticKeys);
  config(
      "[profile top]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = base\nexternal_id = e 1\n"
      "duration_seconds = 900\nrole_session_name = me\nregion = eu-west-1\n");
  const aws::Credentials found = chain().find();
  EXPECT_EQ(found.access_key_id.reveal(), "ASIA1");
  EXPECT_EQ(found.expires, aws::parse_time(std::string_view("2026-01-01T01:00:00Z")));
  EXPECT_THAT(found.source, AllOf(HasSubstr("arn:aws:iam::1:role/x"), HasSubstr("profile base")));
  EXPECT_THAT(signers, ElementsAre("AKIAFILE"));
  EXPECT_THAT(bodies[0],
              AllOf(HasSubstr("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx"), HasSubstr("ExternalId=e%201"),
                    HasSubstr("DurationSeconds=900"), HasSubstr("RoleSessionName=me")));
  EXPECT_EQ(transport.sent()[0].url(), "https://sts.eu-west-1.amazonaws.com/");
}

TEST_F(RoleTest, ChainsAreWalkedToTheirEnd) {
  credentials(std::string("[base]\n") + kStaticKeys);
  config(
      "[profile top]\nrole_arn = r3\nsource_profile = middle\n[profile middle]\nrole_arn = r2\n"
      "source_profile = low\n[profile low]\nrole_arn = r1\nsource_profile = base\n");
  EXPECT_EQ(key(), "ASIA3");
  EXPECT_THAT(signers, ElementsAre("AKIAFILE", "ASIA1", "ASIA2"));
}

TEST_F(RoleTest, RingsAreRefusedButAProfileWithKeysMayNameItself) {
  config(
      "[profile top]\nrole_arn = r\nsource_profile = other\n[profile other]\nrole_arn = r\nsource_profile = "
      "top\n");
  EXPECT_THAT(failure(), HasSubstr("top → other → top"));
  config("[profile top]\nrole_arn = r\nsource_profile = top\n");
  EXPECT_THAT(failure(), HasSubstr("top → top"));
  EXPECT_THAT(signers, IsEmpty());
  config(std::string("[profile top]\nrole_arn = r\nsource_profile = top\n") + kStaticKeys);
  EXPECT_EQ(key(), "ASIA1");
  EXPECT_THAT(signers, ElementsAre("AKIAFILE"));
}

TEST_F(RoleTest, TheSourceMayBeAPlace) {
  config("[profile top]\nrole_arn = r\ncredential_source = Environment\n");
  EXPECT_THAT(failure(), HasSubstr("credentials of Environment, which has none"));
  options.profile = "top";  // or the environment's keys themselves would be found
  variables["AWS_ACCESS_KEY_ID"] = "AKIAENV";
  variables["AWS_SECRET_ACCESS_KEY"] = "env-secret";
  EXPECT_EQ(key(), "ASIA1");
  EXPECT_THAT(signers, ElementsAre("AKIAENV"));
  config("[profile top]\nrole_arn = r\ncredential_source = Moon\n");
  EXPECT_THAT(failure(), HasSubstr("credential_source Moon"));
}

TEST_F(RoleTest, FaultsOfTheProfileAreNamed) {
  config("[profile top]\nrole_arn = r\n");
  EXPECT_THAT(failure(), HasSubstr("neither source_profile"));
  config("[profile top]\nrole_arn = r\nsource_profile = base\ncredential_source = Environment\n");
  EXPECT_THAT(failure(), HasSubstr("both source_profile"));
  config("[profile top]\nrole_arn = r\nsource_profile = gone\n");
  EXPECT_THAT(failure(), HasSubstr("source_profile gone, which does not exist"));
  config("[profile top]\nrole_arn = r\nsource_profile = empty\n[profile empty]\nregion = eu-west-1\n");
  EXPECT_THAT(failure(), HasSubstr("profile empty"));
  credentials(std::string("[base]\n") + kStaticKeys);
  config("[profile top]\nrole_arn = r\nsource_profile = base\nduration_seconds = 1h\n");
  EXPECT_THAT(failure(), HasSubstr("duration_seconds of profile top"));
  config("[profile top]\nrole_arn = r\nsource_profile = base\nmfa_serial = arn:mfa\n");
  EXPECT_THAT(failure(), AllOf(HasSubstr("arn:mfa"), HasSubstr("cannot ask")));
}

TEST_F(RoleTest, TheOptionsRoleIsAssumedWithWhateverIsFound) {
  variables.erase("AWS_PROFILE");
  variables["AWS_ACCESS_KEY_ID"] = "AKIAENV";
  variables["AWS_SECRET_ACCESS_KEY"] = "env-secret";
  options.role_arn = "arn:role";
  options.external_id = "e";
  options.session_name = "ours";
  EXPECT_EQ(key(), "ASIA1");
  EXPECT_THAT(bodies[0], AllOf(HasSubstr("RoleArn=arn%3Arole"), HasSubstr("ExternalId=e"),
                               HasSubstr("RoleSessionName=ours")));
}

TEST_F(RoleTest, ARefusalOfStsIsNotHiddenBehindTheList) {
  credentials(std::string("[base]\n") + kStaticKeys);
  config("[profile top]\nrole_arn = r\nsource_profile = base\n");
  answer = [](const SentRequest&) -> FakeAnswer {
    return {403,
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no "
            "&lt;way&gt;</Message></Error></ErrorResponse>",
            {}};
  };
  try {
    chain().find();
    FAIL() << "it was found";
  } catch (const aws::ServiceError& error) {
    EXPECT_EQ(error.type, "AccessDenied");
    EXPECT_THAT(error.message(),
                AllOf(HasSubstr("sts:AssumeRole"), HasSubstr("profile base in ~/.aws/credentials")));
    EXPECT_THAT(error.context(), HasSubstr("no <way>"));
  }
}

TEST_F(RoleTest, WebIdentityReadsItsTokenEachTimeAndIsNotSigned) {
  variables.erase("AWS_PROFILE");
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = home.write("token", "first\n");
  EXPECT_THAT(failure(), HasSubstr("AWS_ROLE_ARN"));
  variables["AWS_ROLE_ARN"] = "arn:web";
  CredentialChain chain = this->chain();
  chain.find();
  home.write("token", "second\n");
  clock.advance(1h);
  EXPECT_THROW(chain.find(), base::Error);  // the fake answers what has ended by then
  EXPECT_THAT(bodies[0], HasSubstr("WebIdentityToken=first"));
  EXPECT_THAT(bodies[1], HasSubstr("WebIdentityToken=second"));
  EXPECT_THAT(signers, ElementsAre("", ""));
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = home / "gone";
  EXPECT_THAT(failure(), HasSubstr("~/gone does not exist"));
}

TEST_F(RoleTest, AWebIdentityTokenThatCannotBeReadIsAnErrorOfTheCredentials) {
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = home.path();
  variables["AWS_ROLE_ARN"] = "arn:web";
  variables.erase("AWS_PROFILE");
  try {
    chain().find();
    FAIL() << "a folder was read";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kRegistry);
  }
}

TEST_F(RoleTest, WebIdentityOfAProfile) {
  config("[profile top]\nrole_arn = arn:web\nweb_identity_token_file = " + home.write("token", "of-profile") +
         "\n");
  EXPECT_EQ(key(), "ASIA1");
  EXPECT_THAT(bodies[0], AllOf(HasSubstr("AssumeRoleWithWebIdentity"), HasSubstr("of-profile")));
}

}  // namespace
}  // namespace ixian::aws_credentials
