#include "auth/docker_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>

#include "auth/docker_proxies.h"
#include "base/base64.h"
#include "base/error.h"
#include "base/text.h"
#include "testing/temp_folder.h"

namespace ixian::auth {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kEcr[] = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

std::string entry(const std::string& user, const std::string& password) {
  return R"({"auth":")" + base::encode_base64(user + ":" + password).reveal() + "\"}";
}
std::string auths(const std::string& key, const std::string& user) {
  return R"({"auths":{")" + key + "\":" + entry(user, "pw") + "}}";
}

class DockerConfigTest : public ::testing::Test {
 protected:
  DockerConfigTest() {
    for (const char* name : {"home/.docker", "home/.config/containers", "bin", "run/containers"})
      std::filesystem::create_directories(folder / name);
    path_before_ = std::getenv("PATH");
    const std::string path = (folder / "bin") + ":" + path_before_;
    ::setenv("PATH", path.c_str(), 1);
    variables["PATH"] = path;
  }
  ~DockerConfigTest() override { ::setenv("PATH", path_before_.c_str(), 1); }

  aws::Environment environment() {
    return {[this](const std::string& name) {
              const auto found = variables.find(name);
              return found == variables.end() ? std::nullopt : std::optional(found->second);
            },
            folder / "home",
            {folder / "run-of-user"}};
  }
  void config(const std::string& text) { folder.write("home/.docker/config.json", text); }

  // A helper that keeps count, and what it was asked.
  void helper(const std::string& name, const std::string& script) {
    folder.write("bin/docker-credential-" + name,
                 "#!/bin/sh\nserver=$(cat)\necho \"$1 $server\" >> '" + (folder / "asked") + "'\n" + script,
                 true);
  }
  std::string asked() { return folder.read("asked"); }

  std::string user_of(const std::string& host, const std::string& repository = "") {
    const auto credential = docker_config_provider(environment(), cancellation)->lookup({host, repository});
    if (credential) source = credential->source;
    return credential ? credential->username : "(none)";
  }
  std::string error_of(const std::string& host) {
    try {
      user_of(host);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kRegistry);
      return error.message() + "\n" + error.context();
    }
    ADD_FAILURE() << "no error";
    return "";
  }

  const ixian::testing::TempFolder folder;
  std::map<std::string, std::string> variables;
  base::Cancellation cancellation;
  std::string source;

 private:
  std::string path_before_;
};

TEST_F(DockerConfigTest, WithoutFilesThereIsNone) {
  EXPECT_EQ(user_of("r.example.com"), "(none)");
}

TEST_F(DockerConfigTest, HostsAreFoundHoweverTheyAreWritten) {
  for (const char* key : {"r.example.com", "https://r.example.com", "http://r.example.com/",
                          "https://r.example.com/v1/", "https://R.Example.com/v2/"}) {
    config(auths(key, "ci"));
    EXPECT_EQ(user_of("r.example.com"), "ci") << key;
    EXPECT_EQ(user_of("example.com"), "(none)");
    EXPECT_EQ(user_of("r.example.com:5000"), "(none)");
  }
  EXPECT_EQ(source, "auths of ~/.docker/config.json");
}

TEST_F(DockerConfigTest, DockerHubHasItsOldName) {
  config(auths("https://index.docker.io/v1/", "hub"));
  EXPECT_EQ(user_of("docker.io"), "hub");
  config(auths("docker.io", "hub"));
  EXPECT_EQ(user_of("docker.io"), "hub");
}

TEST_F(DockerConfigTest, TheEnvironmentComesFirst) {
  config(auths("r.example.com", "file"));
  variables["DOCKER_AUTH_CONFIG"] = auths("r.example.com", "variable");
  EXPECT_EQ(user_of("r.example.com"), "variable");
  EXPECT_EQ(source, "auths of DOCKER_AUTH_CONFIG");
}

TEST_F(DockerConfigTest, TheFolderMayBeElsewhere) {
  folder.write("run/config.json", auths("r.example.com", "there"));
  config(auths("r.example.com", "home"));
  variables["DOCKER_CONFIG"] = folder / "run";
  EXPECT_EQ(user_of("r.example.com"), "there");
}

TEST_F(DockerConfigTest, OneBadEntryLeavesTheOthersAlone) {
  config(R"({"auths":{"a.example.com":17,"b.example.com":{"auth":"%%"},"c.example.com":)" +
         entry("ci", "pw") + R"(,"r.example.com":{}},"credHelpers":{"x":5},"credsStore":7,"proxies":[]})");
  EXPECT_EQ(user_of("c.example.com"), "ci");
  EXPECT_EQ(user_of("b.example.com"), "(none)");
  EXPECT_EQ(user_of("r.example.com"), "(none)");
}

TEST_F(DockerConfigTest, AFileThatIsNotJsonIsNamedAndNotRepeated) {
  config(R"({"auths": canary)");
  EXPECT_THAT(error_of("r.example.com"),
              AllOf(HasSubstr("~/.docker/config.json: not JSON"), Not(HasSubstr("canary"))));
}

TEST_F(DockerConfigTest, AnEmptyFileHoldsNothing) {
  config("");
  EXPECT_EQ(user_of("r.example.com"), "(none)");
}

TEST_F(DockerConfigTest, PodmansFilesAreReadByTheLongestPath) {
  folder.write("run/containers/auth.json", R"({"auths":{"r.example.com":)" + entry("host", "pw") +
                                               R"(,"r.example.com/team":)" + entry("team", "pw") +
                                               R"(,"r.example.com/team/app":)" + entry("app", "pw") + "}}");
  variables["XDG_RUNTIME_DIR"] = folder / "run";
  EXPECT_EQ(user_of("r.example.com", "team/app"), "app");
  EXPECT_EQ(user_of("r.example.com", "team/app/deep"), "app");
  EXPECT_EQ(user_of("r.example.com", "team/apple"), "team");
  EXPECT_EQ(user_of("r.example.com", "teams"), "host");
  EXPECT_EQ(user_of("r.example.com"), "host");
}

// One that a variable names is meant; then Docker's; then those that lie where podman puts them.
TEST_F(DockerConfigTest, FilesComeInTheirOrder) {
  folder.write("home/.dockercfg", "{\"https://r.example.com/v1/\":" + entry("legacy", "pw") + "}");
  EXPECT_EQ(user_of("r.example.com"), "legacy");
  EXPECT_EQ(source, "auths of ~/.dockercfg");
  folder.write("home/.config/containers/auth.json", auths("r.example.com", "config"));
  EXPECT_EQ(user_of("r.example.com"), "config");
  std::filesystem::create_directories(folder / "run-of-user");
  folder.write("run-of-user/auth.json", auths("r.example.com", "user"));
  EXPECT_EQ(user_of("r.example.com"), "user");
  folder.write("run/containers/auth.json", auths("r.example.com", "run"));
  variables["XDG_RUNTIME_DIR"] = folder / "run";
  EXPECT_EQ(user_of("r.example.com"), "run");
  config(auths("r.example.com", "docker"));
  EXPECT_EQ(user_of("r.example.com"), "docker");
  variables["REGISTRY_AUTH_FILE"] = folder.write("mine.json", auths("r.example.com", "named"));
  EXPECT_EQ(user_of("r.example.com"), "named");
}

TEST_F(DockerConfigTest, WhatPodmanKeepsByUserIsNotReadWhereItHasARuntimeFolder) {
  std::filesystem::create_directories(folder / "run-of-user");
  folder.write("run-of-user/auth.json", auths("r.example.com", "user"));
  variables["XDG_RUNTIME_DIR"] = folder / "run";
  EXPECT_EQ(user_of("r.example.com"), "(none)");
}

// The docker CLI compares hosts; podman and its kin know repositories in each file.
TEST_F(DockerConfigTest, AnEntryOfARepositoryIsTheHostsInDockersFileAlone) {
  const std::string text = R"({"auths":{"r.example.com/team":)" + entry("team", "pw") + "}}";
  config(text);
  EXPECT_EQ(user_of("r.example.com", "team/app"), "team");
  EXPECT_EQ(user_of("r.example.com", "other"), "team");
  config(R"({"auths":{"r.example.com/team":)" + entry("team", "pw") + R"(,"r.example.com":)" +
         entry("host", "pw") + "}}");
  EXPECT_EQ(user_of("r.example.com", "team/app"), "team");
  EXPECT_EQ(user_of("r.example.com", "other"), "host");
  config("{}");
  folder.write("home/.config/containers/auth.json", text);
  EXPECT_EQ(user_of("r.example.com", "team/app"), "team");
  EXPECT_EQ(user_of("r.example.com", "other"), "(none)");
}

TEST_F(DockerConfigTest, WhatWasLookedAtIsTold) {
  const auto why = [&](const std::string& host) {
    const auto provider = docker_config_provider(environment(), cancellation);
    EXPECT_FALSE(provider->lookup({host, ""}));
    return base::join(provider->why_none({host, ""}), "\n");
  };
  EXPECT_THAT(why("r.example.com"), AllOf(HasSubstr("not found: "), HasSubstr("~/.docker/config.json"),
                                          HasSubstr("run-of-user/auth.json"), HasSubstr("~/.dockercfg")));
  config(R"({"credsStore":"desktop"})");
  EXPECT_THAT(why("r.example.com"),
              HasSubstr("~/.docker/config.json: docker-credential-desktop, its credsStore, is "
                        "not installed\n~/.docker/config.json: no entry for r.example.com"));
  config(R"({"auths":{"https://r.example.com":{"auth":"canary, no base64"}}})");
  EXPECT_THAT(why("r.example.com"),
              AllOf(HasSubstr("its entry https://r.example.com has no readable user and password"),
                    Not(HasSubstr("canary"))));
  helper("mine", "echo 'credentials not found in native keychain'; exit 1");
  config(R"({"credHelpers":{"r.example.com":"mine"}})");
  EXPECT_THAT(why("r.example.com"),
              HasSubstr("docker-credential-mine, its helper for this host, has no entry"));
}

TEST_F(DockerConfigTest, AFileThatMayNotBeReadIsPassedOverAndTold) {
  std::filesystem::create_directories(folder / "home/.docker/config.json");
  folder.write("home/.config/containers/auth.json", auths("r.example.com", "other"));
  EXPECT_EQ(user_of("r.example.com"), "other");
  const auto provider = docker_config_provider(environment(), cancellation);
  EXPECT_FALSE(provider->lookup({"s.example.com", ""}));
  EXPECT_THAT(base::join(provider->why_none({"s.example.com", ""}), "\n"),
              HasSubstr("~/.docker/config.json: "));
}

// Who is asked before them is the registry's matter: AWS's own credentials.
TEST_F(DockerConfigTest, EntriesOfEcrAreLikeOthers) {
  config(auths(kEcr, "AWS"));
  EXPECT_EQ(user_of(kEcr), "AWS");
  config(auths("public.ecr.aws", "AWS"));
  EXPECT_EQ(user_of("public.ecr.aws"), "AWS");
}

TEST_F(DockerConfigTest, AHelperThatIsNamedForEcrIsAsked) {
  helper("ecr-login", R"(echo '{"Username":"AWS","Secret":"fresh"}')");
  config(R"({"credHelpers":{")" + std::string(kEcr) + R"(":"ecr-login"}})");
  EXPECT_EQ(user_of(kEcr), "AWS");
  config(R"({"credsStore":"ecr-login"})");
  EXPECT_EQ(user_of(kEcr), "AWS");
}

TEST_F(DockerConfigTest, HelpersComeBeforeStoreAndStoreBeforeEntries) {
  helper("mine", R"(echo '{"Username":"helper","Secret":"pw"}')");
  helper("store", R"(echo '{"Username":"store","Secret":"pw"}')");
  config(R"({"credHelpers":{"r.example.com":"mine"},"credsStore":"store","auths":{"r.example.com":)" +
         entry("entry", "pw") + R"(,"s.example.com":)" + entry("entry", "pw") + "}}");
  EXPECT_EQ(user_of("r.example.com"), "helper");
  EXPECT_EQ(source, "credHelpers of ~/.docker/config.json (docker-credential-mine)");
  EXPECT_EQ(user_of("s.example.com"), "store");
  EXPECT_EQ(asked(), "get r.example.com\nget s.example.com\n");
}

TEST_F(DockerConfigTest, AStoreIsAskedForDockerHubByItsOldName) {
  helper("store", R"(echo '{"Username":"hub","Secret":"pw"}')");
  config(R"({"credsStore":"store","auths":{"https://index.docker.io/v1/":{}}})");
  EXPECT_EQ(user_of("docker.io"), "hub");
  EXPECT_EQ(asked(), "get https://index.docker.io/v1/\n");
}

TEST_F(DockerConfigTest, AStoreThatHasNoneLeavesItToTheEntries) {
  helper("store", "echo 'credentials not found in native keychain '; exit 1");
  config(R"({"credsStore":"store","auths":{"r.example.com":)" + entry("entry", "pw") + "}}");
  EXPECT_EQ(user_of("r.example.com"), "entry");
}

TEST_F(DockerConfigTest, AStoreThatIsNotInstalledCountsOnlyWhereSomebodyLoggedIn) {
  config(R"({"credsStore":"desktop","auths":{"r.example.com":{}}})");
  EXPECT_EQ(user_of("other.example.com"), "(none)");
  EXPECT_THAT(error_of("r.example.com"), HasSubstr("docker-credential-desktop"));
}

TEST_F(DockerConfigTest, HelpersAreAskedOnceUntilWhatTheySaidIsRefused) {
  helper("mine", R"(echo '{"Username":"u","Secret":"pw"}')");
  config(R"({"credHelpers":{"r.example.com":"mine"}})");
  const auto provider = docker_config_provider(environment(), cancellation);
  provider->lookup({"r.example.com", "a"});
  provider->lookup({"r.example.com", "b"});
  EXPECT_EQ(asked(), "get r.example.com\n");
  provider->invalidate({"r.example.com", "a"});
  provider->lookup({"r.example.com", "a"});
  EXPECT_EQ(asked(), "get r.example.com\nget r.example.com\n");
}

TEST_F(DockerConfigTest, ALoginMeanwhileIsNoticedAfterARefusal) {
  config(auths("r.example.com", "old"));
  const auto provider = docker_config_provider(environment(), cancellation);
  EXPECT_EQ(provider->lookup({"r.example.com", ""})->username, "old");
  config(auths("r.example.com", "new"));
  EXPECT_EQ(provider->lookup({"r.example.com", ""})->username, "old");
  provider->invalidate({"r.example.com", ""});
  EXPECT_EQ(provider->lookup({"r.example.com", ""})->username, "new");
}

TEST_F(DockerConfigTest, AFailingHelperIsAnErrorThatSaysHowToTryIt) {
  helper("mine", "echo 'vault is locked' >&2; exit 3");
  config(R"({"credHelpers":{"r.example.com":"mine"},"auths":{"r.example.com":)" + entry("entry", "pw") +
         "}}");
  EXPECT_THAT(error_of("r.example.com"), AllOf(HasSubstr("docker-credential-mine"), HasSubstr("exit code: 3"),
                                               HasSubstr("vault is locked")));
}

TEST_F(DockerConfigTest, AHelpersNameIsNoPath) {
  config(R"({"credHelpers":{"r.example.com":"x/../../../bin/sh"}})");
  EXPECT_THAT(error_of("r.example.com"), HasSubstr("invalid credential helper"));
}

TEST_F(DockerConfigTest, WhatAHelperSaysIsNotRepeated) {
  helper("mine", R"(echo '{"Username":"u","Secret":"canary",,}')");
  config(R"({"credHelpers":{"r.example.com":"mine"}})");
  EXPECT_THAT(error_of("r.example.com"), AllOf(HasSubstr("not JSON"), Not(HasSubstr("canary"))));
  helper("mine", R"(echo '{"Username":"u","Secret":"canary"}'; exit 1)");
  EXPECT_THAT(error_of("r.example.com"), Not(HasSubstr("canary")));
}

TEST_F(DockerConfigTest, ProxiesAreThoseOfTheDaemonOrTheDefaultAndNeverBoth) {
  config(R"({"proxies":{"default":{"httpProxy":"http://d:1","noProxy":"a,b","ftpProxy":"","allProxy":5},)"
         R"("tcp://h:2376":{"httpsProxy":"http://h:1"}}})");
  using Map = std::map<std::string, std::string>;
  const Map normal{{"HTTP_PROXY", "http://d:1"}, {"NO_PROXY", "a,b"}};
  EXPECT_EQ(docker_proxies(environment()), normal);
  EXPECT_EQ(docker_proxies(environment(), "tcp://other:1"), normal);
  EXPECT_EQ(docker_proxies(environment(), "tcp://h:2376"), (Map{{"HTTPS_PROXY", "http://h:1"}}));
  EXPECT_EQ(without_given(normal, {{"http_proxy", "mine"}}), (Map{{"NO_PROXY", "a,b"}}));
  for (const char* text : {"", "[]", "{", R"({"proxies":5})", R"({"proxies":{"default":[]}})"}) {
    config(text);
    EXPECT_EQ(docker_proxies(environment()), Map{}) << text;
  }
}

TEST(HelperAnswerTest, TokensAndPasswordsAreToldApart) {
  EXPECT_EQ(parse_helper_answer(R"({"Username":"u","Secret":"pw"})")->password.reveal(), "pw");
  const auto token = parse_helper_answer(R"({"ServerURL":"x","Username":"<token>","Secret":"refresh"})");
  EXPECT_EQ(token->identity_token.reveal(), "refresh");
  EXPECT_TRUE(token->password.empty());
}

// go-containerregistry#258.
TEST(HelperAnswerTest, NotFoundIsToldInSpiteOfSpaces) {
  EXPECT_FALSE(parse_helper_answer("credentials not found in native keychain"));
  EXPECT_FALSE(parse_helper_answer(" credentials not found in native keychain \r\n"));
  EXPECT_FALSE(parse_helper_answer(R"({"Username":"","Secret":""})"));
}

TEST(HelperAnswerTest, AnythingElseIsAnError) {
  for (const char* output :
       {"", "[]", "null", "5", "{", R"({"Username":5,"Secret":"x"})", R"({"Secret":["x"]})"})
    EXPECT_THROW(parse_helper_answer(output), std::invalid_argument) << output;
}

}  // namespace
}  // namespace ixian::auth
