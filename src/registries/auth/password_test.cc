#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "auth/providers.h"
#include "base/error.h"
#include "testing/fake_clock.h"
#include "testing/fake_transport.h"

namespace ixian::auth {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPasswordHost[] = "r.example.com";

class PasswordProviderTest : public ::testing::Test {
 protected:
  aws::Environment environment() {
    return {[this](const std::string& name) {
              const auto found = variables.find(name);
              return found == variables.end() ? std::nullopt : std::optional(found->second);
            },
            "/nowhere"};
  }
  std::shared_ptr<CredentialProvider> provider(const base::Json& options) {
    return static_provider(kPasswordHost, options, services);
  }
  std::string error_of(const base::Json& options) {
    try {
      provider(options);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kProject);
      return error.advised();
    }
    ADD_FAILURE() << "no error for " << options.dump();
    return "";
  }

  std::map<std::string, std::string> variables;
  ixian::testing::FakeClock clock;
  base::Cancellation cancellation;
  ixian::testing::FakeTransport transport{[](const ixian::testing::SentRequest&) {
    return ixian::testing::FakeAnswer{500, "", {}};
  }};
  http::Client client{transport, clock, cancellation};
  secrets::SecretResolver resolver{client, cancellation, environment()};
  Services services{client, resolver, cancellation, environment()};
};

TEST_F(PasswordProviderTest, WithoutOptionsThereIsNone) {
  EXPECT_FALSE(provider(base::Json::object())->lookup({kPasswordHost, ""}));
  EXPECT_FALSE(provider(nullptr)->lookup({kPasswordHost, ""}));
  EXPECT_FALSE(provider({{"username", nullptr}, {"password", ""}})->lookup({kPasswordHost, ""}));
}

TEST_F(PasswordProviderTest, ReferencesAreLoadedAtTheLookup) {
  const auto made = provider({{"username", "env:USER_NAME"}, {"password", "env:PASSWORD"}});
  variables["USER_NAME"] = "ci";
  variables["PASSWORD"] = "canary";
  const auto credential = made->lookup({kPasswordHost, "team/app"});
  ASSERT_TRUE(credential);
  EXPECT_EQ(credential->username, "ci");
  EXPECT_EQ(credential->password.reveal(), "canary");
  EXPECT_EQ(credential->source, "password from env:PASSWORD");
}

TEST_F(PasswordProviderTest, WhatIsRefusedIsLoadedAnew) {
  variables["PASSWORD"] = "old";
  const auto made = provider({{"username", "ci"}, {"password", "env:PASSWORD"}});
  EXPECT_EQ(made->lookup({kPasswordHost, ""})->password.reveal(), "old");
  variables["PASSWORD"] = "new";
  EXPECT_EQ(made->lookup({kPasswordHost, ""})->password.reveal(), "old");
  made->invalidate({kPasswordHost, ""});
  EXPECT_EQ(made->lookup({kPasswordHost, ""})->password.reveal(), "new");
}

TEST_F(PasswordProviderTest, ATokenIsABearer) {
  const auto credential = provider({{"token", "abc"}})->lookup({kPasswordHost, ""});
  EXPECT_EQ(credential->bearer.reveal(), "abc");
  EXPECT_THAT(credential->source, AllOf(HasSubstr("CONFIG.DOCKER.REGISTRIES"), Not(HasSubstr("abc"))));
}

TEST_F(PasswordProviderTest, AReferenceThatLeadsNowhereIsAnErrorAtTheLookup) {
  const auto made = provider({{"username", "ci"}, {"password", "env:NOT_SET"}});
  EXPECT_THROW(made->lookup({kPasswordHost, ""}), base::Error);
}

TEST_F(PasswordProviderTest, UnknownOptionsAreNamedWithWhatMayBeMeant) {
  EXPECT_THAT(error_of({{"user_name", "ci"}}),
              AllOf(HasSubstr("r.example.com"), HasSubstr("\"user_name\""), HasSubstr("username?")));
}

TEST_F(PasswordProviderTest, OptionsForAllClientsAreLetThrough) {
  EXPECT_FALSE(
      provider({{"insecure", true}, {"ca_file", "x"}, {"client_certificate", "y"}, {"client_key", "z"}})
          ->lookup({kPasswordHost, ""}));
}

TEST_F(PasswordProviderTest, HalfACredentialIsAnError) {
  EXPECT_THAT(error_of({{"username", "ci"}}), HasSubstr("`password`"));
  EXPECT_THAT(error_of({{"username", "ci"}, {"password", ""}}), HasSubstr("`password`"));
  EXPECT_THAT(error_of({{"password", "pw"}}), HasSubstr("`username`"));
  EXPECT_THAT(error_of({{"username", "ci"}, {"password", "pw"}, {"token", "t"}}), HasSubstr("not both"));
}

TEST_F(PasswordProviderTest, ValuesAreText) {
  EXPECT_THAT(error_of({{"username", "ci"}, {"password", 12345}}),
              AllOf(HasSubstr("must be a string"), Not(HasSubstr("12345"))));
  EXPECT_THAT(error_of(base::Json::array({1})), HasSubstr("dictionary"));
}

TEST_F(PasswordProviderTest, ReferencesThatCannotBeRightAreErrorsAtOnce) {
  error_of({{"username", "ci"}, {"password", "env:"}});
}

TEST(PlainSecretWarningTest, SaysWhatToWriteInstead) {
  const auto warning = plain_secret_warning(kPasswordHost, {{"username", "ci"}, {"password", "canary"}});
  ASSERT_TRUE(warning);
  EXPECT_THAT(*warning, AllOf(HasSubstr("`password` of r.example.com"), HasSubstr("env:NAME"),
                              HasSubstr("vault:"), Not(HasSubstr("canary"))));
  EXPECT_TRUE(plain_secret_warning(kPasswordHost, {{"aws_secret_access_key", "x"}}));
  EXPECT_TRUE(plain_secret_warning(kPasswordHost, {{"token", "x"}}));
}

TEST(PlainSecretWarningTest, ReferencesDrawNone) {
  for (const base::Json& options :
       {base::Json({{"password", "env:PASSWORD"}}), base::Json({{"password", "vault:secret/ci#password"}}),
        base::Json({{"password", ""}}), base::Json({{"password", nullptr}}), base::Json({{"username", "ci"}}),
        base::Json({{"password", "env:"}}), base::Json(), base::Json({{"aws_access_key_id", "AKIA"}})})
    EXPECT_FALSE(plain_secret_warning(kPasswordHost, options)) << options.dump();
}

TEST(ProviderListTest, TheFirstThatHasOneAnswers) {
  class Fixed : public CredentialProvider {
   public:
    explicit Fixed(std::string user) : user_(std::move(user)) {}
    std::string name() const override { return "provider " + user_; }
    std::optional<Credential> lookup(const CredentialQuery&) override {
      ++asked;
      if (user_.empty()) return std::nullopt;
      Credential credential;
      credential.username = user_;
      return credential;
    }
    void invalidate(const CredentialQuery&) override { ++invalidated; }
    int asked = 0;
    int invalidated = 0;

   private:
    std::string user_;
  };
  auto none = std::make_shared<Fixed>("");
  auto first = std::make_shared<Fixed>("a");
  auto second = std::make_shared<Fixed>("b");
  ProviderList list({none, first, second});
  EXPECT_EQ(list.lookup({kPasswordHost, ""})->username, "a");
  EXPECT_EQ(second->asked, 0);
  list.invalidate({kPasswordHost, ""});
  EXPECT_EQ(none->invalidated + first->invalidated + second->invalidated, 3);
  EXPECT_EQ(list.name(), "provider , provider a, provider b");
}

}  // namespace
}  // namespace ixian::auth
