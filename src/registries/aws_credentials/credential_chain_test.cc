#include "aws_credentials/credential_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "aws/timestamp.h"
#include "base/time.h"
#include "testing/aws_machine.h"

namespace ixian::aws_credentials {
namespace {

using namespace std::chrono_literals;
using ixian::testing::AwsMachineTest;
using ixian::testing::FakeAnswer;
using ixian::testing::kStaticKeys;
using ixian::testing::SentRequest;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using ChainTest = AwsMachineTest;

TEST_F(ChainTest, NothingAnywhereListsEachPlace) {
  EXPECT_THAT(
      failure(),
      AllOf(HasSubstr("no AWS credentials"), HasSubstr("AWS_ACCESS_KEY_ID is not set"),
            HasSubstr("no profile default in ~/.aws/credentials"), HasSubstr("AWS_WEB_IDENTITY_TOKEN_FILE"),
            HasSubstr("AWS_EC2_METADATA_DISABLED is true"), HasSubstr("the AWS CLI is not on PATH")));
  EXPECT_THAT(transport.sent(), IsEmpty());
}

TEST_F(ChainTest, OptionsBeatTheEnvironmentWhichBeatsFiles) {
  credentials(std::string("[default]\n") + kStaticKeys);
  EXPECT_EQ(key(), "AKIAFILE");
  variables["AWS_ACCESS_KEY_ID"] = "AKIAENV";
  variables["AWS_SECRET_ACCESS_KEY"] = "env-secret";
  variables["AWS_SESSION_TOKEN"] = "env-token";
  const aws::Credentials found = chain().find();
  EXPECT_EQ(found.access_key_id.reveal(), "AKIAENV");
  EXPECT_EQ(found.session_token.reveal(), "env-token");
  EXPECT_EQ(found.source, "the environment");
  options.access_key_id = base::Secret("AKIAOPTION");
  options.secret_access_key = base::Secret("option-secret");
  EXPECT_EQ(key(), "AKIAOPTION");
}

TEST_F(ChainTest, AProfileOfTheOptionsBeatsTheEnvironment) {
  variables["AWS_ACCESS_KEY_ID"] = "AKIAENV";
  variables["AWS_SECRET_ACCESS_KEY"] = "env-secret";
  credentials(std::string("[ci]\n") + kStaticKeys);
  variables["AWS_PROFILE"] = "ci";
  EXPECT_EQ(key(), "AKIAENV");
  options.profile = "ci";
  const aws::Credentials found = chain().find();
  EXPECT_EQ(found.access_key_id.reveal(), "AKIAFILE");
  EXPECT_EQ(found.source, "profile ci in ~/.aws/credentials");
}

TEST_F(ChainTest, TheCredentialsFileBeatsTheConfigFile) {
  config("[profile ci]\naws_access_key_id = AKIACONFIG\naws_secret_access_key = x\nregion = eu-west-1\n");
  variables["AWS_PROFILE"] = "ci";
  EXPECT_EQ(key(), "AKIACONFIG");
  credentials(std::string("[ci]\n") + kStaticKeys);
  EXPECT_EQ(key(), "AKIAFILE");
}

TEST_F(ChainTest, FilesMayLieElsewhere) {
  home.write("here", std::string("[default]\n") + kStaticKeys);
  variables["AWS_SHARED_CREDENTIALS_FILE"] = "~/here";
  EXPECT_EQ(key(), "AKIAFILE");
}

TEST_F(ChainTest, HalfAKeyIsAnErrorAndNobodyElseIsAsked) {
  variables["AWS_ACCESS_KEY_ID"] = "AKIAENV";
  credentials(std::string("[default]\n") + kStaticKeys);
  EXPECT_THAT(failure(), HasSubstr("AWS_SECRET_ACCESS_KEY is not"));
  variables.erase("AWS_ACCESS_KEY_ID");
  credentials("[default]\naws_access_key_id = AKIAFILE\n");
  EXPECT_THAT(failure(), HasSubstr("only one of"));
  options.access_key_id = base::Secret("AKIAOPTION");
  EXPECT_THAT(failure(), HasSubstr("only one of the options"));
}

TEST_F(ChainTest, AProfileThatDoesNotExistIsAnErrorWithNearNames) {
  credentials(std::string("[staging]\n") + kStaticKeys + "[default]\n" + kStaticKeys);
  variables["AWS_PROFILE"] = "stagin";
  EXPECT_THAT(failure(), AllOf(HasSubstr("AWS profile not found: stagin"), HasSubstr("staging?")));
}

TEST_F(ChainTest, KeysOfTheEnvironmentThatHaveEndedAreNotUsed) {
  variables["AWS_ACCESS_KEY_ID"] = "AKIAENV";
  variables["AWS_SECRET_ACCESS_KEY"] = "env-secret";
  variables["AWS_CREDENTIAL_EXPIRATION"] = "2025-12-31T23:59:59Z";
  EXPECT_THAT(failure(), HasSubstr("the environment expired"));
}

TEST_F(ChainTest, TheRegionIsTheOptionsThenTheEnvironmentsThenTheProfiles) {
  EXPECT_EQ(chain().region(), std::nullopt);
  config("[default]\nregion = profile-1\n[profile ci]\nregion = profile-2\n");
  EXPECT_EQ(chain().region(), "profile-1");
  variables["AWS_DEFAULT_PROFILE"] = "ci";
  EXPECT_EQ(chain().region(), "profile-2");
  variables["AWS_DEFAULT_REGION"] = "default-1";
  EXPECT_EQ(chain().region(), "default-1");
  variables["AWS_REGION"] = "env-1";
  EXPECT_EQ(chain().region(), "env-1");
  options.region = "option-1";
  EXPECT_EQ(chain().region(), "option-1");
}

class RenewalTest : public AwsMachineTest {
 protected:
  RenewalTest() {
    variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://localhost:1/";
    answer = [this](const SentRequest&) -> FakeAnswer {
      ++searches;
      if (down) return {500, "", {}};
      return {200,
              R"({"AccessKeyId": "ASIA)" + std::to_string(searches) +
                  R"(", "SecretAccessKey": "s", "Token": "t", "Expiration": ")" +
                  base::utc_text(clock.now() + life).substr(0, 19) + "\"}",
              {}};
    };
  }

  std::chrono::seconds life = 1h;
  std::atomic<int> searches = 0;
  bool down = false;
};

TEST_F(RenewalTest, FiveMinutesBeforeTheEndTheyAreFoundAnew) {
  CredentialChain chain = this->chain();
  EXPECT_EQ(chain.find().access_key_id.reveal(), "ASIA1");
  clock.advance(54min + 59s);
  EXPECT_EQ(chain.find().access_key_id.reveal(), "ASIA1");
  clock.advance(1s);
  EXPECT_EQ(chain.find().access_key_id.reveal(), "ASIA2");
}

TEST_F(RenewalTest, ShortLivedOnesAreNotFoundAnewEachTime) {
  life = 4min;
  CredentialChain chain = this->chain();
  chain.find();
  clock.advance(119s);
  chain.find();
  EXPECT_EQ(searches, 1);
}

TEST_F(RenewalTest, WhileRenewingFailsTheOldOnesAreUsedUntilTheyEnd) {
  CredentialChain chain = this->chain();
  chain.find();
  down = true;
  clock.advance(56min);
  EXPECT_EQ(chain.find().access_key_id.reveal(), "ASIA1");
  const int tried = searches;
  EXPECT_EQ(chain.find().access_key_id.reveal(), "ASIA1");
  EXPECT_EQ(searches, tried) << "asked again within a minute";
  clock.advance(5min);
  EXPECT_THROW(chain.find(), base::Error);
  down = false;
  EXPECT_NO_THROW(chain.find());
}

TEST_F(RenewalTest, WhatWasForgottenIsNotKeptWhenRenewingFails) {
  CredentialChain chain = this->chain();
  chain.find();
  chain.forget();
  down = true;
  EXPECT_THROW(chain.find(), base::Error);
}

TEST_F(RenewalTest, WhatHasEndedWhenItComesIsRefused) {
  life = -1s;
  EXPECT_THAT(failure(), HasSubstr("the role of the container expired"));
}

TEST_F(RenewalTest, ManyThreadsSearchOnce) {
  CredentialChain chain = this->chain();
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { right += chain.find().access_key_id.reveal() == "ASIA1" ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 8);
  EXPECT_EQ(searches, 1);
}

TEST_F(RenewalTest, StoppingIsNoError) {
  cancellation.request();
  CredentialChain chain = this->chain();
  EXPECT_THROW(chain.find(), base::Cancelled);
}

}  // namespace
}  // namespace ixian::aws_credentials
