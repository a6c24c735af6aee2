// Token servers that want our credentials for themselves, or answer nonsense.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "testing/fault_scenario.h"

namespace ixian::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Values;

using Kind = FakeRegistryAuth::Kind;

class TokenServerFault : public ::testing::Test {
 protected:
  TokenServerFault() : scene(at_public_name(Kind::kBearer)) { scene.hold_image_in_registry(); }
  FaultFixture scene;
};

TEST_F(TokenServerFault, OnAnotherHostIsAskedThere) {
  ForeignServer server({200, {{"Content-Type", "application/json"}}, R"({"token":"nobody-knows-it"})"});
  scene.stack.names.add("https://auth.example.com", server.port());
  scene.registry.gate().set_realm("https://auth.example.com/token");
  scene.expect_not_pulled(scene.pull());
  ASSERT_THAT(server.requests(), Not(IsEmpty()));
  EXPECT_EQ(server.requests()[0].header("authorization"), scene.registry.gate().basic());
}

TEST_F(TokenServerFault, WithoutTlsGetsNothing) {
  ForeignServer server({200, {}, R"({"token":"x"})"});
  scene.stack.names.add("http://auth.example.com", server.port());
  scene.registry.gate().set_realm("http://auth.example.com/token");
  scene.expect_not_pulled(scene.pull(), "auth.example.com");
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_F(TokenServerFault, InThePrivateNetworkGetsNothing) {
  for (const std::string realm :
       {"https://10.0.0.1/token", "https://169.254.169.254/token", "https://localhost/token",
        "https://[::1]/token", "file:///etc/passwd", "/token", ""}) {
    scene.registry.gate().set_realm(realm.empty() ? " " : realm);
    SCOPED_TRACE(realm);
    scene.expect_not_pulled(scene.pull());
    EXPECT_THAT(scene.stack.names.strangers(), IsEmpty());
  }
}

TEST_F(TokenServerFault, ThatRedirectsToAnotherHostDoesNotTakeCredentialsAlong) {
  for (const int status : {302, 307, 308}) {
    ForeignServer server({200, {{"Content-Type", "application/json"}}, R"({"token":"x"})"});
    FaultFixture other(at_public_name(Kind::kBearer));
    other.hold_image_in_registry();
    other.stack.names.add("https://evil.example.com", server.port());
    other.registry.rule("GET|POST", "/token", faults::redirect(status, "https://evil.example.com/token"));
    other.expect_not_pulled(other.pull());
    expect_no_credential(server.requests());
  }
}

TEST(OversizeToken, IsRefused) {
  FakeRegistryOptions options = at_public_name(Kind::kBearer);
  options.auth.token_padding = 100 << 10;
  FaultFixture scene(options);
  scene.hold_image_in_registry();
  scene.expect_not_pulled(scene.pull());
}

TEST_F(TokenServerFault, WithAnEndlessAnswerIsRefused) {
  const auto sent = std::make_shared<std::atomic<std::uint64_t>>(0);
  scene.registry.rule("GET|POST", "/token", faults::endless("application/json", 100 << 20, sent));
  scene.expect_not_pulled(scene.pull());
  EXPECT_LT(sent->load(), 60u << 20);
}

TEST_F(TokenServerFault, WithATokenThatWouldSplitAHeaderIsRefused) {
  for (const std::string token : {"a\\r\\nX-Evil: 1", "a b", "", "\\u0000"}) {
    scene.registry.rule(
        "GET|POST", "/token",
        faults::reply(200, {{"Content-Type", "application/json"}}, "{\"token\":\"" + token + "\"}"), kOnce);
    scene.expect_not_pulled(scene.pull());
  }
  for (const ServerRequest& request : scene.registry.requests()) EXPECT_FALSE(request.find("x-evil"));
}

TEST_F(TokenServerFault, WithNoTokenInItsAnswerIsRefused) {
  for (const std::string body : {"", "{}", "[]", "null", "<html>", R"({"token":7})", R"({"token":null})"}) {
    scene.registry.rule("GET|POST", "/token",
                        faults::reply(200, {{"Content-Type", "application/json"}}, body), kOnce);
    scene.expect_not_pulled(scene.pull());
  }
}

TEST_F(TokenServerFault, ThatIsDownIsNamed) {
  scene.registry.rule("GET|POST", "/token", faults::reply(503));
  scene.expect_not_pulled(scene.pull());
}

class BadExpiry : public ::testing::TestWithParam<const char*> {};

TEST_P(BadExpiry, MakesNoTokenUseless) {
  FakeRegistryOptions options = at_public_name(Kind::kBearer);
  options.auth.expires_in = base::Json::parse(GetParam());
  FaultFixture scene(options);
  scene.hold_image_in_registry();
  scene.expect_pulled(scene.pull());
  EXPECT_LT(scene.registry.gate().issued(), 20);
}
INSTANTIATE_TEST_SUITE_P(Registry, BadExpiry,
                         Values("0", "-1", "1", "\"300\"", "\"soon\"", "null", "1e300", "9223372036854775807",
                                "1.5", "{}"));

}  // namespace
}  // namespace ixian::testing
