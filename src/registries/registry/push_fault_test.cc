// Registries that lose, misplace or refuse what is pushed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fault_scenario.h"

namespace ixian::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Field;
using ::testing::Le;
using ::testing::SizeIs;
using ::testing::Values;

using Mount = FakeRegistryQuirks::Mount;

class PushFault : public ScenarioTest {};

TEST_P(PushFault, HasItsVerdict) {
  push_through();
}

Fault without(const std::string& header) {
  return faults::with_header(header, std::nullopt);
}
Fault says_digest(const std::string& digest) {
  return faults::with_header("Docker-Content-Digest", digest);
}

INSTANTIATE_TEST_SUITE_P(
    OfABlob, PushFault,
    Values(
        Scenario{"NoLocation", "POST", "/uploads/", without("Location"), kAlways, false, "Location"},
        Scenario{"EmptyLocation", "POST", "/uploads/", faults::with_header("Location", "")},
        Scenario{"LocationOfAnotherScheme", "POST", "/uploads/",
                 faults::with_header("Location", "ftp://x/y")},
        Scenario{"StartLostOnce", "POST", "/uploads/", faults::reset(), kOnce, true},
        Scenario{"SentInVainOnce", "PUT", "/uploads/", faults::reset(), kOnce, true},
        Scenario{"SentInVainAlways", "PUT", "/uploads/", faults::reset()},
        Scenario{"StoredButAnswer500", "PUT", "/uploads/", faults::done_but(500), kAlways, true},
        Scenario{"StoredButAnswer504", "PUT", "/uploads/", faults::done_but(504), kAlways, true},
        Scenario{"StoredButReset", "PUT", "/uploads/", faults::done_but_reset(), kAlways, true},
        Scenario{"StoredAnswered200", "PUT", "/uploads/", faults::done_but(200), kAlways, true},
        Scenario{"StoredAnswered204", "PUT", "/uploads/", faults::done_but(204), kAlways, true},
        Scenario{"OtherDigestSaid", "PUT", "/uploads/", says_digest(FakeRegistryState::digest_of("other"))},
        Scenario{"NoDigestSaid", "PUT", "/uploads/", without("Docker-Content-Digest"), kAlways, true},
        Scenario{"DigestRefused", "PUT", "/uploads/", faults::error(400, "DIGEST_INVALID")},
        Scenario{"NotStoredThoughAnswered201", "PUT", "/uploads/", faults::reply(201)},
        Scenario{"SessionForgottenOnce", "PUT", "/uploads/", faults::error(404, "BLOB_UPLOAD_UNKNOWN"), kOnce,
                 true},
        Scenario{"SessionForgottenAlways", "PUT", "/uploads/", faults::error(404, "BLOB_UPLOAD_UNKNOWN")},
        Scenario{"TooLargeAlways", "PUT|PATCH|POST", "/uploads/", faults::reply(413), kAlways, false, "413"},
        Scenario{"DiskFull", "PUT|PATCH", "/uploads/", faults::reply(507), kAlways, false, "507"}),
    scenario_name);

INSTANTIATE_TEST_SUITE_P(
    OfAManifest, PushFault,
    Values(Scenario{"StoredButAnswer500", "PUT", "/manifests/", faults::done_but(500), kOnce, true},
           Scenario{"StoredButReset", "PUT", "/manifests/", faults::done_but_reset(), kOnce, true},
           Scenario{"LostOnce", "PUT", "/manifests/", faults::reset(), kOnce, true},
           Scenario{"LostAlways", "PUT", "/manifests/", faults::reset()},
           Scenario{"Invalid", "PUT", "/manifests/", faults::error(400, "MANIFEST_INVALID"), kAlways, false,
                    "400"},
           Scenario{"TooLarge", "PUT", "/manifests/", faults::reply(413), kAlways, false, "413"},
           Scenario{"TypeNotSupported", "PUT", "/manifests/", faults::error(415, "UNSUPPORTED"), kAlways,
                    false, "415"},
           Scenario{"NotFound", "PUT", "/manifests/", faults::error(404, "NAME_UNKNOWN"), kAlways, false,
                    "404"}),
    scenario_name);

class Push : public ::testing::Test {
 protected:
  FaultFixture& scene(const FakeRegistryQuirks& quirks = {},
                      const std::vector<std::size_t>& sizes = {600'000}) {
    FakeRegistryOptions options;
    options.quirks = quirks;
    scene_.emplace(options);
    scene_->image = plain_image(7, sizes);
    scene_->hold_image_in_memory();
    return *scene_;
  }
  // What clients have sent as bodies of uploads.
  std::uint64_t uploaded() const {
    std::uint64_t size = 0;
    for (const ServerRequest& each : scene_->registry.requests("PUT|PATCH|POST", "/uploads/"))
      size += each.body_size;
    return size;
  }

 private:
  std::optional<FaultFixture> scene_;
};

TEST_F(Push, SendsEachByteOnce) {
  FaultFixture& s = scene();
  s.expect_pushed(s.push());
  EXPECT_EQ(uploaded(), 600'000 + s.image.config.size());
}

TEST_F(Push, AgainAsksOnly) {
  FaultFixture& s = scene();
  s.expect_pushed(s.push());
  const std::size_t before = s.registry.count("PUT|PATCH|POST");
  const Outcome again = s.push();
  ASSERT_FALSE(again.error);
  EXPECT_TRUE(again.result->unchanged);
  EXPECT_EQ(s.registry.count("PUT|PATCH|POST"), before);
}

TEST_F(Push, ABlobThatWasStoredInSpiteOfA500IsNotSentTwice) {
  FaultFixture& s = scene();
  s.registry.rule("PUT", "/uploads/", faults::done_but(500));
  s.expect_pushed(s.push());
  EXPECT_EQ(uploaded(), 600'000 + s.image.config.size());
}

TEST_F(Push, AConnectionThatBreaksInTheBodyIsGotOver) {
  FaultFixture& s = scene();
  s.registry.early_rule("PUT", "/uploads/", faults::reset(), kOnce);
  s.expect_pushed(s.push());
}

TEST_F(Push, ABlobThatIsNotSeenForAMomentIsWaitedFor) {
  FaultFixture& s = scene();
  s.registry.rule("PUT", "/manifests/", faults::error(400, "MANIFEST_BLOB_UNKNOWN"), kOnce);
  s.expect_pushed(s.push());
}

TEST_F(Push, AManifestWhoseBlobStaysUnknownIsRefused) {
  FaultFixture& s = scene();
  s.registry.rule("PUT", "/manifests/", faults::error(400, "MANIFEST_BLOB_UNKNOWN"));
  s.expect_not_pushed(s.push());
}

TEST_F(Push, AStallOfTheRegistryIsNoticed) {
  RegistryStack::Options client;
  client.retries = 0;
  client.stall_time = std::chrono::seconds(1);
  FaultFixture s({}, client);
  s.hold_image_in_memory();
  s.registry.rule("PUT", "/uploads/", faults::stall());
  s.expect_not_pushed(s.push());
}

// What sits before a registry (nginx: 1 MiB) refuses a body before it has read it.
Fault limit(std::uint64_t largest) {
  return [largest](Exchange& exchange) {
    const bool too_large = std::stoull(exchange.request.find("content-length").value_or("0")) > largest;
    if (too_large)
      return exchange.send({413, {{"Connection", "close"}}, "<html>413 Request Entity Too Large</html>"});
    exchange.send(exchange.serve_it());
  };
}

TEST_F(Push, TooLargeARequestBecomesChunks) {
  FaultFixture& s = scene({}, {6'000'000});
  s.registry.rule("PUT|PATCH|POST", "/uploads/", limit(1 << 20));
  s.expect_pushed(s.push());
}

// tart#179
TEST_F(Push, GhcrTakesChunksOf4MiB) {
  FakeRegistryQuirks quirks;
  quirks.largest_chunk = 4 << 20;
  FaultFixture& s = scene(quirks, {11'000'000});
  s.registry.rule("PUT|POST", "/uploads/", limit(5 << 20));
  s.expect_pushed(s.push());
  const auto chunks = s.registry.requests("PATCH");
  EXPECT_GE(chunks.size(), 3u);
  EXPECT_THAT(chunks, Each(Field(&ServerRequest::body_size, Le(4u << 20))));
}

TEST_F(Push, ContentRangeIsAsRegistriesWantIt) {
  FaultFixture& s = scene({}, {6'000'000});
  s.registry.rule("PUT|PATCH|POST", "/uploads/", limit(5 << 20));
  s.expect_pushed(s.push());
  const auto chunks = s.registry.requests("PATCH");
  ASSERT_THAT(chunks, SizeIs(::testing::Ge(2u)));
  for (const ServerRequest& each : chunks)
    EXPECT_THAT(each.header("content-range"), ::testing::MatchesRegex("[0-9]+-[0-9]+"));
}

class ChunkFault : public ::testing::TestWithParam<Scenario> {};

TEST_P(ChunkFault, HasItsVerdict) {
  for (const bool registry_checks : {true, false}) {
    FakeRegistryOptions options;
    options.quirks.check_chunks = registry_checks;
    FaultFixture scene(options);
    scene.image = plain_image(8, {3'000'000});
    scene.hold_image_in_memory();
    scene.registry.rule(GetParam().method, GetParam().target, GetParam().fault, GetParam().times);
    scene.registry.rule("PUT", "/uploads/", limit(2 << 20));
    const Outcome outcome = scene.push();
    if (GetParam().survives) {
      scene.expect_pushed(outcome);
    } else {
      scene.expect_not_pushed(outcome, GetParam().says);
    }
  }
}

// Stores half of a chunk, and says so.
void half(Exchange& exchange) {
  ServerRequest less = exchange.request;
  less.body.resize(less.body.size() / 2);
  less.body_size = less.body.size();
  exchange.send(exchange.serve(less));
}

INSTANTIATE_TEST_SUITE_P(
    Registry, ChunkFault,
    Values(Scenario{"LostOnce", "PATCH", "", faults::reset(), only(2), true},
           Scenario{"LostAlways", "PATCH", "", faults::reset()},
           Scenario{"StoredButResetOnce", "PATCH", "", faults::done_but_reset(), only(2), true},
           Scenario{"StoredBut502Once", "PATCH", "", faults::done_but(502), only(2), true},
           Scenario{"NotStoredBut502Once", "PATCH", "", faults::reply(502), only(2), true},
           Scenario{"RangeNotSatisfiableOnce", "PATCH", "", faults::reply(416), only(2), true},
           Scenario{"RangeNotSatisfiableAlways", "PATCH", "", faults::reply(416)},
           Scenario{"HalfStoredOnce", "PATCH", "", half, only(1), true},
           Scenario{"NoLocationAfterAChunk", "PATCH", "", without("Location")},
           Scenario{"NoRangeAfterAChunk", "PATCH", "", without("Range"), kAlways, true},
           Scenario{"Answered201", "PATCH", "", faults::alter([](Reply& reply) { reply.status = 201; }),
                    kAlways, true},
           Scenario{"Answered204", "PATCH", "", faults::alter([](Reply& reply) { reply.status = 204; }),
                    kAlways, true},
           Scenario{"SessionForgottenOnce", "PATCH", "", faults::error(404, "BLOB_UPLOAD_UNKNOWN"), only(2),
                    true},
           Scenario{"Forbidden", "PATCH", "", faults::error(403, "DENIED"), only(2), false, "403"}),
    scenario_name);

TEST_F(Push, LeastChunksAreHonoured) {
  FakeRegistryQuirks quirks;
  quirks.least_chunk = 5 << 20;
  FaultFixture& s = scene(quirks, {12'000'000});
  s.registry.rule("PUT", "/uploads/", limit(6 << 20));
  s.expect_pushed(s.push());
  const auto chunks = s.registry.requests("PATCH");
  for (std::size_t i = 0; i + 1 < chunks.size(); ++i) EXPECT_GE(chunks[i].body_size, 5u << 20);
}

// A cancelled push leaves no name, and is no error.
TEST_F(Push, CancelledHalfwayLeavesNothing) {
  FaultFixture& s = scene();
  s.registry.rule("PUT", "/uploads/", [&s](Exchange& exchange) {
    s.stack.cancellation.request();
    exchange.connection.stall(std::chrono::seconds(10));
  });
  EXPECT_THROW(s.push(), base::Cancelled);
  EXPECT_EQ(s.registry.store().tag_count(), 0u);
}

TEST_F(Push, ASourceThatIsDamagedLeavesNothing) {
  FaultFixture& s = scene();
  std::string damaged = s.image.layers[0];
  damaged[17] = static_cast<char>(damaged[17] ^ 1);
  s.memory.replace_blob(oci::Digest::of(s.image.layers[0]), damaged);
  const Outcome outcome = s.push();
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(s.registry.store().tag_count(), 0u);
  EXPECT_FALSE(s.registry.store().blob(kRepository, FakeRegistryState::digest_of(damaged)));
}

}  // namespace
}  // namespace ixian::testing
