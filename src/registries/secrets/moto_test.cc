// What AWS's services answer, by moto, which others wrote: ECR, STS, Secrets Manager and SSM
// (tests/stand_ins/moto_server.py).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>

#include "aws/ecr.h"
#include "aws_credentials/credential_chain.h"
#include "base/error.h"
#include "base/json.h"
#include "http/curl_transport.h"
#include "secrets/resolver.h"
#include "testing/emulator.h"
#include "testing/fake_clock.h"
#include "testing/temp_folder.h"

namespace ixian::secrets {
namespace {

using ::testing::HasSubstr;

class MotoTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server = std::make_unique<ixian::testing::Emulator>(IXIAN_SOURCE_DIR "/tests/stand_ins/moto_server.py");
  }
  static void TearDownTestSuite() { server.reset(); }
  void SetUp() override {
    ASSERT_TRUE(server->running) << "tests/stand_ins/moto_server.py did not start";
    variables = {{"AWS_ENDPOINT_URL", server->url},
                 {"AWS_REGION", "eu-west-1"},
                 {"AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"},
                 {"AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
                 {"AWS_EC2_METADATA_DISABLED", "true"}};
  }

  aws::Environment environment() {
    return {[this](const std::string& name) -> std::optional<std::string> {
              const auto found = variables.find(name);
              return found == variables.end() ? std::nullopt : std::optional(found->second);
            },
            home.path()};
  }
  aws_credentials::CredentialChain chain() { return {client, environment(), {}}; }
  base::Json call(const aws::Service& service, const std::string& action, const base::Json& input) {
    aws_credentials::CredentialChain credentials = chain();
    return aws::call(client, credentials, service, action, input);
  }
  base::Secret load(const std::string& reference) {
    return SecretResolver(client, cancellation, environment()).load(reference);
  }
  std::string error(const std::string& reference) {
    try {
      load(reference);
    } catch (const base::Error& caught) {
      return caught.message() + "\n" + caught.context();
    }
    return "none";
  }

  static std::unique_ptr<ixian::testing::Emulator> server;
  const ixian::testing::TempFolder home;
  std::map<std::string, std::string> variables;
  base::Cancellation cancellation;
  ixian::testing::FakeClock clock;
  http::CurlTransport transport{{}, cancellation};
  http::Client client{transport, clock, cancellation};
};
std::unique_ptr<ixian::testing::Emulator> MotoTest::server;

// Its tokens all end on the first day of 2015.
TEST_F(MotoTest, EcrGivesTokensAndMakesRepositories) {
  const aws::Service ecr = aws::ecr("eu-west-1", {}, false, environment());
  aws_credentials::CredentialChain credentials = chain();
  EXPECT_THROW(aws::get_token(client, credentials, ecr, false), base::Error);
  clock.advance(-std::chrono::hours(24) * 3654);
  const aws::EcrToken token = aws::get_token(client, credentials, ecr, false);
  EXPECT_THAT(token.password.reveal(), HasSubstr("auth-token"));
  EXPECT_THAT(token.endpoint, HasSubstr(".dkr.ecr.eu-west-1.amazonaws.com"));
  aws::create_repository(client, credentials, ecr, false, "team/app");
  aws::create_repository(client, credentials, ecr, false, "team/app");
  const base::Json listed = call(ecr, "DescribeRepositories", base::Json::object());
  ASSERT_EQ(listed.at("repositories").size(), 1u);
  EXPECT_EQ(listed.at("repositories").at(0).at("repositoryName"), "team/app");
}

TEST_F(MotoTest, StsSaysWhoWeAreAndGivesRoles) {
  aws_credentials::CredentialChain credentials = chain();
  EXPECT_THAT(aws::caller_identity(client, credentials, "eu-west-1", {}, environment()),
              HasSubstr("arn:aws:sts::123456789012:"));
  aws::ClientOptions options;
  options.role_arn = "arn:aws:iam::123456789012:role/deploy";
  options.session_name = "ci";
  aws_credentials::CredentialChain assumed(client, environment(), options);
  EXPECT_THAT(aws::caller_identity(client, assumed, "eu-west-1", {}, environment()),
              HasSubstr("assumed-role/deploy/ci"));
}

TEST_F(MotoTest, SecretsManagerGivesSecretsAndTheirFields) {
  call(aws::secrets_manager("eu-west-1", {}, environment()), "CreateSecret",
       {{"Name", "ci/registry"},
        {"SecretString", R"({"user":"ci","password":"sm-canary"})"},
        {"ClientRequestToken", "0123456789abcdef0123456789abcdef"}});
  EXPECT_EQ(load("aws-sm:ci/registry#password").reveal(), "sm-canary");
  EXPECT_THAT(load("aws-sm:ci/registry").reveal(), HasSubstr("\"user\""));
  EXPECT_THAT(error("aws-sm:ci/missing#password"), HasSubstr("ci/missing"));
  EXPECT_THAT(error("aws-sm:ci/registry#port"), HasSubstr("port"));
}

TEST_F(MotoTest, SsmGivesParametersDecrypted) {
  call(aws::ssm("eu-west-1", {}, environment()), "PutParameter",
       {{"Name", "/ci/registry/password"}, {"Value", "ssm-canary"}, {"Type", "SecureString"}});
  EXPECT_EQ(load("aws-ssm:/ci/registry/password").reveal(), "ssm-canary");
  EXPECT_THAT(error("aws-ssm:/ci/registry/missing"), HasSubstr("/ci/registry/missing"));
}

}  // namespace
}  // namespace ixian::secrets
