#include "auth/kubeconfig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/kubeconfig_exec.h"
#include "base/error.h"
#include "testing/temp_folder.h"

namespace ixian::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Kubeconfig merged(const std::vector<std::string>& texts) {
  Kubeconfig config;
  for (const auto& text : texts) merge_kubeconfig(config, text, "/home/me/.kube/config", "/home/me/.kube");
  return config;
}

TEST(KubeconfigTest, ReadsContextsUsersAndClusters) {
  const Kubeconfig config = merged({R"(
apiVersion: v1
kind: Config
current-context: dev
contexts:
- name: dev
  context: {cluster: c1, user: me/c1, namespace: shop}
clusters:
- name: c1
  cluster: {server: "https://api.test:6443", certificate-authority-data: QQ==}
users:
- name: me/c1
  user: {token: sha256~abc}
)"});
  EXPECT_EQ(config.current_context, "dev");
  EXPECT_EQ(config.contexts.at("dev").user, "me/c1");
  EXPECT_EQ(config.clusters.at("c1").server, "https://api.test:6443");
  EXPECT_EQ(config.users.at("me/c1").token.reveal(), "sha256~abc");
}

TEST(KubeconfigTest, JsonIsReadToo) {
  EXPECT_EQ(merged({R"({"current-context": "a", "users": [{"name": "u", "user": {"token": "t"}}]})"})
                .users.at("u")
                .token.reveal(),
            "t");
}

TEST(KubeconfigTest, OfTwoFilesTheFirstCounts) {
  const Kubeconfig config = merged({
      "users: [{name: a, user: {token: first}}]",
      "current-context: two\nusers: [{name: a, user: {token: second}}, {name: b, user: {token: other}}]",
      "current-context: three",
  });
  EXPECT_EQ(config.current_context, "two");
  EXPECT_EQ(config.users.at("a").token.reveal(), "first");
  EXPECT_EQ(config.users.at("b").token.reveal(), "other");
}

TEST(KubeconfigTest, RelativePathsStartBesideTheFile) {
  const Kubeconfig config = merged({R"(
users:
- name: file
  user: {tokenFile: token}
- name: exec
  user: {exec: {command: ../bin/plugin, args: [get, 5], env: [{name: A, value: "1"}], provideClusterInfo: true,
                apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always, installHint: get it}}
- name: path
  user: {exec: {command: plugin}}
)"});
  EXPECT_EQ(config.users.at("file").token_file, "/home/me/.kube/token");
  const KubeExec& exec = *config.users.at("exec").exec;
  EXPECT_EQ(exec.command, "/home/me/bin/plugin");
  EXPECT_THAT(exec.args, ElementsAre("get", "5"));
  EXPECT_EQ(exec.env.at("A"), "1");
  EXPECT_TRUE(exec.provide_cluster_info);
  EXPECT_TRUE(exec.needs_terminal);
  EXPECT_EQ(exec.install_hint, "get it");
  EXPECT_EQ(config.users.at("path").exec->command, "plugin");
}

TEST(KubeconfigTest, EntriesOfTheWrongShapeArePassedOver) {
  const Kubeconfig config = merged({R"(
contexts: 5
clusters: [3, {name: x}, {cluster: {}}, null]
users: [{name: [a], user: {token: t}}, {name: ok, user: {token: {a: b}, exec: 7, tokenFile: [x]}}]
current-context: [a]
)"});
  EXPECT_THAT(config.contexts, IsEmpty());
  EXPECT_THAT(config.clusters, IsEmpty());
  EXPECT_EQ(config.users.size(), 1u);
  EXPECT_TRUE(config.users.at("ok").token.empty());
  EXPECT_EQ(config.current_context, "");
}

TEST(KubeconfigTest, AnEmptyFileIsNoError) {
  EXPECT_EQ(merged({"", "# nothing\n"}).current_context, "");
}

TEST(KubeconfigTest, WhatIsNoKubeconfigIsAnErrorThatNamesFileAndLineButShowsNothing) {
  for (const char* text :
       {"a: [1\ntoken: canary", "- canary", "canary", "a: b: canary", "\tcanary: [", "*canary"}) {
    try {
      merged({text});
      FAIL() << text;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kRegistry);
      EXPECT_THAT(error.message(), HasSubstr("/home/me/.kube/config"));
      EXPECT_THAT(error.message() + error.context(), Not(HasSubstr("canary")));
    }
  }
}

TEST(KubeconfigTest, MissingFilesArePassedOver) {
  const ixian::testing::TempFolder folder;
  const std::string file = folder.write("config", "users: [{name: u, user: {tokenFile: t}}]");
  const Kubeconfig config = read_kubeconfig({folder / "none", file});
  EXPECT_THAT(config.files, ElementsAre(file));
  EXPECT_EQ(config.users.at("u").token_file, folder / "t");
  EXPECT_THROW(read_kubeconfig({folder.path()}), base::Error);
}

TEST(KubeconfigTest, FilesComeFromTheVariableElseFromHome) {
  std::optional<std::string> variable;
  const aws::Environment environment{[&](const std::string&) { return variable; }, "/home/me"};
  EXPECT_THAT(kubeconfig_files(environment), ElementsAre("/home/me/.kube/config"));
  variable = "/a::b:";
  EXPECT_THAT(kubeconfig_files(environment), ElementsAre("/a", "b"));
  variable = ":";
  EXPECT_THAT(kubeconfig_files(environment), ElementsAre("/home/me/.kube/config"));
}

TEST(ExecCredentialTest, ATokenAndItsEndAreRead) {
  const ExecToken token = parse_exec_credential(
      R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",
          "status":{"token":"t","expirationTimestamp":"1970-01-02T00:00:00Z"}})");
  EXPECT_EQ(token.token.reveal(), "t");
  EXPECT_EQ(token.expires, std::chrono::system_clock::time_point(std::chrono::hours(24)));
  EXPECT_FALSE(parse_exec_credential(R"({"kind":"ExecCredential","status":{"token":"t"}})").expires);
}

TEST(ExecCredentialTest, EverythingElseIsRefusedWithoutShowingIt) {
  for (const char* text :
       {"", "canary", "[]", "{}", R"({"kind":"ExecCredential"})",
        R"({"kind":"ExecCredential","status":"canary"})", R"({"kind":"ExecCredential","status":{"token":5}})",
        R"({"kind":"ExecCredential","status":{"token":""}})",
        R"({"kind":"Status","status":{"token":"canary"}})",
        R"({"kind":"ExecCredential","status":{"clientCertificateData":"canary","clientKeyData":"canary"}})",
        R"({"kind":"ExecCredential","status":{"token":"canary","expirationTimestamp":"canary"}})"}) {
    try {
      parse_exec_credential(text);
      FAIL() << text;
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("canary")));
    }
  }
}

TEST(ExecCredentialTest, ThePluginIsToldOfTheClusterIfItWantsToKnow) {
  KubeExec exec;
  exec.api_version = "client.authentication.k8s.io/v1";
  const KubeCluster cluster{"https://api.test", "QQ=="};
  EXPECT_EQ(exec_info(exec, &cluster)["spec"], (base::Json{{"interactive", false}}));
  exec.provide_cluster_info = true;
  EXPECT_EQ(exec_info(exec, &cluster)["spec"]["cluster"]["server"], "https://api.test");
  EXPECT_EQ(exec_info(exec, nullptr)["spec"], (base::Json{{"interactive", false}}));
}

}  // namespace
}  // namespace ixian::auth
