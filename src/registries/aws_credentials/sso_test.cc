#include "aws_credentials/sso.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "aws/timestamp.h"
#include "aws_credentials/sso_cache.h"
#include "testing/aws_machine.h"

namespace ixian::aws_credentials {
namespace {

using ixian::testing::AwsMachineTest;
using ixian::testing::FakeAnswer;
using ixian::testing::SentRequest;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class SsoTest : public AwsMachineTest {
 protected:
  SsoTest() {
    config(
        "[default]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Dev\n"
        "[sso-session corp]\nsso_start_url = https://corp/start\nsso_region = eu-north-1\n");
    answer = [](const SentRequest& sent) -> FakeAnswer {
      if (sent.url().ends_with("/token")) {
        return {
            200,
            R"({"accessToken": "renewed", "expiresIn": 3600, "refreshToken": "next", "tokenType": "Bearer"})",
            {}};
      }
      const std::string token = sent.header("x-amz-sso_bearer_token");
      if (token != "good" && token != "renewed") {
        return {401, R"({"__type": "UnauthorizedException", "message": "no"})", {}};
      }
      return {200,
              R"({"roleCredentials": {"accessKeyId": "ASIASSO", "secretAccessKey": "s", "sessionToken": "t",
                       "expiration": 1767229200000}})",
              {}};
    };
  }

  std::string cache_file(const std::string& name) {
    return sso_cache_path(environment(), name).substr(home.path().size() + 1);
  }
  void log_in(const std::string& name, const std::string& token, const std::string& expires,
              const std::string& rest = "") {
    home.write(cache_file(name),
               R"({"accessToken": ")" + token + R"(", "expiresAt": ")" + expires + "\"" + rest + "}");
  }

  static constexpr char kRenewable[] =
      R"(, "refreshToken": "old", "clientId": "id", "clientSecret": "cs", "registrationExpiresAt": "2026-02-01T00:00:00Z",
          "startUrl": "https://corp/start", "unknown": {"kept": true})";
};

TEST_F(SsoTest, LoginsLieWhereTheAwsCliPutsThem) {
  EXPECT_EQ(cache_file("corp"),
            ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json");  // as sha1sum says
}

TEST_F(SsoTest, ALoginGivesTheRolesCredentials) {
  log_in("corp", "good", "2026-01-01T02:00:00Z");
  const aws::Credentials found = chain().find();
  EXPECT_EQ(found.access_key_id.reveal(), "ASIASSO");
  EXPECT_EQ(found.expires, aws::parse_time(std::string_view("2026-01-01T01:00:00Z")));
  ASSERT_EQ(transport.sent().size(), 1u);
  const SentRequest sent = transport.sent()[0];
  EXPECT_EQ(sent.url(),
            "https://portal.sso.eu-north-1.amazonaws.com/federation/"
            "credentials?role_name=Dev&account_id=123456789012");
  EXPECT_EQ(sent.signed_by(), "");
  EXPECT_FALSE(sent.request.headers.find("x-amz-sso_bearer_token")) << "must be a secret header";
}

TEST_F(SsoTest, ProfilesWithoutASessionNameTheStartUrl) {
  config(
      "[default]\nsso_start_url = https://corp/start\nsso_region = eu-north-1\nsso_account_id = "
      "1\nsso_role_name = D\n");
  log_in("https://corp/start", "good", "2026-01-01T02:00:00UTC");
  EXPECT_EQ(key(), "ASIASSO");
}

TEST_F(SsoTest, ALoginThatHasEndedSaysHowToLogInAgain) {
  EXPECT_THAT(failure(), AllOf(HasSubstr("not logged in"), HasSubstr("`aws sso login`")));
  log_in("corp", "good", "2025-12-31T23:59:59Z");
  EXPECT_THAT(failure(), AllOf(HasSubstr("expired"), HasSubstr("`aws sso login`")));
  log_in("corp", "revoked", "2026-01-01T02:00:00Z");
  EXPECT_THAT(failure(), AllOf(HasSubstr("rejected the SSO login"), Not(HasSubstr("revoked"))));
  home.write(cache_file("corp"), "{\"accessToken\": \"canary");
  EXPECT_THAT(failure(), AllOf(HasSubstr("cannot read"), Not(HasSubstr("canary"))));
}

TEST_F(SsoTest, TheCommandNamesTheProfile) {
  config(
      "[profile a b]\n[profile \"a b\"]\nsso_account_id = 1\nsso_role_name = D\nsso_start_url = "
      "u\nsso_region = eu-west-1\n");
  variables["AWS_PROFILE"] = "a b";
  EXPECT_THAT(failure(), HasSubstr("`aws sso login --profile 'a b'`"));
}

TEST_F(SsoTest, ALoginIsRenewedAndSharedForItsOwnerAlone) {
  log_in("corp", "old-token", "2025-12-31T23:59:59Z", kRenewable);
  EXPECT_EQ(key(), "ASIASSO");
  ASSERT_EQ(transport.sent().size(), 2u);
  EXPECT_EQ(transport.sent()[0].url(), "https://oidc.eu-north-1.amazonaws.com/token");
  const base::Json asked = base::parse_json(transport.sent()[0].body);
  EXPECT_EQ(asked, (base::Json{{"clientId", "id"},
                               {"clientSecret", "cs"},
                               {"grantType", "refresh_token"},
                               {"refreshToken", "old"}}));
  EXPECT_FALSE(transport.sent()[0].request.repeatable);

  const base::Json saved = base::parse_json(home.read(cache_file("corp")));
  EXPECT_EQ(saved["accessToken"], "renewed");
  EXPECT_EQ(saved["refreshToken"], "next");
  EXPECT_EQ(saved["expiresAt"], "2026-01-01T01:00:00Z");
  EXPECT_EQ(saved["unknown"]["kept"], true);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(home / cache_file("corp")).permissions(),
            perms::owner_read | perms::owner_write);
}

TEST_F(SsoTest, WhereRenewingFailsAGoodLoginIsStillUsed) {
  const auto portal = answer;
  answer = [portal](const SentRequest& sent) -> FakeAnswer {
    if (sent.url().ends_with("/token")) return {400, R"({"error": "invalid_grant"})", {}};
    return portal(sent);
  };
  log_in("corp", "good", "2026-01-01T00:05:00Z", kRenewable);
  EXPECT_EQ(key(), "ASIASSO");
  log_in("corp", "good", "2025-12-31T23:59:59Z", kRenewable);
  EXPECT_THAT(failure(), AllOf(HasSubstr("expired"), HasSubstr("invalid_grant")));
}

TEST_F(SsoTest, FaultsOfTheProfileAreNamed) {
  config("[default]\nsso_account_id = 1\n");
  EXPECT_THAT(failure(), HasSubstr("has no sso_role_name, sso_start_url, sso_region"));
  config("[default]\nsso_account_id = 1\nsso_role_name = D\nsso_session = gone\n");
  EXPECT_THAT(failure(), HasSubstr("[sso-session gone]"));
  config(
      "[default]\nsso_account_id = 1\nsso_role_name = D\nsso_session = s\nsso_region = eu-west-1\n"
      "[sso-session s]\nsso_region = eu-west-2\nsso_start_url = u\n");
  EXPECT_THAT(failure(), HasSubstr("sso_region differs"));
}

}  // namespace
}  // namespace ixian::aws_credentials
