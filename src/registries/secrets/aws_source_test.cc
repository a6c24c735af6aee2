#include "secrets/aws_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "testing/fake_clock.h"
#include "testing/fake_transport.h"
#include "testing/temp_folder.h"

namespace ixian::secrets {
namespace {

using ixian::testing::FakeAnswer;
using ixian::testing::FakeTransport;
using ixian::testing::SentRequest;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class AwsSourceTest : public ::testing::Test {
 protected:
  aws::Environment environment() {
    return {[this](const std::string& name) -> std::optional<std::string> {
              const auto found = variables.find(name);
              return found == variables.end() ? std::nullopt : std::optional(found->second);
            },
            folder.path()};
  }
  void secret(const base::Json& answer, int status = 200) {
    answers["secretsmanager.GetSecretValue"] = {status, answer.dump(), {}};
  }
  void parameter(const base::Json& answer, int status = 200) {
    answers["AmazonSSM.GetParameter"] = {status, answer.dump(), {}};
  }
  base::Error error(const std::function<void(AwsSource&)>& load) {
    try {
      AwsSource source(client, environment());
      load(source);
    } catch (const base::Error& caught) {
      EXPECT_EQ(caught.code(), base::ErrorCode::kRegistry);
      EXPECT_THAT(caught.message() + caught.context(), Not(HasSubstr("canary")));
      return caught;
    }
    ADD_FAILURE() << "it was loaded";
    return {base::ErrorCode::kUsage, ""};
  }
  std::string secret_error(const std::string& field = "") {
    const base::Error caught = error([&](AwsSource& source) { source.load_secret("ci/registry", field); });
    return caught.advised();
  }

  const ixian::testing::TempFolder folder;
  std::map<std::string, std::string> variables{{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                                               {"AWS_SECRET_ACCESS_KEY", "key"},
                                               {"AWS_REGION", "eu-west-1"},
                                               {"AWS_EC2_METADATA_DISABLED", "true"}};
  std::map<std::string, FakeAnswer> answers;  // by the action that is asked for
  FakeTransport aws{[this](const SentRequest& sent) { return answers.at(sent.header("X-Amz-Target")); }};
  ixian::testing::FakeClock clock;
  base::Cancellation cancellation;
  http::Client client{aws, clock, cancellation};
};

TEST_F(AwsSourceTest, ASecretIsItsTextOrAFieldOfIt) {
  secret({{"SecretString", R"({"user":"u","port":5000})"}});
  AwsSource source(client, environment());
  EXPECT_EQ(source.load_secret("ci/registry", "").reveal(), R"({"user":"u","port":5000})");
  EXPECT_EQ(source.load_secret("ci/registry", "user").reveal(), "u");
  EXPECT_EQ(source.load_secret("ci/registry", "port").reveal(), "5000");
  EXPECT_EQ(base::parse_json(aws.sent()[0].body), (base::Json{{"SecretId", "ci/registry"}}));
  EXPECT_THAT(aws.sent()[0].url(), HasSubstr("secretsmanager.eu-west-1.amazonaws.com"));
}

TEST_F(AwsSourceTest, AnArnBringsItsRegion) {
  secret({{"SecretString", "x"}});
  AwsSource source(client, environment());
  source.load_secret("arn:aws:secretsmanager:us-east-2:123456789012:secret:ci-AbCdEf", "");
  EXPECT_THAT(aws.sent()[0].url(), HasSubstr("us-east-2"));
  EXPECT_EQ(aws.sent()[0].request.aws_signature->region, "us-east-2");
}

TEST_F(AwsSourceTest, WithoutARegionItSaysWhatToSet) {
  variables.erase("AWS_REGION");
  EXPECT_THAT(secret_error(), HasSubstr("AWS_REGION"));
}

TEST_F(AwsSourceTest, ABinarySecretIsRefused) {
  secret({{"SecretBinary", "Y2FuYXJ5"}});
  EXPECT_THAT(secret_error(), HasSubstr("is binary"));
}

TEST_F(AwsSourceTest, AFieldOfWhatIsNoJsonIsRefusedWithoutShowingIt) {
  secret({{"SecretString", "canary"}});
  EXPECT_THAT(secret_error("user"), HasSubstr("is not JSON"));
  secret({{"SecretString", R"({"password":"canary"})"}});
  EXPECT_THAT(secret_error("user"), HasSubstr("use one of password"));
  secret({{"SecretString", ""}});
  EXPECT_THAT(secret_error(), HasSubstr("is empty"));
}

TEST_F(AwsSourceTest, RefusalsAreSentences) {
  secret({{"__type", "com.amazonaws#ResourceNotFoundException"}, {"message", "can't find"}}, 400);
  EXPECT_THAT(secret_error(), AllOf(HasSubstr("secret ci/registry not found in eu-west-1")));
  secret({{"__type", "AccessDeniedException"}, {"Message", "no"}}, 400);
  EXPECT_THAT(secret_error(), HasSubstr("permission denied"));
  secret({{"__type", "InvalidRequestException"}, {"message", "marked for deletion"}}, 400);
  EXPECT_THAT(secret_error(), HasSubstr("marked for deletion"));
}

TEST_F(AwsSourceTest, AParameterIsAskedForDecrypted) {
  parameter({{"Parameter", {{"Value", "x"}, {"Type", "SecureString"}}}});
  AwsSource source(client, environment());
  EXPECT_EQ(source.load_parameter("/ci/registry").reveal(), "x");
  EXPECT_EQ(base::parse_json(aws.sent()[0].body),
            (base::Json{{"Name", "/ci/registry"}, {"WithDecryption", true}}));
}

TEST_F(AwsSourceTest, AMissingParameterIsNamed) {
  parameter({{"__type", "ParameterNotFound"}}, 400);
  EXPECT_THAT(error([](AwsSource& source) { source.load_parameter("/ci"); }).message(),
              HasSubstr("parameter /ci not found in eu-west-1"));
  parameter({{"Parameter", {{"Value", ""}}}});
  EXPECT_THAT(error([](AwsSource& source) { source.load_parameter("/ci"); }).message(),
              HasSubstr("no value"));
}

TEST_F(AwsSourceTest, EndpointsComeFromTheEnvironment) {
  parameter({{"Parameter", {{"Value", "x"}}}});
  variables["AWS_ENDPOINT_URL"] = "http://127.0.0.1:4000";
  AwsSource(client, environment()).load_parameter("a");
  EXPECT_THAT(aws.sent().back().url(), HasSubstr("http://127.0.0.1:4000"));
  variables["AWS_ENDPOINT_URL_SSM"] = "http://127.0.0.1:5000";
  AwsSource(client, environment()).load_parameter("a");
  EXPECT_THAT(aws.sent().back().url(), HasSubstr("http://127.0.0.1:5000"));
}

}  // namespace
}  // namespace ixian::secrets
