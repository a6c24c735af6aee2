#include "registry_auth/authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/scripted_registry.h"

namespace ixian::registry_auth {
namespace {

using namespace std::chrono_literals;
using ixian::testing::answer;
using ixian::testing::basic;
using ixian::testing::challenge;
using ixian::testing::password_credential;
using ixian::testing::ScriptedRegistry;
using ixian::testing::SentRequest;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const Scopes kMayPull = pull_scope("team/app");
const Scopes kMayPush = push_scope("team/app");

class AuthorizerTest : public ::testing::Test {
 protected:
  base::Error error_of(Authorizer& authorizer, const Scopes& scopes) {
    try {
      world.ask(authorizer, scopes);
    } catch (const base::Error& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was refused";
    return {base::ErrorCode::kRegistry, ""};
  }

  ScriptedRegistry world;
};

TEST_F(AuthorizerTest, ARegistryThatAsksNothingIsToldNothing) {
  world.registry = [](const SentRequest&) { return answer(200); };
  Authorizer authorizer = world.make();
  EXPECT_EQ(world.ask(authorizer, kMayPush), 200);
  EXPECT_EQ(world.transport.sent().front().header("Authorization"), "");
  EXPECT_TRUE(world.provider.targets.empty());
  EXPECT_EQ(world.identity, "anonymous");
}

TEST_F(AuthorizerTest, ATokenIsAskedForAsTheSpecificationSays) {
  Authorizer authorizer = world.make();
  EXPECT_EQ(world.ask(authorizer, kMayPush), 200);
  const auto asked = world.sent_to("https://auth.example.com/");
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].method(), "GET");
  const auto url = http::parse_url(asked[0].url());
  EXPECT_THAT(url->query, HasSubstr("service=r"));
  EXPECT_THAT(url->query, AllOf(HasSubstr("scope=repository"), HasSubstr("push"), Not(HasSubstr("delete"))));
  EXPECT_EQ(asked[0].header("Authorization"), basic("ci", "pw"));
  EXPECT_EQ(world.provider.targets.front().host, "r.example.com");
  EXPECT_EQ(world.provider.targets.front().repository, "team/app");
  EXPECT_EQ(world.identity, "ci (password from env:CANARY)");
}

TEST_F(AuthorizerTest, ATokenIsUsedAgainForWhatItCovers) {
  Authorizer authorizer = world.make();
  world.ask(authorizer, kMayPush);
  world.ask(authorizer, kMayPush);
  world.ask(authorizer, kMayPull);
  EXPECT_EQ(world.asked_token_server(), 1u);
  EXPECT_EQ(world.asked_registry(), 4u);  // one refusal only
}

TEST_F(AuthorizerTest, AnotherRepositoryGetsATokenInAdvance) {
  Authorizer authorizer = world.make();
  world.ask(authorizer, kMayPull);
  world.ask(authorizer, pull_scope("other"));
  EXPECT_EQ(world.asked_registry(), 3u);
  EXPECT_EQ(world.asked_token_server(), 2u);
}

TEST_F(AuthorizerTest, TokensAreRenewedBeforeTheyEnd) {
  Authorizer authorizer = world.make();
  world.ask(authorizer, kMayPush);
  world.clock.advance(269s);
  world.ask(authorizer, kMayPush);
  EXPECT_EQ(world.asked_token_server(), 1u);
  world.clock.advance(2s);
  world.ask(authorizer, kMayPush);
  EXPECT_EQ(world.asked_token_server(), 2u);
  EXPECT_EQ(world.asked_registry(), 4u);
}

TEST_F(AuthorizerTest, TheEndOfATokenIsKnown) {
  Authorizer authorizer = world.make();
  world.ask(authorizer, kMayPush);
  AuthAttempt attempt("team/app", kMayPush);
  EXPECT_EQ(authorizer.expires(attempt), std::nullopt);
  http::Request request;
  request.url = "https://r.example.com/v2/";
  authorizer.authorize(request, attempt);
  EXPECT_EQ(authorizer.expires(attempt), world.clock.now() + 300s);
}

TEST_F(AuthorizerTest, ATokenThatIsRefusedInTheMiddleIsRenewedWithTheSameCredentials) {
  Authorizer authorizer = world.make();
  world.ask(authorizer, kMayPush);
  world.minted = 7;  // t1 is no longer taken
  EXPECT_EQ(world.ask(authorizer, kMayPush), 200);
  EXPECT_EQ(world.asked_token_server(), 2u);
  EXPECT_EQ(world.provider.invalidations, 0);
}

TEST_F(AuthorizerTest, WhatIsRefusedForGoodIsNotAskedForEver) {
  world.registry = [](const SentRequest&) { return challenge(ScriptedRegistry::kBearer); };
  Authorizer authorizer = world.make();
  EXPECT_THAT(error_of(authorizer, kMayPush).message(),
              AllOf(HasSubstr("r.example.com rejected user ci (password from env:CANARY)"),
                    HasSubstr("push to team/app")));
  EXPECT_LE(world.asked_registry(), 4u);
  EXPECT_LE(world.asked_token_server(), 3u);
}

TEST_F(AuthorizerTest, ARefusalForWantOfRightsAsksForNoSecondToken) {
  world.registry = [this](const SentRequest& sent) {
    std::string value = ScriptedRegistry::kBearer;
    if (sent.header("Authorization").empty()) return challenge(value);
    return challenge(value + R"(,scope="repository:team/app:pull,push",error="insufficient_scope")", 401,
                     R"({"errors":[{"code":"UNAUTHORIZED","message":"access denied"}]})");
  };
  Authorizer authorizer = world.make();
  const base::Error error = error_of(authorizer, kMayPush);
  EXPECT_THAT(error.context(), HasSubstr("UNAUTHORIZED: access denied"));
  EXPECT_EQ(world.asked_token_server(), 1u);
  EXPECT_EQ(world.asked_registry(), 2u);
}

TEST_F(AuthorizerTest, AScopeThatTheRegistryNamesIsAskedForToo) {
  world.registry = [this](const SentRequest& sent) {
    const std::string named =
        std::string(ScriptedRegistry::kBearer) +
        R"(,scope="repository:prefix/team/app:pull,delete registry:catalog:*",error="insufficient_scope")";
    return sent.header("Authorization") == "Bearer t2" ? answer(200)
           : sent.header("Authorization").empty()      ? challenge(ScriptedRegistry::kBearer)
                                                       : challenge(named);
  };
  Authorizer authorizer = world.make();
  EXPECT_EQ(world.ask(authorizer, kMayPull), 200);
  const auto asked = world.sent_to("https://auth.example.com/");
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_THAT(asked[1].url(), AllOf(HasSubstr("prefix"), HasSubstr("catalog"), Not(HasSubstr("delete"))));
  EXPECT_EQ(world.ask(authorizer, kMayPull), 200);  // the wider token covers it
}

TEST_F(AuthorizerTest, A403ForWantOfScopeGetsAnotherToken) {
  world.registry = [](const SentRequest& sent) {
    if (sent.header("Authorization").empty()) return challenge(ScriptedRegistry::kBearer);
    if (sent.header("Authorization") == "Bearer t2") return answer(200);
    return challenge(std::string(ScriptedRegistry::kBearer) +
                         R"(,scope="repository:from:pull",error="insufficient_scope")",
                     403);
  };
  Authorizer authorizer = world.make();
  EXPECT_EQ(world.ask(authorizer, kMayPull), 200);
}

TEST_F(AuthorizerTest, A403StandsAndSaysWhoMayNotWhat) {
  world.registry = [](const SentRequest& sent) {
    return sent.header("Authorization").empty() ? challenge(ScriptedRegistry::kBearer)
                                                : answer(403, R"({"errors":[{"code":"DENIED"}]})");
  };
  Authorizer authorizer = world.make();
  EXPECT_THAT(error_of(authorizer, kMayPush).message(),
              HasSubstr("user ci (password from env:CANARY) cannot push to team/app"));
  EXPECT_EQ(world.asked_registry(), 2u);
}

TEST_F(AuthorizerTest, WithoutCredentialsATokenIsAskedForAnonymously) {
  world.provider.credentials.clear();
  world.token_server = [this](const SentRequest& sent) {
    return sent.header("Authorization").empty() ? answer(200, R"({"token":"t1"})") : answer(401);
  };
  world.minted = 1;
  Authorizer authorizer = world.make();
  EXPECT_EQ(world.ask(authorizer, kMayPull), 200);
  EXPECT_EQ(world.identity, "anonymous");
}

TEST_F(AuthorizerTest, StrangersAreToldWhereToGiveCredentials) {
  world.provider.credentials.clear();
  Authorizer authorizer = world.make();
  const base::Error error = error_of(authorizer, kMayPull);
  EXPECT_THAT(error.advised(),
              AllOf(HasSubstr("no credentials in the test"), HasSubstr("docker login r.example.com"),
                    HasSubstr("CONFIG.DOCKER.REGISTRIES")));
}

// docker-py and others keep a credential that the token server refuses, and with it break what anybody may
// pull (containers-roadmap#1296).
TEST_F(AuthorizerTest, StaleCredentialsDoNotBreakPublicPulls) {
  world.token_server = [this](const SentRequest& sent) {
    if (!sent.header("Authorization").empty()) return answer(403, "denied: token has expired");
    return answer(200, R"({"token":"t)" + std::to_string(++world.minted) + "\"}");
  };
  Authorizer authorizer = world.make();
  EXPECT_EQ(world.ask(authorizer, kMayPull), 200);
  EXPECT_EQ(world.provider.invalidations, 1);
  ASSERT_EQ(world.warnings.size(), 1u);
  EXPECT_THAT(world.warnings[0], HasSubstr("rejected user ci"));
  EXPECT_THROW(world.ask(authorizer, kMayPush), base::Error);
}

TEST_F(AuthorizerTest, KnownBadCredentialsAreNotSentForEachPull) {
  world.token_server = [this](const SentRequest& sent) {
    if (!sent.header("Authorization").empty()) return answer(401);
    return answer(200, R"({"token":"t)" + std::to_string(++world.minted) + "\"}");
  };
  Authorizer authorizer = world.make();
  for (const char* repository : {"a", "b", "c"}) world.ask(authorizer, pull_scope(repository));
  EXPECT_EQ(world.asked_token_server(), 4u);  // with the password once, thrice without
  EXPECT_EQ(world.warnings.size(), 1u);
}

TEST_F(AuthorizerTest, ARefusedPasswordIsSentOnceForAPush) {
  world.provider.credentials = {password_credential("ci", "wrong")};
  Authorizer authorizer = world.make();
  const base::Error error = error_of(authorizer, kMayPush);
  EXPECT_THAT(error.message(), HasSubstr("rejected user ci"));
  EXPECT_THAT(error.context(), AllOf(HasSubstr("auth.example.com answered 401"), HasSubstr("who?")));
  EXPECT_EQ(world.asked_token_server(), 1u);
}

TEST_F(AuthorizerTest, ARefusedPasswordIsLoadedAnewOnce) {
  world.provider.credentials = {password_credential("ci", "old"), password_credential("ci", "pw")};
  Authorizer authorizer = world.make();
  EXPECT_EQ(world.ask(authorizer, kMayPush), 200);
  EXPECT_EQ(world.provider.invalidations, 1);
}

TEST_F(AuthorizerTest, BasicIsSentInAdvanceOnceItIsKnown) {
  world.registry = [](const SentRequest& sent) {
    return sent.header("Authorization") == basic("ci", "pw") ? answer(200) : challenge("Basic realm=x");
  };
  Authorizer authorizer = world.make();
  EXPECT_EQ(world.ask(authorizer, kMayPush), 200);
  EXPECT_EQ(world.ask(authorizer, pull_scope("other")), 200);
  EXPECT_EQ(world.asked_registry(), 3u);
}

TEST_F(AuthorizerTest, AWrongBasicPasswordIsTriedOnce) {
  world.registry = [](const SentRequest&) { return challenge("Basic realm=x"); };
  Authorizer authorizer = world.make();
  EXPECT_THAT(error_of(authorizer, kMayPull).message(), HasSubstr("rejected user ci"));
  EXPECT_EQ(world.asked_registry(), 2u);
}

TEST_F(AuthorizerTest, AnExpiredEcrTokenIsRenewedThoughTheAnswerIs403) {
  std::string good = "new";
  world.provider.credentials = {password_credential("AWS", "old"), password_credential("AWS", "new")};
  world.registry = [&](const SentRequest& sent) {
    if (sent.header("Authorization") == basic("AWS", good)) return answer(200);
    if (sent.header("Authorization").empty())
      return challenge("Basic realm=\"x\",service=\"ecr.amazonaws.com\"");
    return answer(403, "denied: Your Authorization Token has expired. Reauthenticate and try again.");
  };
  Authorizer authorizer = world.make();
  EXPECT_EQ(world.ask(authorizer, kMayPush), 200);
  EXPECT_EQ(world.provider.invalidations, 1);
  good = "none";
  EXPECT_THAT(error_of(authorizer, kMayPush).message(), HasSubstr("user AWS"));
  EXPECT_EQ(world.provider.invalidations, 2);
}

TEST_F(AuthorizerTest, BearerIsPreferredToBasicUnlessItsRealmIsBad) {
  Authorizer authorizer = world.make();
  const auto bearer = world.registry;
  world.registry = [&](const SentRequest& sent) {
    auto made = bearer(sent);
    if (made.status == 401) made.headers.add("WWW-Authenticate", "Basic realm=x");
    return made;
  };
  EXPECT_EQ(world.ask(authorizer, kMayPull), 200);
  EXPECT_EQ(world.asked_token_server(), 1u);

  world.registry = [](const SentRequest& sent) {
    return sent.header("Authorization") == basic("ci", "pw")
               ? answer(200)
               : challenge(R"(Bearer realm="http://169.254.169.254/", Basic realm="x")");
  };
  Authorizer other = world.make();
  EXPECT_EQ(world.ask(other, kMayPull), 200);
}

TEST_F(AuthorizerTest, A401WithoutAChallengeIsWorthBasic) {
  world.registry = [](const SentRequest& sent) {
    return answer(sent.header("Authorization") == basic("ci", "pw") ? 200 : 401);
  };
  Authorizer authorizer = world.make();
  EXPECT_EQ(world.ask(authorizer, kMayPull), 200);
}

TEST_F(AuthorizerTest, OtherSchemesAreNamed) {
  world.registry = [](const SentRequest&) { return challenge("Negotiate"); };
  Authorizer authorizer = world.make();
  EXPECT_THAT(error_of(authorizer, kMayPull).message(), HasSubstr("\"negotiate\""));
}

TEST_F(AuthorizerTest, ABearerCredentialIsSentAsItIs) {
  auth::Credential credential;
  credential.bearer = base::Secret("sa-token");
  credential.source = "service account of the pod";
  world.provider.credentials = {credential};
  for (const char* scheme : {ScriptedRegistry::kBearer, "Basic realm=x"}) {
    world.registry = [&](const SentRequest& sent) {
      return sent.header("Authorization") == "Bearer sa-token" ? answer(200) : challenge(scheme);
    };
    Authorizer authorizer = world.make();
    EXPECT_EQ(world.ask(authorizer, kMayPush), 200);
    EXPECT_EQ(world.identity, "a token (service account of the pod)");
  }
  EXPECT_EQ(world.asked_token_server(), 0u);
}

// OpenShift's realm gives out what it is given, without a lifetime and without looking at it.
TEST_F(AuthorizerTest, ARealmThatEchoesTheTokenMakesTheCredentialTheCulprit) {
  world.provider.credentials = {password_credential("x", "old"), password_credential("x", "new")};
  world.registry = [](const SentRequest& sent) {
    return sent.header("Authorization") == "Bearer new"
               ? answer(200)
               : challenge("Bearer realm=https://auth.example.com/token");
  };
  world.token_server = [](const SentRequest& sent) {
    const bool old = sent.header("Authorization") == basic("x", "old");
    return answer(200, old ? R"({"access_token":"old"})" : R"({"access_token":"new"})");
  };
  Authorizer authorizer = world.make();
  EXPECT_EQ(world.ask(authorizer, kMayPush), 200);
  EXPECT_EQ(world.provider.invalidations, 1);
}

TEST_F(AuthorizerTest, DiscoveryAsksOnceAndSavesTheRefusals) {
  Authorizer authorizer = world.make();
  authorizer.discover();
  authorizer.discover();
  EXPECT_EQ(world.asked_registry(), 1u);
  EXPECT_EQ(world.ask(authorizer, kMayPush), 200);
  EXPECT_EQ(world.asked_registry(), 2u);
}

}  // namespace
}  // namespace ixian::registry_auth
