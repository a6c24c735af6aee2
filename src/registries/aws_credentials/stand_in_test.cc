// Our requests, over real HTTP, before a server that verifies each signature with botocore's own signer
// (tests/stand_ins/aws.py, which the real AWS CLI talks to as well).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "aws/ecr.h"
#include "aws/service.h"
#include "aws_credentials/credential_chain.h"
#include "aws_credentials/sso_cache.h"
#include "base/clock.h"
#include "http/curl_transport.h"
#include "testing/child_process.h"
#include "testing/temp_folder.h"

namespace ixian::aws_credentials {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kKey[] = "AKIAIOSFODNN7EXAMPLE";
constexpr char kSecret[] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
constexpr char kRole[] = "arn:aws:iam::123456789012:role/deploy";

// The program, which prints its port and ends when its standard input does.
class StandIn {
 public:
  StandIn() {
    if (::pipe(input_) != 0 || ::pipe(output_) != 0) std::abort();
    child_ = std::make_unique<ixian::testing::ChildProcess>([this](ixian::testing::ChildProcess&) {
      ::dup2(input_[0], 0);
      ::dup2(output_[1], 1);
      for (const int fd : {input_[0], input_[1], output_[0], output_[1]}) ::close(fd);
      ::execl("/usr/bin/python3", "python3", "-B", IXIAN_SOURCE_DIR "/tests/stand_ins/aws.py", "--until-eof",
              static_cast<char*>(nullptr));
      return 127;
    });
    ::close(input_[0]);
    ::close(output_[1]);
    std::string line;
    char byte = 0;
    while (::read(output_[0], &byte, 1) == 1 && byte != '\n') line += byte;
    url = "http://127.0.0.1:" + line;
    running = !line.empty();
  }
  ~StandIn() {
    ::close(input_[1]);
    ::close(output_[0]);
  }

  std::string url;
  bool running = false;

 private:
  int input_[2];
  int output_[2];
  std::unique_ptr<ixian::testing::ChildProcess> child_;
};

class StandInTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server = std::make_unique<StandIn>(); }
  static void TearDownTestSuite() { server.reset(); }

  StandInTest() {
    variables["AWS_EC2_METADATA_DISABLED"] = "true";
    variables["AWS_ENDPOINT_URL"] = server->url;
    variables["AWS_REGION"] = "eu-west-1";
  }
  void SetUp() override {
    ASSERT_TRUE(server->running) << "tests/stand_ins/aws.py did not start";
    control("DELETE");
    std::filesystem::create_directories(home / ".aws/sso/cache");
    home.write(".aws/credentials", std::string("[default]\naws_access_key_id = ") + kKey +
                                       "\naws_secret_access_key = " + kSecret + "\n");
  }

  std::string control(const std::string& method, const base::Json& settings = nullptr) {
    http::Request request;
    request.method = method;
    request.url = server->url + "/_stand_in";
    if (!settings.is_null()) request.body = http::text_body(settings.dump());
    http::Response response = client.send(request);
    EXPECT_EQ(response.head.status, 200);
    return response.text(4 << 20);
  }
  void configure(const base::Json& settings) { control("PUT", settings); }

  std::vector<std::string> actions() {
    std::vector<std::string> list;
    for (const base::Json& entry : base::parse_json(control("GET"))) list.push_back(entry["action"]);
    return list;
  }

  aws::Environment environment() {
    return {[this](const std::string& name) -> std::optional<std::string> {
              const auto found = variables.find(name);
              return found == variables.end() ? std::nullopt : std::optional(found->second);
            },
            home.path()};
  }
  CredentialChain& chain() {
    chain_ = std::make_unique<CredentialChain>(client, environment(), options);
    return *chain_;
  }
  std::string identity() {
    return aws::caller_identity(client, chain(), "eu-west-1", options, environment());
  }
  aws::ServiceError refusal() {
    try {
      aws::get_token(client, chain(), aws::ecr("eu-west-1", options, false, environment()), false);
    } catch (const aws::ServiceError& error) {
      return error;
    }
    ADD_FAILURE() << "it was accepted";
    return {"", 0, ""};
  }

  static std::unique_ptr<StandIn> server;

  const ixian::testing::TempFolder home;
  std::map<std::string, std::string> variables;
  aws::ClientOptions options;
  base::SystemClock clock;
  base::Cancellation cancellation;
  http::CurlTransport transport{http::CurlOptions{}, cancellation};
  http::Client client{transport, clock, cancellation, patience()};

 private:
  static http::ClientOptions patience() {
    http::ClientOptions patience;
    patience.first_pause = 1ms;
    patience.retries = 3;
    return patience;
  }
  std::unique_ptr<CredentialChain> chain_;
};
std::unique_ptr<StandIn> StandInTest::server;

TEST_F(StandInTest, EcrGivesAToken) {
  const aws::EcrToken token =
      aws::get_token(client, chain(), aws::ecr("eu-west-1", options, false, environment()), false);
  EXPECT_EQ(token.password.reveal(), "ecr-password-canary");
  EXPECT_NEAR(std::chrono::duration<double>(token.expires - token.issued).count(), 43200, 60);
  EXPECT_EQ(aws::get_token(client, chain(), aws::ecr_public(options, environment()), true).password.reveal(),
            "ecr-password-canary");
}

TEST_F(StandInTest, RepositoriesAreMadeAndMayBeThere) {
  const aws::Service service = aws::ecr("eu-west-1", options, false, environment());
  aws::create_repository(client, chain(), service, false, "team/app");
  EXPECT_NO_THROW(aws::create_repository(client, chain(), service, false, "team/app"));
  EXPECT_EQ(aws::call(client, chain(), service, "DescribeRepositories",
                      {{"repositoryNames", {"team/app"}}})["repositories"]
                .size(),
            1u);
  EXPECT_THROW(aws::create_repository(client, chain(), service, false, "Team"), aws::ServiceError);
}

TEST_F(StandInTest, SecretsAndParameters) {
  EXPECT_EQ(aws::call(client, chain(), aws::secrets_manager("eu-west-1", options, environment()),
                      "GetSecretValue", {{"SecretId", "app/password"}})["SecretString"],
            R"({"user": "app", "password": "sm-canary"})");
  EXPECT_EQ(aws::call(client, chain(), aws::ssm("eu-west-1", options, environment()), "GetParameter",
                      {{"Name", "/app/password"}, {"WithDecryption", true}})["Parameter"]["Value"],
            "ssm-canary");
  configure({{"secrets", {{"schlüssel ✓", "wörd"}}}});  // bytes beyond ASCII are signed as well
  EXPECT_EQ(aws::call(client, chain(), aws::secrets_manager("eu-west-1", options, environment()),
                      "GetSecretValue", {{"SecretId", "schlüssel ✓"}})["SecretString"],
            "wörd");
}

TEST_F(StandInTest, AWrongSecretIsNotedAndNotTriedAgain) {
  options.access_key_id = base::Secret(kKey);
  options.secret_access_key = base::Secret("wrong");
  const aws::ServiceError error = refusal();
  EXPECT_EQ(error.type, "InvalidSignatureException");
  EXPECT_THAT(error.message(), AllOf(HasSubstr("the options of the client"), HasSubstr("secret access key")));
  EXPECT_EQ(actions().size(), 1u);
}

TEST_F(StandInTest, AnUnknownKeyAWrongClockAndADenialAreToldApart) {
  options.access_key_id = base::Secret("AKIAOTHER");
  options.secret_access_key = base::Secret("x");
  EXPECT_THAT(refusal().message(), HasSubstr("rejected the access key"));
  options = {};
  configure({{"clock_skew", 7200}});
  EXPECT_THAT(refusal().message(), HasSubstr("clock"));
  configure({{"clock_skew", 0}, {"denied", {"ecr:GetAuthorizationToken"}}});
  EXPECT_THAT(refusal().context(), HasSubstr("IAM permission ecr:GetAuthorizationToken"));
}

TEST_F(StandInTest, ErrorsThatPassArePatientlyWaitedOut) {
  configure(
      {{"errors", {{{"type", "ThrottlingException"}, {"times", 2}}, {{"status", 503}, {"type", "Busy"}}}}});
  EXPECT_NO_THROW(
      aws::get_token(client, chain(), aws::ecr("eu-west-1", options, false, environment()), false));
  EXPECT_EQ(actions().size(), 4u);
}

TEST_F(StandInTest, AnAssumedRoleSignsWithItsSessionToken) {
  EXPECT_EQ(identity(), "arn:aws:iam::123456789012:user/ci");
  options.role_arn = kRole;
  options.session_name = "build,1@x";
  options.external_id = "a b/c+d&e=ü";
  configure({{"roles", {{kRole, {{"external_id", "a b/c+d&e=ü"}}}}}});
  EXPECT_EQ(identity(), "arn:aws:sts::123456789012:assumed-role/deploy/build,1@x");
}

TEST_F(StandInTest, AProfileAssumesARole) {
  home.write(".aws/config",
             std::string("[profile deploy]\nrole_arn = ") + kRole + "\nsource_profile = default\n");
  variables["AWS_PROFILE"] = "deploy";
  EXPECT_THAT(identity(), HasSubstr("assumed-role/deploy/ixian-"));
}

TEST_F(StandInTest, WebIdentityGivesARole) {
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = home.write("token", "web-identity-canary\n");
  variables["AWS_ROLE_ARN"] = kRole;
  variables["AWS_ROLE_SESSION_NAME"] = "pod";
  EXPECT_EQ(identity(), "arn:aws:sts::123456789012:assumed-role/deploy/pod");
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = home.write("token", "wrong-canary");
  try {
    identity();
    FAIL() << "it was accepted";
  } catch (const aws::ServiceError& error) {
    EXPECT_EQ(error.type, "InvalidIdentityToken");
    EXPECT_THAT(error.message() + error.context(), Not(HasSubstr("wrong-canary")));
  }
}

TEST_F(StandInTest, ASsoLoginThatIsRenewed) {
  home.write(".aws/config",
             "[profile dev]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Developer\n"
             "[sso-session corp]\nsso_start_url = https://corp\nsso_region = eu-west-1\n");
  variables["AWS_PROFILE"] = "dev";
  const std::string file = sso_cache_path(environment(), "corp").substr(home.path().size() + 1);
  home.write(file, R"({"accessToken": "sso-token-old", "expiresAt": "2020-01-01T00:00:00Z", "clientId": "c",
                       "clientSecret": "s", "refreshToken": "sso-refresh-canary",
                       "registrationExpiresAt": "2200-01-01T00:00:00Z"})");
  EXPECT_THAT(identity(), HasSubstr("AWSReservedSSO_Developer"));
  EXPECT_THAT(actions(), ::testing::ElementsAre("sso-oidc:CreateToken", "sso:GetRoleCredentials",
                                                "sts:GetCallerIdentity"));
  EXPECT_THAT(identity(), HasSubstr("AWSReservedSSO_Developer"));  // with what the cache now holds
}

TEST_F(StandInTest, AnInstanceAndAContainerHaveRoles) {
  std::filesystem::remove(home / ".aws/credentials");
  variables.erase("AWS_EC2_METADATA_DISABLED");
  variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = server->url;
  EXPECT_EQ(identity(), "arn:aws:sts::123456789012:assumed-role/instance-role/i-1");
  variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = server->url + "/container/credentials";
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = home.write("token", "container-canary");
  configure({{"container_token", "container-canary"}});
  EXPECT_EQ(identity(), "arn:aws:sts::123456789012:assumed-role/task/1");
}

// A role that asks for a code of a device, which the AWS CLI has asked for earlier and whose answer it keeps.
TEST_F(StandInTest, TheRealAwsCliHelpsWhereACodeIsAskedFor) {
  if (!std::filesystem::exists("/usr/bin/aws")) GTEST_SKIP() << "the AWS CLI is not installed";
  variables["PATH"] = "/usr/bin:/bin";
  variables["AWS_PROFILE"] = "mfa";
  home.write(".aws/config",
             "[profile mfa]\nrole_arn = arn:role\nsource_profile = default\nmfa_serial = arn:device\n");
  EXPECT_THROW(chain().find(), base::Error);  // nobody is there to type the code
  std::filesystem::create_directories(home / ".aws/cli/cache");
  const std::string cache_key =
      "a12a2fe97f670894f76169efa41159bb525f46c6";  // of {"RoleArn": "arn:role", "SerialNumber": "arn:device"}
  home.write(".aws/cli/cache/" + cache_key + ".json",
             R"({"Credentials": {"AccessKeyId": "ASIACACHED", "SecretAccessKey": "s", "SessionToken": "t",
                 "Expiration": "2200-01-01T00:00:00Z"}})");
  const aws::Credentials found = chain().find();
  EXPECT_EQ(found.access_key_id.reveal(), "ASIACACHED");
  EXPECT_EQ(found.session_token.reveal(), "t");
  EXPECT_EQ(found.source, "`aws configure export-credentials`");
}

TEST_F(StandInTest, CredentialsThatEndMeanwhileAreRenewed) {
  options.role_arn = kRole;
  CredentialChain& kept = chain();
  kept.find();
  configure({{"keys", {{kKey, {{"secret", kSecret}}}}}});  // the role's are forgotten over there
  const aws::Service service = aws::ecr("eu-west-1", options, false, environment());
  EXPECT_EQ(aws::get_token(client, kept, service, false).password.reveal(), "ecr-password-canary");
  EXPECT_THAT(actions(), ::testing::ElementsAre("sts:AssumeRole", "ecr:GetAuthorizationToken",
                                                "sts:AssumeRole", "ecr:GetAuthorizationToken"));
}

}  // namespace
}  // namespace ixian::aws_credentials
