// Bodies that are not what their descriptors promise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fault_scenario.h"

namespace ixian::testing {
namespace {

using ::testing::Values;
using ::testing::ValuesIn;

class BodyFault : public ScenarioTest {};

TEST_P(BodyFault, WhilePulling) {
  pull_through();
}

Fault head_lies(const std::string& name, const std::string& value) {
  return faults::with_header(name, value);
}

INSTANTIATE_TEST_SUITE_P(
    OfABlob, BodyFault,
    Values(Scenario{"BitFlippedAtTheStart", "GET", "/blobs/", faults::flip_bit(0)},
           Scenario{"BitFlippedInside", "GET", "/blobs/", faults::flip_bit(100)},
           Scenario{"Extra", "GET", "/blobs/", faults::extra("x")},
           Scenario{"MuchExtra", "GET", "/blobs/", faults::extra(std::string(1 << 20, 'x'))},
           Scenario{"Short", "GET", "/blobs/", faults::shortened(1)},
           Scenario{"Empty", "GET", "/blobs/", faults::alter([](Reply& reply) { reply.body.clear(); })},
           Scenario{"Encoded", "GET", "/blobs/", head_lies("Content-Encoding", "gzip")},
           Scenario{"EncodedTwice", "GET", "/blobs/", head_lies("Content-Encoding", "identity, br")},
           Scenario{"IdentityIsNoEncoding", "GET", "/blobs/", head_lies("Content-Encoding", "identity"),
                    kAlways, true},
           Scenario{"PartialUnasked", "GET", "/blobs/", faults::alter([](Reply& reply) {
                      reply.status = 206;
                      reply.set("Content-Range", "bytes 0-" + std::to_string(reply.body.size() - 1) + "/*");
                    })},
           Scenario{"NoContent", "GET", "/blobs/", faults::reply(204)},
           Scenario{"NotModified", "GET", "/blobs/", faults::reply(304)},
           Scenario{"LoginPage", "GET", "/blobs/",
                    faults::reply(200, {{"Content-Type", "text/html"}}, "<html>Log in</html>")},
           Scenario{"Missing", "GET", "/blobs/", faults::error(404, "BLOB_UNKNOWN"), kAlways, false, "404"}),
    scenario_name);

// Without Content-Length nothing says how long the body ought to be, but its descriptor.
Fault until_closed(std::function<void(std::string&)> change) {
  return [change](Exchange& exchange) {
    Reply reply = exchange.serve_it();
    change(reply.body);
    exchange.connection.send_raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + reply.body);
    exchange.connection.close();
  };
}
INSTANTIATE_TEST_SUITE_P(
    WithoutALength, BodyFault,
    Values(Scenario{"Whole", "GET", "/blobs/", until_closed([](std::string&) {}), kAlways, true},
           Scenario{"Short", "GET", "/blobs/", until_closed([](std::string& body) { body.pop_back(); })},
           Scenario{"Extra", "GET", "/blobs/", until_closed([](std::string& body) { body += "x"; })},
           Scenario{"Flipped", "GET", "/blobs/", until_closed([](std::string& body) { body.back() ^= 1; })}),
    scenario_name);

// A layer breaks off, and the answer to what is asked for then is wrong.
class ResumedBody : public ::testing::TestWithParam<Scenario> {};

TEST_P(ResumedBody, WhilePulling) {
  FaultFixture scene;
  scene.image = plain_image(4, {500'000});
  scene.hold_image_in_registry();
  const std::string layer = FakeRegistryState::digest_of(scene.image.layers[0]);
  scene.registry.rule("GET", layer, faults::reset_after(200'000), kOnce);
  scene.registry.rule("GET", layer, GetParam().fault, GetParam().times);
  const Outcome outcome = scene.pull();
  if (GetParam().survives) {
    scene.expect_pulled(outcome);
  } else {
    scene.expect_not_pulled(outcome);
  }
}

Fault other_range(const std::string& range) {
  return faults::with_header("Content-Range", range);
}

INSTANTIATE_TEST_SUITE_P(
    Registry, ResumedBody,
    Values(Scenario{"RangeIgnored", "", "", faults::ignore_range(), kAlways, true},
           Scenario{"RangeIgnoredAndBrokenAgain", "", "", faults::reply(503), kOnce, true},
           Scenario{"RangeOfAnotherPart", "", "", other_range("bytes 0-299999/500000")},
           Scenario{"RangeOfAnotherLength", "", "", other_range("bytes 200000-499999/500001")},
           Scenario{"RangeWithoutALength", "", "", other_range("bytes 200000-499999/*")},
           Scenario{"RangeOfNoSense", "", "", other_range("lines 1-2/3")},
           Scenario{"RangeMissing", "", "", faults::with_header("Content-Range", std::nullopt)},
           Scenario{"ChangedContent", "", "", faults::flip_bit(17)},
           Scenario{"ChangedContentWithRangeIgnored", "", "",
                    [](Exchange& exchange) {
                      exchange.send({200, {}, noise(500'000, 99)});
                    }},
           Scenario{"ShorterContent", "", "", faults::shortened(1)},
           Scenario{"LongerContent", "", "", faults::extra("x")},
           Scenario{"Gone", "", "", faults::error(404, "BLOB_UNKNOWN")},
           Scenario{"NotSatisfiable", "", "", faults::error(416, "RANGE_INVALID")},
           Scenario{"Encoded", "", "", faults::with_header("Content-Encoding", "gzip")}),
    scenario_name);

// What the registry ignores of a Range and sends anew must be the same in its first part too.
TEST(ResumedBodies, AFirstPartThatChangesUnderneathDoesNotPassForTheBlob) {
  FaultFixture scene;
  scene.image = plain_image(5, {500'000});
  scene.hold_image_in_registry();
  const std::string layer = FakeRegistryState::digest_of(scene.image.layers[0]);
  scene.registry.rule(
      "GET", layer,
      [](Exchange& exchange) {
        Reply reply = exchange.serve_it();
        reply.body[10] = static_cast<char>(reply.body[10] ^ 1);
        exchange.connection.send_raw("HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n" +
                                     reply.body.substr(0, 200'000));
        exchange.connection.stall(std::chrono::milliseconds(20));
        exchange.connection.reset();
      },
      kOnce);
  scene.expect_not_pulled(scene.pull());
}

// A source that shows one face when it is hashed and another when a failed attempt is repeated.
TEST(ResumedBodies, ARepeatedAttemptMustNotPushOtherBytesThanWereChecked) {
  class TwoFaced : public MemoryRepo {
   public:
    using MemoryRepo::MemoryRepo;
    std::unique_ptr<base::ByteSource> open_blob(const oci::Descriptor& blob, std::uint64_t offset) override {
      if (blob.size > 100'000 && ++opened_ > 1) replace_blob(blob.digest, noise(blob.size, 77));
      return MemoryRepo::open_blob(blob, offset);
    }

   private:
    int opened_ = 0;
  };
  // Stores what the second attempt brings, as a place that does not hash would.
  class TriesTwice : public UncheckedRepo {
   public:
    using UncheckedRepo::UncheckedRepo;
    void put_blob(const oci::Descriptor& blob, const base::OpenSource& open) override {
      if (blob.size > 100'000) {
        const auto source = open(0);
        char buffer[4096];
        for (std::size_t read = 0; read < blob.size / 2;) read += source->read(buffer, sizeof buffer);
      }
      UncheckedRepo::put_blob(blob, open);
    }
  };
  RegistryStack stack({});
  TwoFaced source("memory:two-faced");
  TriesTwice destination("memory:destination");
  const PlainImage image = plain_image(6, {500'000});
  put(source, "1", image);
  const Outcome outcome = attempt([&] { return stack.copy(source, "1", destination, "copied"); });
  EXPECT_TRUE(outcome.error) << "bytes that were never hashed were stored";
  EXPECT_EQ(destination.find("copied"), std::nullopt);
}

class WrongSize : public ::testing::TestWithParam<int> {};

TEST_P(WrongSize, OfADescriptorIsNotBelieved) {
  FaultFixture scene;
  base::Json& size = scene.image.manifest["layers"][0]["size"];
  size = size.get<int>() + GetParam();
  scene.hold_image_in_registry();
  scene.expect_not_pulled(scene.pull());
}
INSTANTIATE_TEST_SUITE_P(Registry, WrongSize, Values(-1, 1, -59'999, 1'000'000'000));

TEST(WrongConfig, IsNotBelieved) {
  FaultFixture scene;
  scene.hold_image_in_registry();
  scene.registry.rule("GET", FakeRegistryState::digest_of(scene.image.config), faults::flip_bit(3));
  scene.expect_not_pulled(scene.pull());
}

}  // namespace
}  // namespace ixian::testing
