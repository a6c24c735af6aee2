// Clients that a project has written, asked for their credentials.
#include "script/py_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/error.h"
#include "script/registry_settings.h"
#include "testing/python_project.h"

namespace ixian::script {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kRegistry = "registry.local:5000";

class CustomClientTest : public ::testing::Test {
 protected:
  // `body` is the class's, from line 3 of ixian.py on.
  std::shared_ptr<auth::CredentialProvider> provider(const std::string& body,
                                                     const std::string& options = "{}",
                                                     const std::string& base_class = "DockerClient") {
    project_.run("import time, datetime\nclass Mine(" + base_class + "):\n" + body +
                 "\nCONFIG.DOCKER.REGISTRIES = {'registry.local:5000': {'client': Mine, 'options': " +
                 options + "}}\n");
    auto settings = registry_settings(project_.services);
    EXPECT_EQ(settings.size(), 1u);
    EXPECT_EQ(settings[0].kind, registry::RegistryKind::kCustom);
    EXPECT_EQ(settings[0].client, "Mine");
    return settings[0].provider;
  }

  std::optional<auth::Credential> credential(const std::string& body, const std::string& options = "{}",
                                             const std::string& base_class = "DockerClient") {
    return provider(body, options, base_class)->lookup({kRegistry, "app"});
  }

  base::Error failure(const std::string& body, const std::string& options = "{}") {
    try {
      credential(body, options);
    } catch (const base::Error& error) {
      return error;
    }
    return {base::ErrorCode::kTaskFailed, "nothing was thrown"};
  }

  ixian::testing::PythonProject project_;
};

TEST_F(CustomClientTest, GivesAUserAndAPassword) {
  const auto found = credential("  def credentials(self): return 'ci', 'canary'");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->username, "ci");
  EXPECT_EQ(found->password.reveal(), "canary");
  EXPECT_FALSE(found->expires);
  EXPECT_EQ(found->source, "Mine, ixian.py:3");
}

TEST_F(CustomClientTest, GivesAMapping) {
  const auto found = credential("  def credentials(self): return {'username': 'ci', 'password': b'canary'}");
  EXPECT_EQ(found->username, "ci");
  EXPECT_EQ(found->password.reveal(), "canary");
}

TEST_F(CustomClientTest, GivesAToken) {
  const auto found = credential("  def credentials(self): return {'token': 'canary'}");
  EXPECT_EQ(found->bearer.reveal(), "canary");
  EXPECT_TRUE(found->username.empty());
}

TEST_F(CustomClientTest, UnderstandsEachWayToWriteAnEnd) {
  for (const char* expires :
       {"600", "600.5", "time.time() + 600", "datetime.datetime.now() + datetime.timedelta(minutes=10)",
        "datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=10)"}) {
    const auto found = credential(
        "  def credentials(self): return {'token': 'canary', 'expires': " + std::string(expires) + "}");
    ASSERT_TRUE(found->expires) << expires;
    const auto left = *found->expires - std::chrono::system_clock::now();
    EXPECT_GT(left, std::chrono::minutes(9)) << expires;
    EXPECT_LT(left, std::chrono::minutes(11)) << expires;
  }
}

TEST_F(CustomClientTest, IsAskedOnceUntilItIsInvalidated) {
  const auto asked = provider(
      "  def credentials(self):\n    global asked\n    asked += 1\n    return 'ci', f'canary{asked}'");
  EXPECT_EQ(asked->lookup({kRegistry, "a"})->password.reveal(), "canary1");
  EXPECT_EQ(asked->lookup({kRegistry, "b"})->password.reveal(), "canary1");
  asked->invalidate({kRegistry, "a"});
  EXPECT_EQ(asked->lookup({kRegistry, "a"})->password.reveal(), "canary2");
}

TEST_F(CustomClientTest, IsAskedAgainBeforeItsCredentialsEnd) {
  const auto asked = provider(
      "  def credentials(self):\n    global asked\n    asked += 1\n"
      "    return {'token': f'canary{asked}', 'expires': 0.02}");
  const auto first = asked->lookup({kRegistry, "app"});
  std::this_thread::sleep_until(*first->expires);
  const auto second = asked->lookup({kRegistry, "app"});
  EXPECT_EQ(second->bearer.reveal(), "canary2");
  EXPECT_GT(*second->expires, *first->expires);
}

TEST_F(CustomClientTest, WhatIsStillGoodStaysInUseWhileRenewingFails) {
  const auto asked = provider(
      "  def credentials(self):\n    global asked\n    asked += 1\n    if asked > 1: raise OSError('down')\n"
      "    return {'token': 'canary', 'expires': 3600}");
  EXPECT_EQ(asked->lookup({kRegistry, "app"})->bearer.reveal(), "canary");
  EXPECT_EQ(asked->lookup({kRegistry, "app"})->bearer.reveal(), "canary");
  asked->invalidate({kRegistry, "app"});
  EXPECT_THROW(asked->lookup({kRegistry, "app"}), base::Error);
}

TEST_F(CustomClientTest, NothingToSayIsNoCredential) {
  EXPECT_FALSE(credential("  def credentials(self): return None"));
}

TEST_F(CustomClientTest, ReadsItsOptionsWithTheirVariablesReplaced) {
  const auto found = credential("  def credentials(self): return self.options['user'], self.registry",
                                "{'user': '{DOCKER.REGISTRY_PATH}-ci'}");
  EXPECT_EQ(found->username, "library-ci");
  EXPECT_EQ(found->password.reveal(), kRegistry);
}

TEST_F(CustomClientTest, LoadsAReferenceThatIsOneOfItsOptions) {
  project_.environment["PASSWORD"] = "canary";
  const auto found = credential("  def credentials(self): return 'ci', self.options['password']",
                                "{'password': 'env:PASSWORD'}");
  EXPECT_EQ(found->password.reveal(), "canary");
}

// What a server told the class must not be run as a command.
TEST_F(CustomClientTest, TakesAnythingElseAsItIs) {
  project_.environment["PASSWORD"] = "canary";
  EXPECT_EQ(credential("  def credentials(self): return 'ci', 'env:PASSWORD'")->password.reveal(),
            "env:PASSWORD");
}

TEST_F(CustomClientTest, ALoginOfItsOwnIsListenedTo) {
  const auto found =
      credential("  def login(self):\n    self.client.login('ci', 'canary', '', registry=self.registry)");
  EXPECT_EQ(found->username, "ci");
  EXPECT_EQ(found->password.reveal(), "canary");
}

TEST_F(CustomClientTest, ALoginMayNameTheRegistryAsAUrl) {
  EXPECT_TRUE(
      credential("  def login(self):\n    self.client.login('ci', 'canary', "
                 "registry='https://registry.local:5000/v2/')"));
}

TEST_F(CustomClientTest, ALoginMaySetOptionsAndLeaveTheRest) {
  const auto found = credential(
      "  def login(self):\n    self.options.update(username='ci', password='canary')\n    super().login()");
  EXPECT_EQ(found->username, "ci");
  EXPECT_EQ(found->password.reveal(), "canary");
}

TEST_F(CustomClientTest, ALoginElsewhereIsNotForThisRegistry) {
  const auto error =
      failure("  def login(self):\n    self.client.login('ci', 'canary', registry='other.example.com')");
  EXPECT_EQ(error.code(), base::ErrorCode::kRegistry);
  EXPECT_THAT(error.message(), AllOf(HasSubstr("other.example.com"), HasSubstr(kRegistry), HasSubstr("Mine"),
                                     HasSubstr("ixian.py:3"), Not(HasSubstr("canary"))));
}

TEST_F(CustomClientTest, ALoginThatLogsInNowhereIsTold) {
  EXPECT_THAT(failure("  def login(self): pass").message(),
              HasSubstr("self.client.login(username, password)"));
}

TEST_F(CustomClientTest, SaysWhatItRaisedAndWhereWithoutTheSource) {
  const auto error = failure(
      "  def credentials(self):\n    password = 'canary'; raise RuntimeError('no ticket')\n    return 'ci', "
      "''");
  EXPECT_EQ(error.code(), base::ErrorCode::kRegistry);
  EXPECT_THAT(error.message(), AllOf(HasSubstr("Mine"), HasSubstr("ixian.py:3"), HasSubstr(kRegistry),
                                     HasSubstr("RuntimeError: no ticket")));
  EXPECT_THAT(error.context(), AllOf(HasSubstr("ixian.py line 4, in credentials"), Not(HasSubstr("canary"))));
}

TEST_F(CustomClientTest, HidesItsSecretOptionsInWhatItRaised) {
  EXPECT_THAT(failure("  def credentials(self): raise RuntimeError('bad: ' + self.options['password'])",
                      "{'password': 'canary'}")
                  .message(),
              AllOf(HasSubstr("bad: ***"), Not(HasSubstr("canary"))));
}

TEST_F(CustomClientTest, SaysWhatIsWrongWithAnAnswerAndNeverTheAnswer) {
  const std::pair<const char*, const char*> cases[] = {
      {"'canary'", "not a str"},
      {"('ci', 'canary', 'x')", "a tuple of 3"},
      {"('ci', '')", "password is empty"},
      {"('ci', None)", "password is None"},
      {"(7, 'canary')", "username is an int"},
      {"{'user': 'ci', 'password': 'canary'}", "this one has password, user"},
      {"{'token': 'canary', 'username': 'ci'}", "this one has token, username"},
      {"{}", "this one has nothing"},
      {"{'token': 'canary', 'expires': 'canary'}", "not a str"},
      {"{'token': 'canary', 'expires': True}", "not a bool"},
      {"{'token': 'canary', 'expires': -5}", "past"},
      {"{'token': 'canary', 'expires': time.time() - 5}", "past"},
      {"{'token': 'canary', 'expires': float('nan')}", "expires"},
      {"{'token': 'canary', 'expires': float('inf')}", "expires"},
  };
  for (const auto& [answer, said] : cases) {
    const auto error = failure("  def credentials(self): return " + std::string(answer));
    EXPECT_EQ(error.code(), base::ErrorCode::kRegistry) << answer;
    EXPECT_THAT(error.message() + error.context(), AllOf(HasSubstr(said), Not(HasSubstr("canary"))))
        << answer;
  }
}

TEST_F(CustomClientTest, AnEndOfTheProgramIsNoSuccess) {
  EXPECT_EQ(failure("  def credentials(self): raise SystemExit(0)").code(), base::ErrorCode::kRegistry);
}

TEST_F(CustomClientTest, OptionsThatItDoesNotTakeAreTold) {
  EXPECT_THAT(failure("  def __init__(self, registry): super().__init__(registry)\n"
                      "  def credentials(self): return None",
                      "{'colour': 'red'}")
                  .message(),
              HasSubstr("colour"));
}

TEST_F(CustomClientTest, WhatItPrintsIsAMessage) {
  credential("  def credentials(self):\n    print('fetching a ticket')\n    return 'ci', 'canary'");
  EXPECT_THAT(project_.sink.outputs(), ::testing::Contains(HasSubstr("fetching a ticket")));
}

TEST_F(CustomClientTest, ThreadsThatAskAtOnceGetOneAnswer) {
  const auto asked = provider(
      "  def credentials(self):\n    global asked\n    asked += 1\n    time.sleep(0.05)\n"
      "    return 'ci', 'canary'");
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { EXPECT_EQ(asked->lookup({kRegistry, "app"})->password.reveal(), "canary"); });
  }
  // Python code that runs meanwhile on yet another thread does not stand in the way.
  project_.run("for i in range(50): time.sleep(0.001)");
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(project_.value("asked"), "1");
}

}  // namespace
}  // namespace ixian::script
