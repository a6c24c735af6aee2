#include "auth/openshift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "testing/fake_clock.h"
#include "testing/fake_transport.h"
#include "testing/temp_folder.h"

namespace ixian::auth {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kOpenShiftHost = "image-registry.openshift-image-registry.svc:5000";

class OpenShiftTest : public ::testing::Test {
 protected:
  OpenShiftTest() {
    for (const char* name : {"pod", "bin", ".kube"}) std::filesystem::create_directory(folder / name);
    variables["PATH"] = (folder / "bin") + ":/usr/bin:/bin";
    variables["HOME"] = folder.path();
  }

  std::shared_ptr<CredentialProvider> provider(const base::Json& options = base::Json::object()) {
    return openshift_provider_in(kOpenShiftHost, options, services, folder / "pod");
  }
  static std::string token(CredentialProvider& from) {
    return from.lookup({kOpenShiftHost, "shop/app"})->password.reveal();
  }
  std::string token(const base::Json& options = base::Json::object()) { return token(*provider(options)); }
  base::Error error(const base::Json& options = base::Json::object()) {
    try {
      token(options);
    } catch (const base::Error& caught) {
      EXPECT_THAT(caught.message() + caught.context(), Not(HasSubstr("canary")));
      return caught;
    }
    ADD_FAILURE() << "there was a token";
    return {base::ErrorCode::kUsage, ""};
  }
  void kubeconfig(const std::string& user, const std::string& file = ".kube/config") {
    folder.write(file,
                 "current-context: dev\ncontexts: [{name: dev, context: {cluster: c, user: me}}]\n"
                 "clusters: [{name: c, cluster: {server: 'https://api.test:6443'}}]\n"
                 "users: [{name: me, user: {" +
                     user + "}}]\n");
  }

  const ixian::testing::TempFolder folder;
  std::map<std::string, std::string> variables;
  const aws::Environment environment{[this](const std::string& name) -> std::optional<std::string> {
                                       const auto found = variables.find(name);
                                       if (found == variables.end()) return std::nullopt;
                                       return found->second;
                                     },
                                     folder.path()};
  ixian::testing::FakeTransport nowhere{[](const ixian::testing::SentRequest&) -> ixian::testing::FakeAnswer {
    throw std::logic_error("nobody is asked over the network");
  }};
  ixian::testing::FakeClock clock;
  base::Cancellation cancellation;
  http::Client client{nowhere, clock, cancellation};
  secrets::SecretResolver resolver{client, cancellation, environment};
  const Services services{client, resolver, cancellation, environment};
};

TEST_F(OpenShiftTest, TheTokenIsThePasswordOfAnyUser) {
  const auto credential = provider({{"token", "sha256~abc"}})->lookup({kOpenShiftHost, "shop/app"});
  EXPECT_FALSE(credential->username.empty());
  EXPECT_EQ(credential->password.reveal(), "sha256~abc");
  EXPECT_EQ(credential->source, "token in CONFIG.DOCKER.REGISTRIES");
}

TEST_F(OpenShiftTest, TheTokenOptionMayBeAReferenceWhichIsLoadedAnewWhenItWasRefused) {
  folder.write("token", "first\n");
  const auto from = provider({{"token", "file:~/token"}});
  EXPECT_EQ(token(*from), "first");
  folder.write("token", "second\n");
  from->invalidate({kOpenShiftHost, ""});
  EXPECT_EQ(token(*from), "second");
}

TEST_F(OpenShiftTest, NothingIsLookedUpBeforeItIsNeeded) {
  EXPECT_NO_THROW(provider({{"token", "env:NOT_SET"}}));
  EXPECT_THAT(error({{"token", "env:NOT_SET"}}).message(), HasSubstr("env:NOT_SET"));
}

TEST_F(OpenShiftTest, UnknownOptionsAreErrorsOfTheProjectAtOnce) {
  for (const base::Json& options :
       {base::Json{{"tokn", "canary"}}, base::Json{{"token", 5}}, base::Json{{"token", "env:"}}}) {
    try {
      provider(options);
      FAIL() << options;
    } catch (const base::Error& caught) {
      EXPECT_EQ(caught.code(), base::ErrorCode::kProject);
      EXPECT_THAT(caught.message(), Not(HasSubstr("canary")));
    }
  }
  EXPECT_THAT(error({{"tokn", "x"}}).message(), HasSubstr("did you mean token?"));
}

TEST_F(OpenShiftTest, APodsTokenIsReadAtEachLookUpAndGoesBeforeTheKubeconfig) {
  kubeconfig("token: from-kubeconfig");
  const auto from = provider();
  EXPECT_EQ(token(*from), "from-kubeconfig");
  folder.write("pod/token", "pod-1\n");
  EXPECT_EQ(token(*from), "pod-1");
  folder.write("pod/token", "pod-2\n");
  EXPECT_EQ(token(*from), "pod-2");
}

TEST_F(OpenShiftTest, TheSourceSaysWhichContextOfWhichFile) {
  kubeconfig("token: x");
  EXPECT_EQ(provider()->lookup({kOpenShiftHost, ""})->source, "the token of context dev in ~/.kube/config");
}

TEST_F(OpenShiftTest, WhatTheProjectNamesIsTheOnlyPlace) {
  folder.write("pod/token", "pod");
  kubeconfig("token: x", "other");
  EXPECT_EQ(token({{"kubeconfig", "~/other"}}), "x");
  EXPECT_EQ(token({{"kubeconfig", folder / "other"}, {"context", "dev"}}), "x");
  EXPECT_THAT(error({{"kubeconfig", "~/other"}, {"context", "dv"}}).message(),
              AllOf(HasSubstr(kOpenShiftHost), HasSubstr("no context dv (did you mean dev?)")));
  EXPECT_THAT(error({{"kubeconfig", "~/none"}}).message(), HasSubstr("~/none"));
}

TEST_F(OpenShiftTest, AKubeconfigMayBeASecretItself) {
  kubeconfig("token: x", "other");
  variables["KUBECONFIG_PATH"] = folder / "other";
  EXPECT_EQ(token({{"kubeconfig", "file:~/other"}}), "x");
  EXPECT_EQ(token({{"kubeconfig", "env:KUBECONFIG_PATH"}}), "x");
  folder.write("garbage", "canary");
  EXPECT_THAT(error({{"kubeconfig", "file:~/garbage"}}).message(), HasSubstr("is not a kubeconfig"));
}

TEST_F(OpenShiftTest, ATokenFileGoesBeforeATokenAndIsReadEachTime) {
  kubeconfig("tokenFile: t, token: old");
  const auto from = provider();
  EXPECT_EQ(token(*from), "old");
  folder.write(".kube/t", "new\n");
  EXPECT_EQ(token(*from), "new");
  kubeconfig("tokenFile: none");
  EXPECT_THAT(error({{"context", "dev"}}).message(), HasSubstr("none of context dev"));
}

TEST_F(OpenShiftTest, AClientCertificateAloneSaysWhatToDo) {
  kubeconfig("client-certificate-data: canary, client-key-data: canary");
  EXPECT_THAT(error({{"context", "dev"}}).message(), HasSubstr("client certificate and no token"));
  EXPECT_THAT(error({{"context", "dev"}}).context(),
              AllOf(HasSubstr("oc login"), HasSubstr("option `token`")));
  EXPECT_THAT(error().message(), HasSubstr("client certificate and no token"));
  kubeconfig("auth-provider: {name: oidc}");
  EXPECT_THAT(error().message(), HasSubstr("auth-provider oidc"));
  kubeconfig("username: u, password: canary");
  EXPECT_THAT(error().message(), HasSubstr("has a password"));
}

TEST_F(OpenShiftTest, APluginIsAskedOnceUntilItsTokenEndsOrIsRefused) {
  // The clock of this test starts on 2025-01-01.
  folder.write("bin/plugin", R"(#!/bin/sh
echo run >>"$(dirname "$0")/runs"
case $KUBERNETES_EXEC_INFO in *'"kind":"ExecCredential"'*) ;; *) exit 9;; esac
echo '{"kind":"ExecCredential","status":{"token":"'$1-$(grep -c . "$(dirname "$0")/runs")'",
  "expirationTimestamp":"2025-01-01T01:00:00Z"}}'
)",
               true);
  kubeconfig("exec: {apiVersion: client.authentication.k8s.io/v1, command: ../bin/plugin, args: [t]}");
  const auto from = provider();
  EXPECT_EQ(token(*from), "t-1");
  EXPECT_EQ(token(*from), "t-1");
  from->invalidate({kOpenShiftHost, ""});
  EXPECT_EQ(token(*from), "t-2");
  clock.advance(std::chrono::minutes(61));
  EXPECT_EQ(token(*from), "t-3");
}

TEST_F(OpenShiftTest, APluginThatFailsOrWantsATerminalIsAnError) {
  folder.write("bin/plugin", "#!/bin/sh\necho canary; echo 'not logged in: canary' >&2; exit 4\n", true);
  kubeconfig("exec: {command: ../bin/plugin}");
  const base::Error failed = error({{"context", "dev"}});
  EXPECT_THAT(failed.message(), HasSubstr("failed: exit code: 4"));
  EXPECT_THAT(failed.context(), HasSubstr("not logged in"));
  kubeconfig("exec: {command: ../bin/plugin, interactiveMode: Always}");
  EXPECT_THAT(error({{"context", "dev"}}).message(), HasSubstr("needs a terminal"));
  kubeconfig("exec: {command: ../bin/none, installHint: get it there}");
  EXPECT_THAT(error({{"context", "dev"}}).context(), HasSubstr("get it there"));
}

TEST_F(OpenShiftTest, OcIsAskedLastAndItsAnswerIsKept) {
  folder.write("bin/oc",
               "#!/bin/sh\n[ \"$*\" = 'whoami -t' ] && echo run >>\"$0.runs\" && grep -c . \"$0.runs\"\n",
               true);
  const auto from = provider();
  EXPECT_EQ(token(*from), "1");
  EXPECT_EQ(token(*from), "1");
  from->invalidate({kOpenShiftHost, ""});
  EXPECT_EQ(token(*from), "2");
  kubeconfig("token: x");
  EXPECT_EQ(token(), "x");
}

TEST_F(OpenShiftTest, WithoutAnyTokenItSaysWhereItLooked) {
  const base::Error missing = error();
  EXPECT_EQ(missing.code(), base::ErrorCode::kRegistry);
  EXPECT_THAT(missing.message(), AllOf(HasSubstr(kOpenShiftHost), HasSubstr("~/.kube/config")));
  EXPECT_THAT(missing.context(), AllOf(HasSubstr("oc is not installed"), HasSubstr("oc login")));
  folder.write("bin/oc", "#!/bin/sh\necho 'error: no token is currently in use' >&2; exit 1\n", true);
  EXPECT_THAT(error().context(), HasSubstr("no token is currently in use"));
}

TEST_F(OpenShiftTest, StoppingIsNoError) {
  folder.write("bin/oc", "#!/bin/sh\necho x\n", true);
  cancellation.request();
  EXPECT_THROW(token(), base::Cancelled);
}

TEST_F(OpenShiftTest, APodTrustsItsClusterForTheClustersOwnHosts) {
  EXPECT_THAT(openshift_ca_files_in(kOpenShiftHost, folder / "pod"), IsEmpty());
  folder.write("pod/service-ca.crt", "x");
  folder.write("pod/ca.crt", "x");
  EXPECT_THAT(openshift_ca_files_in(kOpenShiftHost, folder / "pod"),
              ElementsAre(folder / "pod/service-ca.crt", folder / "pod/ca.crt"));
  EXPECT_THAT(openshift_ca_files_in("docker-registry.default.svc.cluster.local:5000", folder / "pod").size(),
              2u);
  for (const char* host :
       {"registry.apps.test", "docker.io", "x.svc.example.com", "svc:5000", "a.svc.cluster.local.evil"}) {
    EXPECT_THAT(openshift_ca_files_in(host, folder / "pod"), IsEmpty()) << host;
  }
}

}  // namespace
}  // namespace ixian::auth
