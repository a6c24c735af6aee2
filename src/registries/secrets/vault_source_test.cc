#include "secrets/vault_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "testing/fake_clock.h"
#include "testing/fake_vault.h"
#include "testing/temp_folder.h"

namespace ixian::secrets {
namespace {

using ixian::testing::FakeVault;
using ixian::testing::VaultRequest;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class VaultSourceTest : public ::testing::Test {
 protected:
  VaultSourceTest() {
    variables = {{"VAULT_ADDR", "https://vault.test:8200"}, {"VAULT_TOKEN", "canary-token"}};
    vault.tokens = {"canary-token"};
    vault.mounts = {{"secret/", "2"}, {"old/", "1"}, {"team/a/kv/", "2"}};
    vault.secrets["secret/data/ci"] = {{"data", {{"password", "x"}, {"port", 5000}}},
                                       {"metadata", {{"version", 3}}}};
    vault.secrets["old/ci"] = {{"password", "y"}};
    vault.secrets["team/a/kv/data/ci/registry"] = {{"data", {{"password", "z"}}}};
  }

  VaultSource& source() {
    if (!source_) {
      source_.emplace(client, aws::Environment{[this](const std::string& name) -> std::optional<std::string> {
                                                 const auto found = variables.find(name);
                                                 if (found == variables.end()) return std::nullopt;
                                                 return found->second;
                                               },
                                               folder.path()});
    }
    return *source_;
  }
  std::string load(const std::string& path, const std::string& field = "password") {
    return source().load(path, field).value.reveal();
  }
  base::Error error(const std::string& path, const std::string& field = "password") {
    try {
      load(path, field);
    } catch (const base::Error& caught) {
      EXPECT_EQ(caught.code(), base::ErrorCode::kRegistry);
      EXPECT_THAT(caught.message() + caught.context(), Not(HasSubstr("canary")));
      return caught;
    }
    ADD_FAILURE() << "it was loaded";
    return {base::ErrorCode::kUsage, ""};
  }
  void use_approle() {
    variables.erase("VAULT_TOKEN");
    variables["VAULT_ROLE_ID"] = "canary-role";
    variables["VAULT_SECRET_ID"] = "canary-secret";
    vault.logins["auth/approle/login"] = [](const base::Json& body) {
      return body == base::Json{{"role_id", "canary-role"}, {"secret_id", "canary-secret"}};
    };
    vault.next_tokens = {"login-1", "login-2", "login-3"};
  }

  const ixian::testing::TempFolder folder;
  std::map<std::string, std::string> variables;
  FakeVault vault;
  ixian::testing::FakeClock clock;
  base::Cancellation cancellation;
  http::Client client{vault, clock, cancellation};

 private:
  std::optional<VaultSource> source_;
};

TEST_F(VaultSourceTest, ReadsBothVersionsAndMountsWithSlashes) {
  EXPECT_EQ(load("secret/ci"), "x");
  EXPECT_EQ(load("secret/ci", "port"), "5000");
  EXPECT_EQ(load("old/ci"), "y");
  EXPECT_EQ(load("team/a/kv/ci/registry", ""), "z");
}

TEST_F(VaultSourceTest, AVaultThatDoesNotKnowMountsIsReadAsVersionOne) {
  vault.knows_mounts = false;
  EXPECT_EQ(load("old/ci"), "y");
}

TEST_F(VaultSourceTest, AMountToldWithItsNamespaceIsFoundWithoutIt) {
  vault.before = [](const VaultRequest& request) -> std::optional<FakeVault::Reply> {
    if (!request.path.starts_with("sys/")) return std::nullopt;
    return FakeVault::Reply{200, R"({"data":{"path":"ns1/secret/","type":"kv","options":{"version":"2"}}})",
                            ""};
  };
  EXPECT_EQ(load("secret/ci"), "x");
}

TEST_F(VaultSourceTest, PathsAreEncoded) {
  vault.secrets["old/a%20b%3Fc%23/%C3%A4"] = {{"password", "w"}};
  EXPECT_EQ(load("old/a b?c#/\u00e4"), "w");
}

TEST_F(VaultSourceTest, EveryRequestHasTheTokenAndTheNamespace) {
  variables["VAULT_NAMESPACE"] = "team/a";
  load("secret/ci");
  ASSERT_EQ(vault.requests.size(), 2u);
  for (const auto& request : vault.requests) {
    EXPECT_EQ(request.token, "canary-token");
    EXPECT_EQ(request.vault_namespace, "team/a");
  }
}

TEST_F(VaultSourceTest, AMissingSecretIsNamed) {
  EXPECT_THAT(error("secret/none").message(), HasSubstr("secret secret/none not found"));
  EXPECT_THAT(error("old/none").message(), HasSubstr("secret old/none not found"));
}

TEST_F(VaultSourceTest, AnApiPathOfVersionTwoIsCorrected) {
  EXPECT_THAT(error("secret/data/ci").context(), HasSubstr("leave out the data/: secret/ci"));
}

TEST_F(VaultSourceTest, ADeletedOrDestroyedVersionIsSaidToBeSo) {
  vault.gone["secret/data/deleted"] = {
      {"data", nullptr},
      {"metadata", {{"deletion_time", "2026-01-02T03:04:05Z"}, {"destroyed", false}, {"version", 2}}}};
  vault.gone["secret/data/destroyed"] = {
      {"data", nullptr}, {"metadata", {{"deletion_time", ""}, {"destroyed", true}, {"version", 1}}}};
  EXPECT_THAT(error("secret/deleted").message(),
              AllOf(HasSubstr("version 2"), HasSubstr("deleted on 2026-01-02T03:04:05Z")));
  EXPECT_THAT(error("secret/deleted").context(), HasSubstr("ndelete"));
  EXPECT_THAT(error("secret/destroyed").message(),
              HasSubstr("version 1 of secret/destroyed in Vault was destroyed"));
}

TEST_F(VaultSourceTest, AMissingFieldListsThoseThereAre) {
  EXPECT_THAT(error("secret/ci", "pasword").context(), HasSubstr("use one of password, port"));
}

TEST_F(VaultSourceTest, ASealedVaultIsSaidToBeSealed) {
  vault.sealed = true;
  EXPECT_THAT(error("secret/ci").message(), AllOf(HasSubstr("https://vault.test:8200"), HasSubstr("sealed")));
}

TEST_F(VaultSourceTest, NoPermissionAndABadTokenAreToldApart) {
  vault.forbidden = {"secret/data/ci"};
  EXPECT_THAT(error("secret/ci").message(), HasSubstr("VAULT_TOKEN"));
  EXPECT_THAT(error("secret/ci").context(), HasSubstr("policies"));
  vault.tokens.clear();
  EXPECT_THAT(error("secret/ci").message(), AllOf(HasSubstr("VAULT_TOKEN"), HasSubstr("expired")));
}

TEST_F(VaultSourceTest, WhatVaultSaysOfTheTokenIsHidden) {
  vault.before = [](const VaultRequest&) { return FakeVault::errors(403, {"bad token canary-token"}); };
  EXPECT_THAT(error("secret/ci").context(), HasSubstr("***"));
}

TEST_F(VaultSourceTest, APageThatIsNotVaultsIsSaidToBeNone) {
  vault.before = [](const VaultRequest&) { return FakeVault::Reply{200, "<html>canary</html>", ""}; };
  EXPECT_THAT(error("secret/ci").context(), HasSubstr("check VAULT_ADDR"));
}

TEST_F(VaultSourceTest, AnswersOfTheWrongShapeAreErrorsToo) {
  for (const char* body :
       {"[]", "3", R"({"data":7})", R"({"data":{"path":9}})", R"({"data":{"path":"other/"}})",
        R"({"data":{"path":"secret/ci/"}})", R"({"data":{"path":"sec"}})", ""}) {
    vault.before = [body](const VaultRequest&) { return FakeVault::Reply{200, body, ""}; };
    error("secret/ci");
  }
}

TEST_F(VaultSourceTest, AMissingAddressOrTokenSaysWhatToSet) {
  variables = {};
  EXPECT_THAT(error("secret/ci").message(), HasSubstr("VAULT_ADDR is not set"));
  variables["VAULT_ADDR"] = "https://vault.test";
  EXPECT_THAT(error("secret/ci").context(), AllOf(HasSubstr("vault login"), HasSubstr("VAULT_ROLE_ID")));
}

TEST_F(VaultSourceTest, TheTokenFileIsReadAtEachLoadAndComesAfterTheVariable) {
  folder.write(".vault-token", "from-file\n");
  EXPECT_EQ(load("secret/ci"), "x");
  EXPECT_EQ(vault.requests.back().token, "canary-token");
  variables["VAULT_TOKEN"] = "";
  EXPECT_THAT(error("secret/ci").message(), HasSubstr("~/.vault-token"));
  vault.tokens.insert("renewed");
  folder.write(".vault-token", "renewed");
  EXPECT_EQ(load("secret/ci"), "x");
}

TEST_F(VaultSourceTest, AnAgentAddsTheTokenItself) {
  variables = {{"VAULT_ADDR", "unix:///run/vault.sock"}};
  vault.tokens = {""};
  EXPECT_EQ(load("secret/ci"), "x");
  EXPECT_EQ(vault.requests.back().unix_socket, "/run/vault.sock");
}

TEST_F(VaultSourceTest, LogsInOnceAndAnewBeforeTheLeaseEnds) {
  use_approle();
  vault.lease_duration = 100;
  load("secret/ci");
  load("old/ci");
  EXPECT_EQ(vault.next_tokens.size(), 2u);
  clock.advance(std::chrono::seconds(89));
  load("secret/ci");
  EXPECT_EQ(vault.next_tokens.size(), 2u);
  clock.advance(std::chrono::seconds(2));
  load("secret/ci");
  EXPECT_EQ(vault.next_tokens.size(), 1u);
  EXPECT_EQ(vault.requests.back().token, "login-2");
}

TEST_F(VaultSourceTest, ATokenWithoutALeaseDoesNotEnd) {
  use_approle();
  vault.lease_duration = 0;
  load("secret/ci");
  clock.advance(std::chrono::hours(100'000));
  load("secret/ci");
  EXPECT_EQ(vault.next_tokens.size(), 2u);
}

TEST_F(VaultSourceTest, ARevokedTokenIsReplacedOnceByAFreshLogin) {
  use_approle();
  load("secret/ci");
  vault.tokens.erase("login-1");
  EXPECT_EQ(load("secret/ci"), "x");
  EXPECT_EQ(vault.requests.back().token, "login-2");
}

TEST_F(VaultSourceTest, ARealRefusalIsNotAnsweredByLoggingInForEver) {
  use_approle();
  vault.forbidden = {"secret/data/ci"};
  EXPECT_THAT(error("secret/ci").message(), HasSubstr("the AppRole login at auth/approle"));
  EXPECT_EQ(vault.next_tokens.size(), 1u);
}

TEST_F(VaultSourceTest, ARefusedLoginNamesTheMethodAndTheMount) {
  use_approle();
  variables["VAULT_APPROLE_PATH"] = "auth/ci/";
  vault.logins["auth/ci/login"] = [](const base::Json&) { return false; };
  const base::Error refused = error("secret/ci");
  EXPECT_THAT(refused.message(), HasSubstr("rejected the AppRole login at auth/ci (400)"));
  EXPECT_THAT(refused.context(), HasSubstr("invalid role or secret ID"));
}

TEST_F(VaultSourceTest, LogsInWithAJobsToken) {
  variables.erase("VAULT_TOKEN");
  variables["VAULT_ID_TOKEN"] = "canary-jwt";
  variables["VAULT_AUTH_ROLE"] = "ci";
  vault.logins["auth/jwt/login"] = [](const base::Json& body) {
    return body == base::Json{{"jwt", "canary-jwt"}, {"role", "ci"}};
  };
  vault.next_tokens = {"login-1"};
  EXPECT_EQ(load("secret/ci"), "x");
  EXPECT_EQ(vault.requests.front().token, "");
}

TEST_F(VaultSourceTest, LogsInWithThePodsTokenWhichIsReadAnewEachTime) {
  variables.erase("VAULT_TOKEN");
  variables["VAULT_K8S_ROLE"] = "builder";
  variables["VAULT_K8S_PATH"] = "k8s/prod";
  variables["VAULT_K8S_TOKEN_FILE"] = folder.write("token", "jwt-1\n");
  std::string seen;
  vault.logins["auth/k8s/prod/login"] = [&](const base::Json& body) {
    seen = body["jwt"];
    return body["role"] == "builder";
  };
  vault.next_tokens = {"login-1", "login-2"};
  vault.lease_duration = 10;
  EXPECT_EQ(load("secret/ci"), "x");
  EXPECT_EQ(seen, "jwt-1");
  folder.write("token", "jwt-2\n");
  clock.advance(std::chrono::seconds(10));
  EXPECT_EQ(load("secret/ci"), "x");
  EXPECT_EQ(seen, "jwt-2");
}

TEST_F(VaultSourceTest, ALoginWithoutATokenIsAnError) {
  use_approle();
  for (const char* body :
       {R"({"auth":{"client_token":"","mfa_requirement":{}}})", R"({"auth":null})", "{}", "[]"}) {
    vault.before = [body](const VaultRequest& request) -> std::optional<FakeVault::Reply> {
      if (request.method != "POST") return std::nullopt;
      return FakeVault::Reply{200, body, ""};
    };
    EXPECT_THAT(error("secret/ci").message(), HasSubstr("returned no token"));
  }
}

TEST_F(VaultSourceTest, AStandbyNodeMaySendUsOnWithTheTokenOnce) {
  vault.before = [](const VaultRequest& request) -> std::optional<FakeVault::Reply> {
    if (!request.url.starts_with("https://vault.test")) return std::nullopt;
    return FakeVault::Reply{307, "", "https://active.test:8200/v1/" + request.path};
  };
  EXPECT_EQ(load("secret/ci"), "x");
  EXPECT_EQ(vault.requests.back().url, "https://active.test:8200/v1/secret/data/ci");
  EXPECT_EQ(vault.requests.back().token, "canary-token");
}

TEST_F(VaultSourceTest, ARedirectKeepsTheLoginsBody) {
  use_approle();
  vault.before = [](const VaultRequest& request) -> std::optional<FakeVault::Reply> {
    if (!request.url.starts_with("https://vault.test")) return std::nullopt;
    return FakeVault::Reply{302, "", "https://active.test:8200/v1/" + request.path};
  };
  EXPECT_EQ(load("secret/ci"), "x");
}

TEST_F(VaultSourceTest, ASecondRedirectIsRefused) {
  vault.before = [](const VaultRequest& request) {
    return FakeVault::Reply{307, "", "https://next.test/v1/" + request.path};
  };
  EXPECT_THAT(error("secret/ci").message(), HasSubstr("redirects again"));
  EXPECT_EQ(vault.requests.size(), 2u);
}

TEST_F(VaultSourceTest, TheTokenNeverGoesToAnythingButHttps) {
  for (const std::string target :
       {"http://vault.test:8200/v1/x", "http://active.test/v1/x", "ftp://x/", ""}) {
    vault.requests.clear();
    vault.before = [&](const VaultRequest&) { return FakeVault::Reply{307, "", target}; };
    error("secret/ci");
    EXPECT_EQ(vault.requests.size(), 1u) << target;
  }
}

TEST_F(VaultSourceTest, SecretsOfOtherEnginesEndWithTheirLease) {
  vault.mounts["database/"] = "";
  vault.secrets["database/creds/ci"] = {{"password", "w"}, {"username", "v"}};
  vault.leases["database/creds/ci"] = {{"lease_id", "database/creds/ci/1"}, {"lease_duration", 100}};
  const VaultSecret secret = source().load("database/creds/ci", "password");
  EXPECT_EQ(secret.value.reveal(), "w");
  EXPECT_EQ(secret.expires, clock.now() + std::chrono::seconds(90));
  EXPECT_FALSE(source().load("secret/ci", "password").expires);
}

}  // namespace
}  // namespace ixian::secrets
