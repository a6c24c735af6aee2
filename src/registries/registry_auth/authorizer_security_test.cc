// Where credentials must not go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "registry_auth/authorizer.h"
#include "testing/scripted_registry.h"

namespace ixian::registry_auth {
namespace {

using ixian::testing::answer;
using ixian::testing::basic;
using ixian::testing::challenge;
using ixian::testing::password_credential;
using ixian::testing::ScriptedRegistry;
using ixian::testing::SentRequest;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const Scopes kPull = pull_scope("team/app");
const Scopes kPush = push_scope("team/app");

class AuthorizerSecurityTest : public ::testing::Test {
 protected:
  std::string refusal(Authorizer& authorizer, const std::string& url = "https://r.example.com/v2/") {
    try {
      world.ask(authorizer, kPush, "GET", url);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kRegistry);
      return error.advised();
    }
    ADD_FAILURE() << "nothing was refused";
    return "";
  }
  bool anything_secret_went_to(const std::string& start) {
    const auto sent = world.sent_to(start);
    return std::any_of(sent.begin(), sent.end(),
                       [](const SentRequest& one) { return !one.header("Authorization").empty(); });
  }

  ScriptedRegistry world;
};

// go-containerregistry#2337: a blob's storage answers 401 after a redirect, and gets the token.
TEST_F(AuthorizerSecurityTest, A401FromWhereARedirectLedGetsNothing) {
  const auto usual = world.registry;
  world.registry = [usual](const SentRequest& sent) {
    auto made = usual(sent);
    return made.status == 200 ? answer(307, "", {{"Location", "https://storage.example.net/blob?sig=x"}})
                              : made;
  };
  world.elsewhere = [](const SentRequest&) {
    return challenge(R"(Bearer realm="https://auth.example.com/token",service="evil")");
  };
  Authorizer authorizer = world.make();
  EXPECT_THAT(refusal(authorizer), AllOf(HasSubstr("storage.example.net"), HasSubstr("r.example.com")));
  EXPECT_EQ(world.asked_token_server(), 1u);
  EXPECT_FALSE(anything_secret_went_to("https://storage.example.net/"));
}

// oras-go#1152: an upload's Location on another host.
TEST_F(AuthorizerSecurityTest, RequestsToOtherOriginsGetNothing) {
  Authorizer authorizer = world.make();
  world.ask(authorizer, kPush);
  for (const char* url : {"https://evil.example.net/v2/x", "https://r.example.com:8443/v2/x",
                          "http://r.example.com/v2/x", "https://r.example.com.evil.net/v2/x"}) {
    http::Request request;
    request.url = url;
    request.secret_headers.emplace_back("authorization", base::Secret("left over"));
    AuthAttempt attempt("team/app", kPush);
    authorizer.authorize(request, attempt);
    EXPECT_TRUE(request.secret_headers.empty()) << url;
  }
}

TEST_F(AuthorizerSecurityTest, RealmsThatLeadInwardAreNotFollowed) {
  for (const char* realm :
       {"https://169.254.169.254/latest", "https://10.0.0.1/token", "https://localhost/token",
        "https://[::1]/token", "https://[::ffff:10.0.0.1]/token", "https://0x7f000001/token",
        "https://127.1/token"}) {
    world.registry = [&](const SentRequest&) {
      return challenge("Bearer realm=\"" + std::string(realm) + "\"");
    };
    Authorizer authorizer = world.make();
    EXPECT_THAT(refusal(authorizer), HasSubstr("private network")) << realm;
  }
  EXPECT_TRUE(world.provider.targets.empty());
}

TEST_F(AuthorizerSecurityTest, RealmsWithoutTlsAreNotFollowed) {
  world.registry = [&](const SentRequest&) {
    return challenge(R"(Bearer realm="http://auth.example.com/token")");
  };
  Authorizer authorizer = world.make();
  EXPECT_THAT(refusal(authorizer), HasSubstr("not encrypted"));
  EXPECT_EQ(world.transport.sent().size(), 1u);
}

TEST_F(AuthorizerSecurityTest, ARegistryThatDoesNotKnowOfItsTlsIsAskedOverTls) {
  world.registry = [&](const SentRequest& sent) {
    if (sent.url().starts_with("https://r.example.com/token")) return answer(200, R"({"token":"t"})");
    if (sent.header("Authorization") == "Bearer t") return answer(200);
    return challenge("Bearer realm=http://r.example.com/token");
  };
  Authorizer authorizer = world.make();
  EXPECT_EQ(world.ask(authorizer, kPull), 200);
  EXPECT_TRUE(world.sent_to("http://").empty());
}

TEST_F(AuthorizerSecurityTest, RealmsThatAreNoUrlsAreNamed) {
  for (const char* realm : {"", "/token", "ftp://x/", "https://user:pw@auth.example.com/", "https://"}) {
    world.registry = [&](const SentRequest&) {
      return challenge("Bearer realm=\"" + std::string(realm) + "\"");
    };
    Authorizer authorizer = world.make();
    EXPECT_THAT(refusal(authorizer), HasSubstr("not an http(s) URL")) << realm;
  }
}

TEST_F(AuthorizerSecurityTest, OverPlainHttpNothingIsSentUnlessAllowed) {
  world.registry = [](const SentRequest& sent) {
    return sent.header("Authorization").empty() ? challenge("Basic realm=x") : answer(200);
  };
  Authorizer careful = world.make("http://r.example.com");
  EXPECT_THAT(refusal(careful, "http://r.example.com/v2/"), HasSubstr("`insecure`"));
  EXPECT_FALSE(anything_secret_went_to("http://"));
  Authorizer allowed = world.make("http://r.example.com", true);
  EXPECT_EQ(world.ask(allowed, kPush, "GET", "http://r.example.com/v2/"), 200);
}

TEST_F(AuthorizerSecurityTest, LoopbackNeedsNoTls) {
  world.elsewhere = [](const SentRequest& sent) {
    if (sent.url().starts_with("http://localhost:5001/")) return answer(200, R"({"token":"t"})");
    return sent.header("Authorization") == "Bearer t" ? answer(200)
                                                      : challenge("Bearer realm=http://localhost:5001/token");
  };
  Authorizer authorizer = world.make("http://127.0.0.1:5000");
  EXPECT_EQ(world.ask(authorizer, kPush, "GET", "http://127.0.0.1:5000/v2/"), 200);
}

TEST_F(AuthorizerSecurityTest, ATokenServersRedirectLosesThePassword) {
  world.token_server = [](const SentRequest&) {
    return answer(302, "", {{"Location", "https://evil.example.net/steal"}});
  };
  world.elsewhere = [](const SentRequest&) { return answer(200, R"({"token":"t1"})"); };
  Authorizer authorizer = world.make();
  world.minted = 1;
  world.ask(authorizer, kPush);
  EXPECT_EQ(world.sent_to("https://evil.example.net/").size(), 1u);
  EXPECT_FALSE(anything_secret_went_to("https://evil.example.net/"));
}

TEST_F(AuthorizerSecurityTest, AnIdentityTokenTravelsInABodyThatIsNotRedirected) {
  auth::Credential credential;
  credential.identity_token = base::Secret("refresh/canary+");
  world.provider.credentials = {credential};
  world.token_server = [](const SentRequest& sent) {
    if (sent.method() == "POST") return answer(307, "", {{"Location", "https://evil.example.net/steal"}});
    return answer(200, R"({"token":"t1"})");
  };
  world.minted = 1;
  Authorizer authorizer = world.make();
  EXPECT_EQ(world.ask(authorizer, kPush), 200);
  EXPECT_TRUE(world.sent_to("https://evil.example.net/").empty());
  const auto asked = world.sent_to("https://auth.example.com/");
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_THAT(asked[0].body,
              AllOf(HasSubstr("grant_type=refresh_token"), HasSubstr("refresh_token=refresh%2Fcanary%2B"),
                    HasSubstr("service=r"), HasSubstr("scope=repository%3Ateam")));
  EXPECT_EQ(asked[1].header("Authorization"), basic("<token>", "refresh/canary+"));
}

TEST_F(AuthorizerSecurityTest, NoSecretGetsIntoMessages) {
  world.provider.credentials = {password_credential("ci", "canary-1234")};
  world.token_server = [](const SentRequest&) {
    return answer(401, R"({"details":"canary-1234 is wrong"})");
  };
  Authorizer authorizer = world.make();
  try {
    world.ask(authorizer, kPush);
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_THAT(error.message() + error.context(), Not(HasSubstr("canary-1234")));
  }
  world.registry = [](const SentRequest& sent) {
    return sent.header("Authorization").empty() ? challenge("Basic realm=x")
                                                : answer(403, "no canary-1234 here");
  };
  Authorizer other = world.make();
  try {
    world.ask(other, kPush);
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_THAT(error.message() + error.context(), Not(HasSubstr("canary-1234")));
  }
}

TEST_F(AuthorizerSecurityTest, TokensThatCannotBeUsedAreErrorsAndNotLoops) {
  const std::vector<std::string> bodies = {"", "<html>login</html>", "{}", R"({"token":"a\r\nX: y"})",
                                           R"({"token":")" + std::string(100'000, 'x') + "\"}"};
  for (const std::string& body : bodies) {
    world.token_server = [&](const SentRequest&) { return answer(200, body); };
    Authorizer authorizer = world.make();
    EXPECT_THAT(refusal(authorizer), HasSubstr("auth.example.com")) << body.substr(0, 30);
  }
  EXPECT_LE(world.asked_token_server(), bodies.size());
}

TEST_F(AuthorizerSecurityTest, ATokenServerThatIsDownIsNamed) {
  world.token_server = [](const SentRequest&) { return answer(503); };
  Authorizer authorizer = world.make();
  EXPECT_THAT(refusal(authorizer), HasSubstr("auth.example.com answered 503"));
}

}  // namespace
}  // namespace ixian::registry_auth
