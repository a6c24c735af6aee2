#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "auth/providers.h"
#include "base/base64.h"
#include "base/error.h"
#include "testing/fake_clock.h"
#include "testing/fake_transport.h"

namespace ixian::auth {
namespace {

using namespace std::chrono_literals;
using ixian::testing::FakeAnswer;
using ixian::testing::SentRequest;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kEcrHost[] = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

class EcrProviderTest : public ::testing::Test {
 protected:
  // AWS, as far as ECR needs it: tokens p1, p2, … for twelve hours each.
  FakeAnswer aws_answers(const SentRequest& sent) {
    if (down) return {500, R"({"__type":"ServerException","message":"down"})", {}};
    const std::string target = sent.header("X-Amz-Target");
    if (!target.ends_with(".GetAuthorizationToken")) {
      calls.push_back(target + " " + sent.body);
      return {200, "{}", {}};
    }
    const auto expires =
        std::chrono::duration_cast<std::chrono::seconds>((clock.now() + lifetime).time_since_epoch());
    const base::Json data = {
        {"authorizationToken", base::encode_base64("AWS:p" + std::to_string(++minted)).reveal()},
        {"expiresAt", expires.count()}};
    const bool is_public = target.starts_with("Spencer");
    return {
        200, base::Json({{"authorizationData", is_public ? data : base::Json::array({data})}}).dump(), {}};
  }

  aws::Environment environment() {
    return {[this](const std::string& name) {
              const auto found = variables.find(name);
              return found == variables.end() ? std::nullopt : std::optional(found->second);
            },
            "/nowhere"};
  }
  std::shared_ptr<EcrProvider> provider(const std::string& host, base::Json options = base::Json::object()) {
    return ecr_provider(host, options, services);
  }
  std::string password(EcrProvider& from) { return from.lookup({kEcrHost, ""})->password.reveal(); }
  std::string asked_url() { return transport.sent().back().url(); }

  std::map<std::string, std::string> variables = {{"AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"},
                                                  {"AWS_SECRET_ACCESS_KEY", "secret"},
                                                  {"AWS_EC2_METADATA_DISABLED", "true"}};
  int minted = 0;
  bool down = false;
  std::chrono::hours lifetime{12};
  std::vector<std::string> calls;
  ixian::testing::FakeClock clock;
  base::Cancellation cancellation;
  ixian::testing::FakeTransport transport{[this](const SentRequest& sent) { return aws_answers(sent); }};
  http::Client client{transport, clock, cancellation, [] {
                        http::ClientOptions options;
                        options.retries = 0;
                        return options;
                      }()};
  secrets::SecretResolver resolver{client, cancellation, environment()};
  Services services{client, resolver, cancellation, environment()};
};

TEST_F(EcrProviderTest, TheRegionIsInTheHostsName) {
  const auto made = provider(kEcrHost);
  const auto credential = made->lookup({kEcrHost, "app"});
  ASSERT_TRUE(credential);
  EXPECT_EQ(credential->username, "AWS");
  EXPECT_EQ(credential->password.reveal(), "p1");
  EXPECT_EQ(*credential->expires, clock.now() + 12h);
  EXPECT_THAT(credential->source, HasSubstr("Amazon ECR from"));
  EXPECT_THAT(asked_url(), StartsWith("https://api.ecr.eu-west-1.amazonaws.com"));
}

TEST_F(EcrProviderTest, AnOptionOverridesTheRegion) {
  password(*provider(kEcrHost, {{"region_name", "us-west-2"}}));
  EXPECT_THAT(asked_url(), StartsWith("https://api.ecr.us-west-2.amazonaws.com"));
}

TEST_F(EcrProviderTest, FipsStaysFips) {
  password(*provider("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com"));
  EXPECT_THAT(asked_url(), StartsWith("https://ecr-fips.us-east-1.amazonaws.com"));
}

TEST_F(EcrProviderTest, ADomainOfOnesOwnTakesTheRegionOfTheEnvironment) {
  variables["AWS_REGION"] = "eu-central-1";
  password(*provider("images.example.com"));
  EXPECT_THAT(asked_url(), StartsWith("https://api.ecr.eu-central-1.amazonaws.com"));
}

TEST_F(EcrProviderTest, WithoutARegionTheOptionIsNamed) {
  try {
    password(*provider("images.example.com"));
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kRegistry);
    EXPECT_THAT(error.message(), HasSubstr("images.example.com"));
    EXPECT_THAT(error.context(), HasSubstr("`region_name`"));
  }
}

TEST_F(EcrProviderTest, KeysMayBeReferences) {
  variables = {{"KEY", "AKIAOTHER"}, {"SECRET", "s"}, {"AWS_EC2_METADATA_DISABLED", "true"}};
  password(*provider(kEcrHost, {{"aws_access_key_id", "env:KEY"}, {"aws_secret_access_key", "env:SECRET"}}));
  EXPECT_EQ(transport.sent().back().signed_by(), "AKIAOTHER");
}

TEST_F(EcrProviderTest, KeysThatAreRefusedAreLoadedAnew) {
  variables = {{"KEY", "AKIAOLD"}, {"SECRET", "s"}, {"AWS_EC2_METADATA_DISABLED", "true"}};
  const auto made =
      provider(kEcrHost, {{"aws_access_key_id", "env:KEY"}, {"aws_secret_access_key", "env:SECRET"}});
  down = true;
  EXPECT_THROW(password(*made), base::Error);
  down = false;
  variables["KEY"] = "AKIANEW";
  password(*made);
  EXPECT_EQ(transport.sent().back().signed_by(), "AKIANEW");
}

TEST_F(EcrProviderTest, OptionsAreChecked) {
  EXPECT_THROW(provider(kEcrHost, {{"aws_access_key_id", "AKIA"}}), base::Error);
  try {
    provider(kEcrHost, {{"region", "eu-west-1"}});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kProject);
    EXPECT_THAT(error.message(), HasSubstr("\"region\""));
    EXPECT_THAT(error.context(), HasSubstr("region_name"));
  }
}

TEST_F(EcrProviderTest, ATokenIsKeptForHalfOfItsLife) {
  const auto made = provider(kEcrHost);
  EXPECT_EQ(password(*made), "p1");
  clock.advance(6h - 1s);
  EXPECT_EQ(password(*made), "p1");
  clock.advance(2s);
  EXPECT_EQ(password(*made), "p2");
}

TEST_F(EcrProviderTest, WhileRenewingFailsTheOldOneIsUsedUntilItsEnd) {
  const auto made = provider(kEcrHost);
  password(*made);
  down = true;
  clock.advance(7h);
  EXPECT_EQ(password(*made), "p1");
  const std::size_t before = transport.sent().size();
  EXPECT_EQ(password(*made), "p1");
  EXPECT_EQ(transport.sent().size(), before);  // AWS is given a minute
  clock.advance(5h + 1s);
  EXPECT_THROW(password(*made), base::Error);
}

TEST_F(EcrProviderTest, WhenAwsIsBackTheNextTokenIsTaken) {
  const auto made = provider(kEcrHost);
  password(*made);
  down = true;
  clock.advance(7h);
  password(*made);
  down = false;
  clock.advance(2min);
  EXPECT_EQ(password(*made), "p2");
}

// amazon-ecr-credential-helper#7: an expired token is judged valid.
TEST_F(EcrProviderTest, AnExpiredTokenIsNeverGivenOut) {
  const auto made = provider(kEcrHost);
  password(*made);
  clock.advance(12h);
  EXPECT_EQ(password(*made), "p2");
}

TEST_F(EcrProviderTest, WhatWasRefusedIsNotGivenOutAgain) {
  const auto made = provider(kEcrHost);
  password(*made);
  made->invalidate({kEcrHost, ""});
  EXPECT_EQ(password(*made), "p2");
  made->invalidate({kEcrHost, ""});
  down = true;
  EXPECT_THROW(password(*made), base::Error);
}

TEST_F(EcrProviderTest, ManyLookupsMintOneToken) {
  const auto made = provider(kEcrHost);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { EXPECT_EQ(password(*made), "p1"); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(minted, 1);
}

TEST_F(EcrProviderTest, ThePublicRegistryHasAServiceOfItsOwn) {
  const auto made = provider("public.ecr.aws");
  EXPECT_EQ(password(*made), "p1");
  EXPECT_THAT(transport.sent().back().header("X-Amz-Target"), StartsWith("SpencerFrontendService."));
  EXPECT_THAT(asked_url(), HasSubstr("us-east-1"));
}

TEST_F(EcrProviderTest, RepositoriesAreCreated) {
  provider(kEcrHost)->create_repository("team/app");
  provider("public.ecr.aws")->create_repository("alias/team/app");
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_THAT(calls[0], AllOf(HasSubstr("CreateRepository"), HasSubstr(R"("team/app")")));
  EXPECT_THAT(calls[1], AllOf(StartsWith("Spencer"), HasSubstr(R"("team/app")")));
}

// What `docker login` has left.
class Files : public CredentialProvider {
 public:
  std::string name() const override { return "files"; }
  std::optional<Credential> lookup(const CredentialQuery&) override {
    ++asked;
    return has ? std::optional(Credential{"AWS", base::Secret("old"), {}, {}, {}, "auths of a file"})
               : std::nullopt;
  }
  void invalidate(const CredentialQuery&) override {}
  bool has = true;
  int asked = 0;
};

TEST_F(EcrProviderTest, FilesCountOnlyWhereThereAreNoAwsCredentials) {
  const auto files = std::make_shared<Files>();
  const CredentialQuery target{kEcrHost, "app"};
  EXPECT_EQ(ecr_or_files(provider(kEcrHost), files)->lookup(target)->password.reveal(), "p1");
  EXPECT_EQ(files->asked, 0);

  variables = {{"AWS_EC2_METADATA_DISABLED", "true"}, {"PATH", "/nowhere"}};
  const auto alone = ecr_or_files(provider(kEcrHost), files);
  const auto credential = alone->lookup(target);
  EXPECT_EQ(credential->password.reveal(), "old");
  EXPECT_THAT(credential->source, HasSubstr("expires after 12 hours"));
  files->has = false;
  EXPECT_THROW(alone->lookup(target), aws::NoCredentials);
}

TEST_F(EcrProviderTest, WhatAwsRefusesIsNeverTriedWithFiles) {
  down = true;
  const auto files = std::make_shared<Files>();
  EXPECT_THROW(ecr_or_files(provider(kEcrHost), files)->lookup({kEcrHost, ""}), base::Error);
  EXPECT_EQ(files->asked, 0);
}

}  // namespace
}  // namespace ixian::auth
