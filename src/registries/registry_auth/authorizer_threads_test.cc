#include <gtest/gtest.h>

#include <atomic>
#include <thread>

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

constexpr int kThreads = 8;

class AuthorizerThreadsTest : public ::testing::Test {
 protected:
  void in_threads(const std::function<void(int)>& body) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back(body, i);
    for (std::thread& thread : threads) thread.join();
  }

  ScriptedRegistry world;
};

TEST_F(AuthorizerThreadsTest, ManyThatMeetTheSameRefusalCauseOneRenewal) {
  Authorizer authorizer = world.make();
  const Scopes scopes = push_scope("team/app");
  world.ask(authorizer, scopes);

  // All have sent the same token before any of them hears that it is no longer taken.
  std::vector<AuthAttempt> attempts(kThreads, AuthAttempt("team/app", scopes));
  for (AuthAttempt& attempt : attempts) {
    http::Request request;
    request.url = "https://r.example.com/v2/";
    authorizer.authorize(request, attempt);
  }
  http::ResponseHead head;
  head.status = 401;
  head.url = "https://r.example.com/v2/";
  head.headers.add("WWW-Authenticate", ScriptedRegistry::kBearer);
  std::atomic<int> again = 0;
  in_threads(
      [&](int i) { again += authorizer.handle_challenge(head, "", attempts[static_cast<std::size_t>(i)]); });
  EXPECT_EQ(again, kThreads);
  EXPECT_EQ(world.asked_token_server(), 2u);
  for (AuthAttempt& attempt : attempts) {
    http::Request request;
    request.url = "https://r.example.com/v2/";
    authorizer.authorize(request, attempt);
    EXPECT_EQ(request.secret_headers.at(0).second.reveal(), "Bearer t2");
  }
}

TEST_F(AuthorizerThreadsTest, ManyThatStartAtOnceShareOneToken) {
  Authorizer authorizer = world.make();
  in_threads([&](int) { EXPECT_EQ(world.ask(authorizer, push_scope("team/app")), 200); });
  EXPECT_EQ(world.asked_token_server(), 1u);
}

TEST_F(AuthorizerThreadsTest, ExpiredBasicCredentialsOfManyRepositoriesAreRenewedOnce) {
  world.provider.credentials = {password_credential("AWS", "old"), password_credential("AWS", "new"),
                                password_credential("AWS", "newer")};
  world.registry = [](const SentRequest& sent) {
    if (sent.header("Authorization").empty()) return challenge("Basic realm=x");
    return sent.header("Authorization") == basic("AWS", "old")
               ? answer(403, "denied: Your authorization token has expired. Reauthenticate and try again.")
               : answer(200);
  };
  Authorizer authorizer = world.make();
  in_threads([&](int i) { EXPECT_EQ(world.ask(authorizer, push_scope("r" + std::to_string(i))), 200); });
  EXPECT_EQ(world.provider.invalidations, 1);
}

TEST_F(AuthorizerThreadsTest, DifferentRepositoriesGetTheirOwn) {
  world.token_server = [](const SentRequest& sent) {
    return answer(200, R"({"token":")" + std::to_string(std::hash<std::string>()(sent.url())) + "\"}");
  };
  world.registry = [](const SentRequest& sent) {
    if (sent.header("Authorization").empty()) return challenge(ScriptedRegistry::kBearer);
    return answer(200);
  };
  Authorizer authorizer = world.make();
  in_threads([&](int i) { EXPECT_EQ(world.ask(authorizer, pull_scope("r" + std::to_string(i))), 200); });
  EXPECT_EQ(world.asked_token_server(), static_cast<std::size_t>(kThreads));
}

}  // namespace
}  // namespace ixian::registry_auth
