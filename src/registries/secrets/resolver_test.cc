#include "secrets/resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/error.h"
#include "testing/fake_clock.h"
#include "testing/fake_vault.h"
#include "testing/temp_folder.h"

namespace ixian::secrets {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class SecretResolverTest : public ::testing::Test {
 protected:
  SecretResolverTest()
      : variables{{"VAULT_ADDR", "https://vault.test"}, {"VAULT_TOKEN", "canary-token"}, {"A", "value"}} {
    vault.tokens = {"canary-token"};
    vault.mounts = {{"secret/", "2"}, {"database/", ""}};
    vault.secrets["secret/data/ci"] = {{"data", {{"password", "x"}}}};
  }
  std::string error(const std::string& option) {
    try {
      resolver.load(option);
    } catch (const base::Error& caught) {
      EXPECT_EQ(caught.code(), base::ErrorCode::kRegistry);
      EXPECT_THAT(caught.message() + caught.context(), Not(HasSubstr("canary")));
      return caught.advised();
    }
    return "none";
  }
  // A command that counts how often it has run.
  std::string counting(const std::string& rest = "") {
    return "cmd:echo run >>" + (folder / "runs") + "; wc -l <" + (folder / "runs") + rest;
  }

  const ixian::testing::TempFolder folder;
  std::map<std::string, std::string> variables;
  ixian::testing::FakeVault vault;
  ixian::testing::FakeClock clock;
  base::Cancellation cancellation;
  http::Client client{vault, clock, cancellation};
  SecretResolver resolver{client,
                          cancellation,
                          {[this](const std::string& name) -> std::optional<std::string> {
                             const auto found = variables.find(name);
                             if (found == variables.end()) return std::nullopt;
                             return found->second;
                           },
                           folder.path()}};
};

TEST_F(SecretResolverTest, AnOptionIsTheValueOrStandsForIt) {
  folder.write("file", "from file\n");
  EXPECT_EQ(resolver.load("hunter2").reveal(), "hunter2");
  EXPECT_EQ(resolver.load("").reveal(), "");
  EXPECT_EQ(resolver.load("env:A").reveal(), "value");
  EXPECT_EQ(resolver.load("file:~/file").reveal(), "from file");
  EXPECT_EQ(resolver.load("cmd:echo x y").reveal(), "x y");
  EXPECT_EQ(resolver.load("vault:secret/ci#password").reveal(), "x");
}

TEST_F(SecretResolverTest, ErrorsNameTheReference) {
  EXPECT_THAT(error("env:NONE"), AllOf(StartsWith("cannot load env:NONE: "), HasSubstr("not set")));
  EXPECT_THAT(error("file:/none"), HasSubstr("file:/none"));
  EXPECT_THAT(error("cmd:exit 3"), AllOf(HasSubstr("cmd:exit 3"), HasSubstr("exit code: 3")));
  EXPECT_THAT(error("vault:secret/ci#no"), AllOf(HasSubstr("vault:secret/ci#no"), HasSubstr("password")));
}

TEST_F(SecretResolverTest, WhatNobodyAsksForNeedsNoSettings) {
  variables = {{"A", "value"}};
  EXPECT_EQ(resolver.load("env:A").reveal(), "value");
  EXPECT_THAT(error("vault:secret/ci"), HasSubstr("VAULT_ADDR is not set"));
  variables["VAULT_ADDR"] = "https://vault.test";
  variables["VAULT_TOKEN"] = "canary-token";
  EXPECT_EQ(resolver.load("vault:secret/ci").reveal(), "x");
}

TEST_F(SecretResolverTest, AReferenceIsLoadedOnceUntilItIsForgotten) {
  const std::string option = counting();
  EXPECT_EQ(resolver.load(option).reveal(), "1");
  EXPECT_EQ(resolver.load(option).reveal(), "1");
  resolver.forget(*parse_secret_reference(option));
  EXPECT_EQ(resolver.load(option).reveal(), "2");
  resolver.forget(*parse_secret_reference("env:NEVER_LOADED"));
}

TEST_F(SecretResolverTest, ManyWhoAskAtOnceGetOneAnswer) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { EXPECT_EQ(resolver.load(counting("; sleep 0.1")).reveal(), "1"); });
  }
  for (auto& thread : threads) thread.join();
}

TEST_F(SecretResolverTest, AFailureIsNotKept) {
  EXPECT_THAT(error("env:LATER"), HasSubstr("not set"));
  variables["LATER"] = "x";
  EXPECT_EQ(resolver.load("env:LATER").reveal(), "x");
}

TEST_F(SecretResolverTest, ALeasedSecretIsLoadedAnewWhenItEnds) {
  vault.secrets["database/creds/ci"] = {{"password", "first"}};
  vault.leases["database/creds/ci"] = {{"lease_id", "1"}, {"lease_duration", 100}};
  EXPECT_EQ(resolver.load("vault:database/creds/ci").reveal(), "first");
  vault.secrets["database/creds/ci"] = {{"password", "second"}};
  clock.advance(std::chrono::seconds(80));
  EXPECT_EQ(resolver.load("vault:database/creds/ci").reveal(), "first");
  clock.advance(std::chrono::seconds(20));
  EXPECT_EQ(resolver.load("vault:database/creds/ci").reveal(), "second");
}

TEST_F(SecretResolverTest, StoppingIsNoError) {
  cancellation.request();
  EXPECT_THROW(resolver.load("cmd:echo x"), base::Cancelled);
}

}  // namespace
}  // namespace ixian::secrets
