#include "aws/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "aws/ecr.h"
#include "aws/service_error.h"
#include "aws_credentials/credential_chain.h"
#include "testing/fake_clock.h"
#include "testing/fake_transport.h"
#include "testing/temp_folder.h"

namespace ixian::aws_credentials {
namespace {

using namespace std::chrono_literals;
using ixian::testing::FakeAnswer;
using ixian::testing::SentRequest;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest() {
    clock.advance(365 * 24h);  // to 2026-01-01 00:00:00 UTC
    http::ClientOptions patience;
    patience.retries = 3;
    client.emplace(transport, clock, cancellation, patience);
    write_keys("AKIAONE", "session-canary");
    chain.emplace(*client, environment(), aws::ClientOptions{});
  }

  aws::Environment environment() {
    return {[](const std::string& name) -> std::optional<std::string> {
              if (name == "AWS_EC2_METADATA_DISABLED") return "true";
              return std::nullopt;
            },
            home.path()};
  }
  void write_keys(const std::string& key, const std::string& token) {
    std::filesystem::create_directories(home / ".aws");
    home.write(".aws/credentials", "[default]\naws_access_key_id = " + key +
                                       "\naws_secret_access_key = secret-canary\n" +
                                       "aws_session_token = " + token + "\n");
  }
  static FakeAnswer refusal(int status, const std::string& type, const std::string& message = "because") {
    return {status, base::Json{{"__type", "com.amazonaws.x#" + type}, {"message", message}}.dump(), {}};
  }
  aws::Service service() { return aws::ecr("eu-west-1", {}, false, environment()); }
  base::Json ask() {
    return aws::call(*client, *chain, service(), "GetAuthorizationToken", base::Json::object());
  }

  aws::ServiceError error() {
    try {
      ask();
    } catch (const aws::ServiceError& caught) {
      EXPECT_THAT(caught.message() + caught.context(),
                  AllOf(Not(HasSubstr("session-canary")), Not(HasSubstr("secret-canary"))));
      return caught;
    }
    ADD_FAILURE() << "it was accepted";
    return {"", 0, ""};
  }

  const ixian::testing::TempFolder home;
  std::function<FakeAnswer(const SentRequest&)> answer;
  ixian::testing::FakeTransport transport{[this](const SentRequest& sent) { return answer(sent); }};
  ixian::testing::FakeClock clock;
  base::Cancellation cancellation;
  std::optional<http::Client> client;
  std::optional<CredentialChain> chain;
};

TEST_F(ServiceTest, ACallIsASignedPost) {
  answer = [](const SentRequest&) -> FakeAnswer { return {200, R"({"x": 1})", {}}; };
  EXPECT_EQ(ask(), (base::Json{{"x", 1}}));
  const SentRequest sent = transport.sent()[0];
  EXPECT_EQ(sent.method(), "POST");
  EXPECT_EQ(sent.url(), "https://api.ecr.eu-west-1.amazonaws.com/");
  EXPECT_EQ(sent.header("X-Amz-Target"), "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken");
  EXPECT_EQ(sent.header("Content-Type"), "application/x-amz-json-1.1");
  EXPECT_EQ(sent.body, "{}");
  EXPECT_EQ(sent.request.aws_signature->region, "eu-west-1");
  EXPECT_EQ(sent.request.aws_signature->service, "ecr");
  EXPECT_EQ(sent.request.aws_signature->session_token.reveal(), "session-canary");
  EXPECT_FALSE(sent.request.follow_redirects);
}

TEST_F(ServiceTest, ExpiredCredentialsAreFoundAnewOnce) {
  answer = [this](const SentRequest& sent) -> FakeAnswer {
    if (sent.signed_by() == "AKIATWO") return {200, "{}", {}};
    write_keys("AKIATWO", "t2");
    return refusal(400, "ExpiredTokenException");
  };
  EXPECT_NO_THROW(ask());
  EXPECT_EQ(transport.sent().size(), 2u);
}

TEST_F(ServiceTest, TheSameCredentialsAreNotSentTwice) {
  answer = [](const SentRequest&) -> FakeAnswer { return refusal(400, "ExpiredTokenException"); };
  EXPECT_THAT(error().message(),
              AllOf(HasSubstr("have expired"), HasSubstr("profile default in ~/.aws/credentials")));
  EXPECT_EQ(transport.sent().size(), 1u);
}

TEST_F(ServiceTest, CredentialsThatStayRefusedEndIt) {
  int count = 0;
  answer = [&](const SentRequest&) -> FakeAnswer {
    write_keys("AKIA" + std::to_string(++count), "t");
    return refusal(403, "UnrecognizedClientException");
  };
  EXPECT_THAT(error().message(), HasSubstr("rejected the access key"));
  EXPECT_EQ(count, 2);
}

TEST_F(ServiceTest, ThrottlingIsWaitedOutThoughItSays400) {
  int count = 0;
  answer = [&](const SentRequest&) -> FakeAnswer {
    return ++count < 3 ? refusal(400, "ThrottlingException") : FakeAnswer{200, "{}", {}};
  };
  EXPECT_NO_THROW(ask());
  EXPECT_EQ(clock.sleeps().size(), 2u);
  count = -100;
  EXPECT_EQ(error().type, "ThrottlingException");
  EXPECT_EQ(clock.sleeps().size(), 2u + 4u) << "four times, though the client itself would give up earlier";
}

TEST_F(ServiceTest, ADenialNamesTheActionTheIdentityAndThePermission) {
  answer = [](const SentRequest&) {
    return refusal(400, "AccessDeniedException", "User: arn:x is not authorized");
  };
  const aws::ServiceError denied = error();
  EXPECT_EQ(denied.type, "AccessDeniedException");
  EXPECT_EQ(denied.status, 400);
  EXPECT_EQ(denied.message(),
            "permission denied: AWS rejected ecr:GetAuthorizationToken with the credentials from profile "
            "default in ~/.aws/credentials");
  EXPECT_EQ(
      denied.context(),
      "AccessDeniedException: User: arn:x is not authorized\nhint: grant that identity the IAM permission "
      "ecr:GetAuthorizationToken");
}

TEST_F(ServiceTest, EachRefusalSaysWhatToDo) {
  const struct {
    const char* type;
    const char* message;
    const char* says;
  } cases[] = {
      {"InvalidSignatureException", "Signature expired: 2026 is now earlier than", "clock"},
      {"InvalidSignatureException", "Signature not yet current", "clock"},
      {"InvalidSignatureException", "does not match, token session-canary", "secret access key"},
      {"InvalidClientTokenId", "The security token is invalid", "rejected the access key"},
      {"SomethingNewException", "surprise", "SomethingNewException"},
  };
  for (const auto& it : cases) {
    answer = [&](const SentRequest&) { return refusal(403, it.type, it.message); };
    const aws::ServiceError refused = error();
    EXPECT_THAT(refused.advised(), HasSubstr(it.says)) << it.message;
  }
}

TEST_F(ServiceTest, WhateverIsAnsweredThereIsASentence) {
  for (const char* body :
       {"", "<html>502</html>", "[]", "null", R"({"__type": 1})", R"({"message": {}})", "\xff\xfe"}) {
    answer = [&](const SentRequest&) -> FakeAnswer { return {418, body, {}}; };
    EXPECT_THAT(error().message(), HasSubstr("418")) << body;
  }
  answer = [](const SentRequest&) -> FakeAnswer { return {200, "password-canary", {}}; };
  const aws::ServiceError unreadable = error();
  EXPECT_THAT(unreadable.message(), HasSubstr("not JSON"));
  EXPECT_THAT(unreadable.message() + unreadable.context(), Not(HasSubstr("password-canary")));
}

TEST_F(ServiceTest, ARegionThatDoesNotExistIsSuspected) {
  answer = [](const SentRequest&) -> FakeAnswer {
    throw http::TransportError(http::TransportFailure::kResolve, "No such host.");
  };
  try {
    ask();
    FAIL();
  } catch (const http::TransportError& error) {
    EXPECT_THAT(error.advised(), AllOf(HasSubstr("Amazon ECR in eu-west-1"), HasSubstr("region")));
  }
}

TEST_F(ServiceTest, AnEcrTokenThatHasEndedWhenItComesIsNeverGivenOut) {
  answer = [this](const SentRequest&) -> FakeAnswer {
    const auto end =
        std::chrono::duration_cast<std::chrono::seconds>((clock.now() - 1s).time_since_epoch()).count();
    return {200,
            R"({"authorizationData": [{"authorizationToken": "QVdTOnBhc3M=", "expiresAt": )" +
                std::to_string(end) + "}]}",
            {}};
  };
  try {
    aws::get_token(*client, *chain, service(), false);
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_THAT(error.advised(), AllOf(HasSubstr("has expired"), HasSubstr("clock")));
  }
}

TEST_F(ServiceTest, AnEcrTokenKnowsWhenItWasIssued) {
  answer = [](const SentRequest&) -> FakeAnswer {
    return {
        200,
        R"({"authorizationData": [{"authorizationToken": "QVdTOnBhc3M=", "expiresAt": 1767268800, "proxyEndpoint": "https://x"}]})",
        {}};
  };
  const aws::EcrToken token = aws::get_token(*client, *chain, service(), false);
  EXPECT_EQ(token.issued, clock.now());
  EXPECT_EQ(token.expires - token.issued, 12h);
  EXPECT_EQ(token.endpoint, "https://x");
  EXPECT_FALSE(token.due(clock.now()));
}

TEST_F(ServiceTest, ARepositoryThatIsThereAlreadyIsFine) {
  answer = [](const SentRequest& sent) -> FakeAnswer {
    EXPECT_EQ(sent.body, R"({"repositoryName":"team/app"})");
    return refusal(400, "RepositoryAlreadyExistsException");
  };
  EXPECT_NO_THROW(aws::create_repository(*client, *chain, service(), false, "team/app"));
  answer = [](const SentRequest&) { return refusal(400, "LimitExceededException"); };
  EXPECT_THROW(aws::create_repository(*client, *chain, service(), false, "team/app"), aws::ServiceError);
}

TEST(RefusalTest, TypesAreCutToTheirName) {
  EXPECT_EQ(aws::parse_json_refusal(400, "A:http://x", "{}").type, "A");
  EXPECT_EQ(aws::parse_json_refusal(400, "", R"({"__type": "com.x#A"})").type, "A");
  EXPECT_EQ(aws::parse_json_refusal(400, "", R"({"__type": "A b\u001b[31m"})").type, "");
  EXPECT_EQ(aws::parse_json_refusal(400, "", R"({"Message": "m"})").message, "m");
  EXPECT_EQ(aws::parse_xml_refusal(400, "<ErrorResponse><Error><Code>C</Code></Error></ErrorResponse>").type,
            "C");
  EXPECT_EQ(aws::parse_xml_refusal(400, "not xml").message, "not xml");
  EXPECT_LT(aws::parse_json_refusal(400, "", std::string(100'000, 'x')).message.size(), 5000u);
}

}  // namespace
}  // namespace ixian::aws_credentials
