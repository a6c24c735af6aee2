// Answers that say: not now, or not you.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "testing/fault_scenario.h"

namespace ixian::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::ValuesIn;

class StatusFaultPulling : public ScenarioTest {};
class StatusFaultPushing : public ScenarioTest {};

TEST_P(StatusFaultPulling, HasItsVerdict) {
  pull_through();
}
TEST_P(StatusFaultPushing, HasItsVerdict) {
  push_through();
}

std::vector<Scenario> passing_and_lasting(const std::string& method,
                                          const std::vector<std::pair<std::string, std::string>>& places) {
  std::vector<Scenario> all;
  for (const auto& [place, target] : places) {
    for (const int status : {408, 429, 500, 502, 503, 504}) {
      const std::string name = std::to_string(status) + "In" + place;
      all.push_back({"Once" + name, method, target, faults::reply(status), kOnce, true});
      all.push_back(
          {"Always" + name, method, target, faults::reply(status), kAlways, false, std::to_string(status)});
    }
    all.push_back({"Forbidden" + place, method, target, faults::error(403, "DENIED"), kAlways, false, "403"});
    all.push_back({"Teapot" + place, method, target, faults::reply(418), kAlways, false, "418"});
  }
  return all;
}
INSTANTIATE_TEST_SUITE_P(Registry, StatusFaultPulling,
                         ValuesIn(passing_and_lasting("GET",
                                                      {{"Manifest", "/manifests/"}, {"Blob", "/blobs/"}})),
                         scenario_name);
INSTANTIATE_TEST_SUITE_P(Registry, StatusFaultPushing,
                         ValuesIn(passing_and_lasting("PUT|POST", {{"Manifest", "/manifests/"},
                                                                   {"UploadStart", "/uploads/$"},
                                                                   {"UploadEnd", "/uploads/.*digest="}})),
                         scenario_name);

std::string http_date(std::chrono::system_clock::time_point time) {
  const std::time_t seconds_since = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds_since, &parts);
  char text[64];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

class TooManyRequests : public ::testing::Test {
 protected:
  TooManyRequests() { scene.hold_image_in_registry(); }
  void answer_once(const std::string& retry_after) {
    scene.registry.rule("GET", "/blobs/", faults::reply(429, {{"Retry-After", retry_after}}), kOnce);
  }
  FaultFixture scene;
};

TEST_F(TooManyRequests, IsWaitedForAsLongAsItSays) {
  answer_once("7");
  scene.expect_pulled(scene.pull());
  EXPECT_THAT(scene.clock().sleeps(), Contains(AllOf(Ge(seconds(7)), Le(seconds(9)))));
}

TEST_F(TooManyRequests, IsWaitedForUntilTheDateThatItSays) {
  answer_once(http_date(scene.clock().now() + seconds(40)));
  scene.expect_pulled(scene.pull());
  EXPECT_THAT(scene.clock().sleeps(), Contains(AllOf(Ge(seconds(30)), Le(seconds(43)))));
}

TEST_F(TooManyRequests, WithADateInThePastIsTriedAgainSoon) {
  answer_once(http_date(scene.clock().now() - seconds(4000)));
  scene.expect_pulled(scene.pull());
  EXPECT_THAT(scene.clock().sleeps(), Each(Le(seconds(10))));
}

TEST_F(TooManyRequests, WithNonsenseIsTriedAgainSoon) {
  answer_once("-1e9 fortnights");
  scene.expect_pulled(scene.pull());
  EXPECT_THAT(scene.clock().sleeps(), Each(Le(seconds(10))));
}

TEST_F(TooManyRequests, ForADayIsNotWaitedFor) {
  answer_once("86400");
  scene.expect_not_pulled(scene.pull(), "429");
  EXPECT_THAT(scene.clock().sleeps(), Each(Le(seconds(120))));
}

TEST_F(TooManyRequests, WhilePushingIsWaitedForToo) {
  FaultFixture other;
  other.hold_image_in_memory();
  other.registry.rule("PUT", "/uploads/", faults::reply(429, {{"Retry-After", "7"}}), kOnce);
  other.expect_pushed(other.push());
  EXPECT_THAT(other.clock().sleeps(), Contains(AllOf(Ge(seconds(7)), Le(seconds(9)))));
}

class TokenExpiry : public ::testing::Test {
 protected:
  TokenExpiry() {
    FakeRegistryOptions options;
    options.auth.kind = FakeRegistryAuth::Kind::kBearer;
    scene.emplace(options);
  }
  // All tokens are refused from the `nth` matching request on, that one included; new ones are good.
  void expire_at(const std::string& method, const std::string& target, int nth) {
    FakeRegistry& registry = scene->registry;
    registry.rule(
        method, target,
        [&registry](Exchange& exchange) {
          registry.gate().expire_tokens();
          exchange.send(registry.gate().challenge(exchange.request, registry.origin(), "invalid_token"));
        },
        only(nth));
  }
  std::optional<FaultFixture> scene;
};

TEST_F(TokenExpiry, BetweenManifestAndBlobsGetsANewToken) {
  scene->hold_image_in_registry();
  expire_at("GET", "/blobs/", 1);
  scene->expect_pulled(scene->pull());
  EXPECT_GE(scene->registry.gate().issued(), 2);
}

TEST_F(TokenExpiry, WhenALayerIsTakenUpAgainGetsANewToken) {
  scene->hold_image_in_registry();
  const std::string layer = FakeRegistryState::digest_of(scene->image.layers[0]);
  scene->registry.rule("GET", layer, faults::reset_after(30'000), kOnce);
  expire_at("GET", layer, 1);  // counted after those that the rule before takes
  scene->expect_pulled(scene->pull());
}

TEST_F(TokenExpiry, InTheMiddleOfAPushGetsANewToken) {
  scene->hold_image_in_memory();
  expire_at("PUT", "/uploads/", 2);
  scene->expect_pushed(scene->push());
  EXPECT_GE(scene->registry.gate().issued(), 2);
}

TEST_F(TokenExpiry, AtTheLastStepOfAPushGetsANewToken) {
  scene->hold_image_in_memory();
  expire_at("PUT", "/manifests/", 1);
  scene->expect_pushed(scene->push());
}

TEST_F(TokenExpiry, OfEveryTokenEnds) {
  scene->hold_image_in_registry();
  FakeRegistry& registry = scene->registry;
  registry.rule("GET", "/blobs/", [&registry](Exchange& exchange) {
    exchange.send(registry.gate().challenge(exchange.request, registry.origin(), "invalid_token"));
  });
  scene->expect_not_pulled(scene->pull());
  EXPECT_LT(registry.gate().issued(), 30);
}

TEST(WrongPassword, IsAskedOnlyAFewTimes) {
  FakeRegistryOptions options;
  options.auth.kind = FakeRegistryAuth::Kind::kBasic;
  FakeRegistry registry(options);
  registry::RegistrySettings settings;
  settings.host = registry.host();
  settings.client = "DockerClient";
  settings.options = {{"username", "ci"}, {"password", "canary-wrong"}};
  RegistryStack stack({}, {}, {settings});
  const auto repo = stack.open(registry.host() + "/team/app");
  const Outcome outcome = attempt([&] {
    repo->read_manifest("1");
    return oci::CopyResult{oci::Descriptor{"", oci::Digest::of(""), 0, {}, {}, {}, {}}, 0, 0, 0, 0, false};
  });
  ASSERT_TRUE(outcome.error);
  EXPECT_THAT(outcome.error->message(), HasSubstr(registry.host()));
  EXPECT_THAT(outcome.error->message(), HasSubstr("ci"));
  EXPECT_THAT(outcome.error->message() + outcome.error->context(), ::testing::Not(HasSubstr("canary")));
  EXPECT_LE(registry.requests().size(), 6u);
}

}  // namespace
}  // namespace ixian::testing
