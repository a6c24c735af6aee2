// Our requests, over real HTTP, before a server that answers as Vault's documentation says
// (tests/stand_ins/vault.py).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "http/curl_transport.h"
#include "secrets/resolver.h"
#include "testing/emulator.h"
#include "testing/temp_folder.h"

namespace ixian::secrets {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class StandInTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server = std::make_unique<ixian::testing::Emulator>(IXIAN_SOURCE_DIR "/tests/stand_ins/vault.py");
  }
  static void TearDownTestSuite() { server.reset(); }
  void SetUp() override {
    ASSERT_TRUE(server->running) << "tests/stand_ins/vault.py did not start";
    control("DELETE");
    variables = {{"VAULT_ADDR", server->url}, {"VAULT_TOKEN", "root-canary"}};
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
  int logins() {
    int count = 0;
    for (const base::Json& entry : base::parse_json(control("GET"))) {
      count += entry["path"].get<std::string>().ends_with("/login");
    }
    return count;
  }

  SecretResolver resolver() {
    return {client,
            cancellation,
            {[this](const std::string& name) -> std::optional<std::string> {
               const auto found = variables.find(name);
               return found == variables.end() ? std::nullopt : std::optional(found->second);
             },
             home.path()}};
  }
  std::string load(const std::string& option) { return resolver().load(option).reveal(); }
  std::string error(const std::string& option) {
    try {
      load(option);
    } catch (const base::Error& caught) {
      EXPECT_THAT(caught.message() + caught.context(), Not(HasSubstr("canary")));
      return caught.advised();
    }
    return "none";
  }

  static std::unique_ptr<ixian::testing::Emulator> server;
  const ixian::testing::TempFolder home;
  std::map<std::string, std::string> variables;
  base::Cancellation cancellation;
  base::SystemClock clock;
  http::CurlTransport transport{{}, cancellation};
  http::Client client{transport, clock, cancellation};
};
std::unique_ptr<ixian::testing::Emulator> StandInTest::server;

TEST_F(StandInTest, BothVersionsNestedMountsAndNamespaces) {
  EXPECT_EQ(load("vault:secret/ci/registry#password"), "kv2-canary");
  EXPECT_EQ(load("vault:secret/ci/registry#port"), "5000");
  EXPECT_EQ(load("vault:kv1/ci/registry#password"), "kv1-canary");
  EXPECT_EQ(load("vault:team/a/kv/deploy"), "nested-canary");
  EXPECT_EQ(load("vault:database/creds/ci#password"), "leased-canary");
  variables["VAULT_NAMESPACE"] = "team";
  EXPECT_EQ(load("vault:secret/ci"), "namespaced-canary");
}

TEST_F(StandInTest, EveryLogin) {
  variables.erase("VAULT_TOKEN");
  const auto clean = variables;
  variables["VAULT_ROLE_ID"] = "role-id-canary";
  variables["VAULT_SECRET_ID"] = "secret-id-canary";
  EXPECT_EQ(load("vault:kv1/ci/registry"), "kv1-canary");
  variables = clean;
  variables["VAULT_JWT"] = "job-jwt-canary";
  variables["VAULT_ROLE"] = "ci";
  EXPECT_EQ(load("vault:kv1/ci/registry"), "kv1-canary");
  variables = clean;
  variables["VAULT_K8S_ROLE"] = "builder";
  variables["VAULT_K8S_TOKEN_FILE"] = home.write("token", "pod-jwt-canary");
  EXPECT_EQ(load("vault:kv1/ci/registry"), "kv1-canary");
  home.write("token", "wrong-canary");
  EXPECT_THAT(error("vault:kv1/ci/registry"), HasSubstr("rejected the Kubernetes login"));
}

TEST_F(StandInTest, ALoginWhoseTokenHasEndedIsRepeated) {
  variables.erase("VAULT_TOKEN");
  variables["VAULT_JWT"] = "job-jwt-canary";
  variables["VAULT_ROLE"] = "ci";
  SecretResolver kept = resolver();
  EXPECT_EQ(kept.load("vault:kv1/ci/registry").reveal(), "kv1-canary");
  configure({{"clock_skew", 3601}});
  EXPECT_EQ(kept.load("vault:secret/ci/registry#password").reveal(), "kv2-canary");
  EXPECT_EQ(logins(), 2);
}

TEST_F(StandInTest, WhatVaultRefusesIsASentence) {
  EXPECT_THAT(error("vault:secret/none"), HasSubstr("secret secret/none not found"));
  EXPECT_THAT(error("vault:secret/deleted"), HasSubstr("version 2 of secret/deleted in Vault was deleted"));
  EXPECT_THAT(error("vault:secret/destroyed"), HasSubstr("was destroyed"));
  EXPECT_THAT(error("vault:secret/ci/registry#pass"), HasSubstr("use one of password, port, username"));
  EXPECT_THAT(error("vault:none/x"), HasSubstr("there is such a mount"));
  variables["VAULT_TOKEN"] = "wrong-canary";
  EXPECT_THAT(error("vault:kv1/ci/registry"), HasSubstr("rejected the token from VAULT_TOKEN"));
}

TEST_F(StandInTest, AFailureThatPassesIsTriedAgain) {
  configure({{"errors", {{{"path", "kv1/ci/registry"}, {"times", 1}, {"status", 500}}}}});
  EXPECT_EQ(load("vault:kv1/ci/registry"), "kv1-canary");
}

TEST_F(StandInTest, ASealedVault) {
  configure({{"sealed", true}});
  EXPECT_THAT(error("vault:kv1/ci/registry"), HasSubstr("is sealed"));
}

TEST_F(StandInTest, AStandbyNodeThatPointsToPlainHttpElsewhere) {
  configure({{"standby_for", "http://127.0.0.2:1"}});
  EXPECT_THAT(error("vault:kv1/ci/registry"), AllOf(HasSubstr("http://127.0.0.2:1"), HasSubstr("not https")));
}

TEST_F(StandInTest, NobodyThereIsSaidWithTheReference) {
  variables["VAULT_ADDR"] = "http://127.0.0.1:1";
  EXPECT_THAT(error("vault:kv1/ci/registry"),
              AllOf(HasSubstr("vault:kv1/ci/registry"), HasSubstr("127.0.0.1")));
}

}  // namespace
}  // namespace ixian::secrets
