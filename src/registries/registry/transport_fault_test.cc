// Faults of the network, below HTTP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fault_scenario.h"
#include "testing/test_ca.h"

namespace ixian::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::ValuesIn;

class TransportFault : public ScenarioTest {};

TEST_P(TransportFault, WhilePulling) {
  pull_through();
}

std::vector<Scenario> transport_faults() {
  std::vector<Scenario> all;
  const std::pair<const char*, const char*> places[] = {{"Manifest", "/manifests/"}, {"Blob", "/blobs/"}};
  for (const auto& [place, target] : places) {
    const std::string in = std::string("In") + place;
    all.push_back({"ResetBeforeHeadersOnce" + in, "GET", target, faults::reset(), kOnce, true});
    all.push_back({"ResetBeforeHeadersAlways" + in, "GET", target, faults::reset()});
    all.push_back({"ResetMidBodyOnce" + in, "GET", target, faults::reset_after(100), kOnce, true});
    all.push_back({"ResetMidBodyAlways" + in, "GET", target, faults::reset_after(100)});
    all.push_back({"ShortContentLengthOnce" + in, "GET", target, faults::close_after(100), kOnce, true});
    all.push_back({"ShortContentLengthAlways" + in, "GET", target, faults::close_after(100)});
    all.push_back({"UnterminatedChunkOnce" + in, "GET", target, faults::unterminated_chunk(), kOnce, true});
    all.push_back({"UnterminatedChunkAlways" + in, "GET", target, faults::unterminated_chunk()});
    all.push_back({"ClosedBeforeHeadersOnce" + in, "GET", target, faults::close(), kOnce, true});
    all.push_back({"StallBeforeHeaders" + in, "GET", target, faults::stall(), kAlways, false, "", 0, 1});
    all.push_back({"StallMidBody" + in, "GET", target, faults::stall_after(100), kAlways, false, "", 0, 1});
    all.push_back({"StallMidBodyOnce" + in, "GET", target, faults::stall_after(100), kOnce, true, "", 3, 1});
    all.push_back({"OneByteASecond" + in, "GET", target, faults::trickle(std::chrono::milliseconds(100)),
                   kAlways, false, "", 0, 1});
  }
  return all;
}
INSTANTIATE_TEST_SUITE_P(Registry, TransportFault, ValuesIn(transport_faults()), scenario_name);

TEST(TransportFaults, AnInterruptedLayerGoesOnWhereItBrokeOff) {
  FaultFixture scene;
  scene.image = plain_image(2, {3'000'000});
  scene.hold_image_in_registry();
  const std::string layer = FakeRegistryState::digest_of(scene.image.layers[0]);
  scene.registry.rule("GET", layer, faults::reset_after(2'000'000), kOnce);
  scene.expect_pulled(scene.pull());
  const std::vector<ServerRequest> requests = scene.registry.requests("GET", layer);
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_FALSE(requests[0].find("range"));
  EXPECT_THAT(requests[1].header("range"), ::testing::MatchesRegex("bytes=[0-9]+-"));
}

TEST(TransportFaults, ALayerThatBreaksOffAgainAndAgainArrivesAsLongAsItGetsOn) {
  FaultFixture scene;
  scene.image = plain_image(3, {12'000'000});
  scene.hold_image_in_registry();
  scene.registry.rule("GET", FakeRegistryState::digest_of(scene.image.layers[0]),
                      faults::reset_after(2'000'000), {1, 5});
  scene.expect_pulled(scene.pull());
}

TEST(TransportFaults, ARegistryThatIsNotThereIsNamed) {
  FaultFixture scene;
  scene.registry.server().stop();
  scene.expect_not_pulled(scene.pull(), "refused");
}

TEST(TransportFaults, ANameThatNobodyKnowsIsNamed) {
  RegistryStack stack({});
  UncheckedRepo memory;
  const Outcome outcome = attempt([&] {
    return stack.copy(*stack.open("registry.invalid/team/app", registry::Access::kPull), "1", memory,
                      "copied");
  });
  ASSERT_TRUE(outcome.error);
  EXPECT_THAT(outcome.error->message(), HasSubstr("registry.invalid"));
  EXPECT_THAT(outcome.error->message(), HasSubstr("team/app"));
  EXPECT_EQ(memory.find("copied"), std::nullopt);
}

class TlsFault : public ::testing::Test {
 protected:
  static FakeRegistryOptions served(const CertificateFiles& files) {
    FakeRegistryOptions options;
    options.certificate = files.certificate;
    options.key = files.key;
    options.auth.kind = FakeRegistryAuth::Kind::kBasic;
    return options;
  }
  RegistryStack::Options trusting() const {
    RegistryStack::Options options;
    options.ca_file = ca.file();
    return options;
  }
  TempFolder folder;
  TestCa ca{folder};
  const CertificateFiles good = ca.sign("good", "IP:127.0.0.1");
  const CertificateFiles for_others = ca.sign("others", "DNS:other.example");
  const CertificateFiles expired = ca.sign("expired", "IP:127.0.0.1", -2 * TestCa::kDay, -TestCa::kDay);
};

TEST_F(TlsFault, ATrustedCertificateWillDo) {
  FaultFixture scene(served(good), trusting());
  scene.hold_image_in_registry();
  scene.expect_pulled(scene.pull());
}

TEST_F(TlsFault, AnUnknownAuthorityGetsNoCredentials) {
  FaultFixture scene(served(good));
  scene.hold_image_in_registry();
  scene.expect_not_pulled(scene.pull(), "certificate");
  EXPECT_TRUE(scene.registry.requests().empty());
}

TEST_F(TlsFault, ACertificateForAnotherNameGetsNoCredentials) {
  FaultFixture scene(served(for_others), trusting());
  scene.hold_image_in_registry();
  scene.expect_not_pulled(scene.pull(), "certificate");
  EXPECT_TRUE(scene.registry.requests().empty());
}

TEST_F(TlsFault, AnExpiredCertificateGetsNoCredentials) {
  FaultFixture scene(served(expired), trusting());
  scene.hold_image_in_registry();
  scene.expect_not_pulled(scene.pull(), "certificate");
  EXPECT_TRUE(scene.registry.requests().empty());
}

TEST_F(TlsFault, AConnectionThatIsCutIsNotTheEndOfABody) {
  FaultFixture scene(served(good), trusting());
  scene.hold_image_in_registry();
  scene.registry.rule("GET", "/blobs/", faults::cut_after(100));
  scene.expect_not_pulled(scene.pull());
}

TEST_F(TlsFault, AConnectionThatIsCutOnceIsTriedAgain) {
  FaultFixture scene(served(good), trusting());
  scene.hold_image_in_registry();
  scene.registry.rule("GET", "/blobs/", faults::cut_after(100), kOnce);
  scene.expect_pulled(scene.pull());
}

TEST_F(TlsFault, ACutBodyWithoutALengthIsNotWhole) {
  FaultFixture scene(served(good), trusting());
  scene.hold_image_in_registry();
  scene.registry.rule("GET", "/manifests/", [](Exchange& exchange) {
    const Reply reply = exchange.serve_it();
    exchange.connection.send_raw(
        "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\n"
        "Connection: close\r\n\r\n" +
        reply.body.substr(0, reply.body.size() / 2));
    exchange.connection.cut();
  });
  scene.expect_not_pulled(scene.pull());
}

}  // namespace
}  // namespace ixian::testing
