#include "secrets/vault_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "base/error.h"
#include "testing/temp_folder.h"

namespace ixian::secrets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class VaultSettingsTest : public ::testing::Test {
 protected:
  aws::Environment environment() {
    return {[this](const std::string& name) -> std::optional<std::string> {
              const auto found = variables.find(name);
              return found == variables.end() ? std::nullopt : std::optional(found->second);
            },
            folder.path()};
  }
  std::optional<http::TlsSettings> tls(const std::string& authority = "vault.test:8200") {
    return vault_tls_settings(authority, environment());
  }

  const ixian::testing::TempFolder folder;
  std::map<std::string, std::string> variables{{"VAULT_ADDR", "https://vault.test:8200"}};
};

TEST_F(VaultSettingsTest, AnAddressMayHaveAPathAndASlash) {
  variables["VAULT_ADDR"] = "https://proxy.test/vault/";
  EXPECT_EQ(vault_address(environment()).url, "https://proxy.test/vault");
}

TEST_F(VaultSettingsTest, AnAgentGoesBeforeTheServer) {
  variables["VAULT_AGENT_ADDR"] = "http://127.0.0.1:8100";
  const VaultAddress address = vault_address(environment());
  EXPECT_EQ(address.url, "http://127.0.0.1:8100");
  EXPECT_TRUE(address.token_optional);
}

TEST_F(VaultSettingsTest, WhatIsNoAddressIsAnErrorThatDoesNotRepeatIt) {
  for (const char* text :
       {"vault.test:8200", "https://u:canary@vault.test", "https://", "https://x/?q=canary"}) {
    variables["VAULT_ADDR"] = text;
    try {
      vault_address(environment());
      FAIL() << text;
    } catch (const base::Error& error) {
      EXPECT_THAT(error.message(), HasSubstr("VAULT_ADDR"));
      EXPECT_THAT(error.message(), ::testing::Not(HasSubstr("canary")));
    }
  }
}

TEST_F(VaultSettingsTest, TlsSettingsAreForVaultsOwnHostOnly) {
  variables["VAULT_CACERT"] = "/ca.pem";
  ASSERT_TRUE(tls());
  EXPECT_THAT(tls()->ca_files, ElementsAre("/ca.pem"));
  EXPECT_TRUE(tls()->verify);
  EXPECT_FALSE(tls("vault.test"));
  EXPECT_FALSE(tls("registry.test:8200"));
}

TEST_F(VaultSettingsTest, WithoutSettingsThereIsNothingToSay) {
  EXPECT_FALSE(tls());
  variables.erase("VAULT_ADDR");
  EXPECT_FALSE(tls());
}

TEST_F(VaultSettingsTest, AFolderOfCasIsListedAndAFileGoesBeforeIt) {
  folder.write("b.pem", "");
  folder.write("a.crt", "");
  std::filesystem::create_directory(folder / "sub");
  variables["VAULT_CAPATH"] = folder.path();
  EXPECT_THAT(tls()->ca_files, ElementsAre(folder / "a.crt", folder / "b.pem"));
  variables["VAULT_CACERT"] = "/ca.pem";
  EXPECT_THAT(tls()->ca_files, ElementsAre("/ca.pem"));
  variables.erase("VAULT_CACERT");
  variables["VAULT_CAPATH"] = folder / "none";
  EXPECT_THROW(tls(), base::Error);
}

TEST_F(VaultSettingsTest, AClientCertificateNeedsItsKey) {
  variables["VAULT_CLIENT_CERT"] = "/c.pem";
  EXPECT_THROW(tls(), base::Error);
  variables["VAULT_CLIENT_KEY"] = "/k.pem";
  EXPECT_EQ(tls()->client_certificate, "/c.pem");
  EXPECT_EQ(tls()->client_key, "/k.pem");
}

TEST_F(VaultSettingsTest, CertificatesAreCheckedUnlessItIsClearlySaidOtherwise) {
  variables["VAULT_SKIP_VERIFY"] = "true";
  EXPECT_FALSE(tls()->verify);
  variables["VAULT_SKIP_VERIFY"] = "0";
  EXPECT_FALSE(tls());
  variables["VAULT_SKIP_VERIFY"] = "yes";
  EXPECT_THROW(tls(), base::Error);
}

TEST_F(VaultSettingsTest, PlainHttpHasNoSettingsOfTls) {
  variables["VAULT_ADDR"] = "http://vault.test:8200";
  EXPECT_FALSE(tls());
}

TEST_F(VaultSettingsTest, LoginsAreChosenByWhatIsThere) {
  EXPECT_FALSE(vault_login(environment()));
  variables["VAULT_ROLE"] = "ci";
  variables["VAULT_AUTH_PATH"] = "somewhere";
  variables["VAULT_K8S_TOKEN_FILE"] = folder.write("pod", "pod-token");
  EXPECT_EQ(vault_login(environment())->method, "Kubernetes");
  EXPECT_EQ(vault_login(environment())->mount, "somewhere");
  variables["VAULT_JWT_FILE"] = folder.write("jwt", "job-token\n");
  EXPECT_EQ(vault_login(environment())->method, "JWT");
  EXPECT_EQ(vault_login(environment())->fields[0].second.reveal(), "job-token");
  variables["VAULT_ROLE_ID"] = "role";
  EXPECT_EQ(vault_login(environment())->method, "AppRole");
  EXPECT_EQ(vault_login(environment())->mount, "approle");
  EXPECT_EQ(vault_login(environment())->fields.size(), 1u);
  variables["VAULT_SECRET_ID_FILE"] = folder.write("id", "secret-id\n");
  EXPECT_EQ(vault_login(environment())->fields[1].second.reveal(), "secret-id");
}

TEST_F(VaultSettingsTest, AFileThatIsNamedMustBeThere) {
  variables["VAULT_JWT_FILE"] = folder / "none";
  try {
    vault_login(environment());
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("VAULT_JWT_FILE"));
  }
  folder.write("none", " \n");
  EXPECT_THROW(vault_login(environment()), base::Error);
}

}  // namespace
}  // namespace ixian::secrets
