// Manifests that lie, move, or want to hurt whoever reads them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "testing/fault_scenario.h"

namespace ixian::testing {
namespace {

using ::testing::Values;

// How a manifest is spoilt before it is stored: its digest fits its bytes.
struct Spoilt {
  std::string name;
  std::function<void(PlainImage&)> spoil;
};
void PrintTo(const Spoilt& spoilt, std::ostream* out) {
  *out << spoilt.name;
}
std::string spoilt_name(const ::testing::TestParamInfo<Spoilt>& info) {
  return info.param.name;
}

class SpoiltManifest : public ::testing::TestWithParam<Spoilt> {};

TEST_P(SpoiltManifest, IsRefusedWhenPulled) {
  FaultFixture scene;
  GetParam().spoil(scene.image);
  scene.hold_image_in_registry();
  scene.expect_not_pulled(scene.pull());
  EXPECT_EQ(scene.registry.count("GET", "/blobs/"), 0u) << "blobs were fetched for it";
}

Spoilt with_digest(const std::string& name, const std::string& digest) {
  return {name, [digest](PlainImage& image) { image.manifest["layers"][0]["digest"] = digest; }};
}
Spoilt with_size(const std::string& name, const base::Json& size) {
  return {name, [size](PlainImage& image) { image.manifest["layers"][0]["size"] = size; }};
}

INSTANTIATE_TEST_SUITE_P(
    Structure, SpoiltManifest,
    Values(Spoilt{"Ambiguous", [](PlainImage& image) { image.manifest["manifests"] = base::Json::array(); }},
           Spoilt{"TypeInsideIsAnother",
                  [](PlainImage& image) { image.manifest["mediaType"] = std::string(oci::kOciIndex); }},
           Spoilt{"TypeOutsideIsAnother",
                  [](PlainImage& image) { image.type = std::string(oci::kOciIndex); }},
           Spoilt{"DockerTypeOutside",
                  [](PlainImage& image) { image.type = std::string(oci::kDockerManifest); }},
           Spoilt{"SchemaOne", [](PlainImage& image) { image.manifest["schemaVersion"] = 1; }},
           Spoilt{"NoConfig", [](PlainImage& image) { image.manifest.erase("config"); }},
           Spoilt{"NoLayers", [](PlainImage& image) { image.manifest.erase("layers"); }},
           Spoilt{"LayersIsAnObject",
                  [](PlainImage& image) { image.manifest["layers"] = base::Json::object(); }},
           Spoilt{"LayerIsNull", [](PlainImage& image) { image.manifest["layers"][0] = nullptr; }},
           Spoilt{"ManyLayers",
                  [](PlainImage& image) {
                    for (int i = 0; i < 5000; ++i)
                      image.manifest["layers"].push_back(image.manifest["layers"][0]);
                  }}),
    spoilt_name);
INSTANTIATE_TEST_SUITE_P(
    Descriptors, SpoiltManifest,
    Values(with_size("NegativeSize", -1), with_size("SizeOfTwoToThe63", std::uint64_t{1} << 63),
           with_size("SizeOfTwoToThe64", base::Json::parse("18446744073709551616")),
           with_size("SizeWithAFraction", 1.5), with_size("SizeAsText", "60000"),
           with_size("SizeNull", nullptr), with_digest("DigestAsPath", "sha256:../../../../etc/passwd"),
           with_digest("DigestWithASlash", "sha256:" + std::string(63, 'a') + "/"),
           with_digest("DigestInUpperCase", "sha256:" + std::string(64, 'A')),
           with_digest("DigestOfAnotherAlgorithm", "md5:" + std::string(32, 'a')),
           with_digest("DigestTooShort", "sha256:" + std::string(63, 'a')),
           with_digest("DigestWithANul", "sha256:" + std::string(63, 'a') + std::string(1, '\0')),
           with_digest("DigestWithALineEnd", "sha256:" + std::string(63, 'a') + "\n"),
           with_digest("NoDigest", "")),
    spoilt_name);

// Bytes that no library would write.
struct RawManifestCase {
  std::string name;
  std::string bytes;
  std::string type = std::string(oci::kOciManifest);
};
void PrintTo(const RawManifestCase& raw, std::ostream* out) {
  *out << raw.name;
}

std::string raw_name(const ::testing::TestParamInfo<RawManifestCase>& info) {
  return info.param.name;
}

class RawManifestFault : public ::testing::TestWithParam<RawManifestCase> {};

TEST_P(RawManifestFault, IsRefusedWhenPulled) {
  FaultFixture scene;
  scene.registry.store().add_manifest(kRepository, "1", GetParam().type, GetParam().bytes);
  scene.expect_not_pulled(scene.pull());
}

std::string twice(const std::string& key, const base::Json& first) {
  const std::string bytes = plain_image().bytes();
  return "{\"" + key + "\":" + first.dump() + "," + bytes.substr(1);
}

INSTANTIATE_TEST_SUITE_P(
    Registry, RawManifestFault,
    Values(RawManifestCase{"Nothing", ""}, RawManifestCase{"NoJson", "<html>"},
           RawManifestCase{"AnArray", "[]"}, RawManifestCase{"DeepArrays", std::string(200'000, '[')},
           RawManifestCase{"DeepObjects",
                           [] {
                             std::string text;
                             for (int i = 0; i < 100'000; ++i) text += "{\"a\":";
                             return text;
                           }()},
           RawManifestCase{"LayersTwice", twice("layers", base::Json::array())},
           RawManifestCase{"ConfigTwice", twice("config", descriptor_of(oci::kOciConfig, "other"))},
           RawManifestCase{"TypeTwice", twice("mediaType", std::string(oci::kOciManifest))},
           RawManifestCase{"NotUtf8", "{\"schemaVersion\":2,\"x\":\"\xff\xfe\"}"},
           RawManifestCase{"TrailingBytes", plain_image().bytes() + "{}"},
           RawManifestCase{"SchemaOneByType",
                           R"({"schemaVersion":1,"name":"team/app","tag":"1","fsLayers":[]})",
                           "application/vnd.docker.distribution.manifest.v1+prettyjws"}),
    raw_name);

TEST(ManifestFaults, AContentTypeMayHaveParameters) {
  FaultFixture scene;
  scene.hold_image_in_registry();
  scene.registry.rule(
      "GET", "/manifests/",
      faults::with_header("Content-Type", std::string(oci::kOciManifest) + "; charset=utf-8"));
  scene.expect_pulled(scene.pull());
}

TEST(ManifestFaults, ADigestHeaderOfATagIsNotBelieved) {
  FaultFixture scene;
  scene.hold_image_in_registry();
  scene.registry.rule("GET|HEAD", "/manifests/1$",
                      faults::with_header("Docker-Content-Digest", FakeRegistryState::digest_of("another")));
  scene.expect_pulled(scene.pull());
}

TEST(ManifestFaults, AnEmptyDigestHeaderDoesNoHarm) {
  FaultFixture scene;
  scene.hold_image_in_registry();
  scene.registry.rule("GET|HEAD", "/manifests/", faults::with_header("Docker-Content-Digest", ""));
  scene.expect_pulled(scene.pull());
}

TEST(ManifestFaults, WhatIsAskedForByDigestMustHaveIt) {
  FaultFixture scene;
  scene.hold_image_in_registry();
  const PlainImage other = plain_image(9);
  put(scene.registry, kRepository, "other", other);
  scene.registry.rule("GET", "/manifests/sha256",
                      faults::reply(200, {{"Content-Type", other.type}}, other.bytes()));
  scene.expect_not_pulled(scene.pull(scene.image.digest()));
}

TEST(ManifestFaults, AHeadWithoutAnythingIsAskedForInFull) {
  FaultFixture scene;
  scene.hold_image_in_registry();
  scene.registry.rule("HEAD", "/manifests/", faults::raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"));
  const auto found = scene.repo()->find("1");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->digest.text(), scene.image.digest());
  EXPECT_EQ(found->size, scene.image.bytes().size());
  EXPECT_EQ(found->media_type, scene.image.type);
}

TEST(ManifestFaults, ATagThatMovesGivesOneImageOrTheOther) {
  FaultFixture scene;
  scene.hold_image_in_registry();
  const PlainImage other = plain_image(10);
  put(scene.registry, kRepository, "other", other);
  scene.registry.rule("GET|HEAD", "/manifests/1$", [&](Exchange& exchange) {
    const Reply reply = exchange.serve_it();
    scene.registry.store().add_tag(kRepository, "1", other.digest());
    exchange.send(reply);
  });
  const Outcome outcome = scene.pull();
  ASSERT_FALSE(outcome.error) << outcome.error->message();
  EXPECT_TRUE(has(scene.memory, "copied", scene.image) || has(scene.memory, "copied", other));
  EXPECT_EQ(outcome.result->image.digest, scene.memory.find("copied")->digest);
}

TEST(ManifestFaults, OneOf100MiBIsNotRead) {
  for (const bool honest : {true, false}) {
    FaultFixture scene;
    const auto sent = std::make_shared<std::atomic<std::uint64_t>>(0);
    const Fault endless = faults::endless(std::string(oci::kOciManifest), 100 << 20, sent);
    scene.registry.rule(
        "GET", "/manifests/", honest ? endless : [sent](Exchange& exchange) {
          exchange.connection.send_raw(
              "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\n"
              "Transfer-Encoding: chunked\r\n\r\n");
          const std::string chunk = "10000\r\n" + std::string(1 << 16, ' ') + "\r\n";
          for (int i = 0; i < 1600 && exchange.connection.open(); ++i) {
            exchange.connection.send_raw(chunk);
            *sent += chunk.size();
          }
        });
    scene.expect_not_pulled(scene.pull());
    EXPECT_LT(sent->load(), 40u << 20)
        << "it was read to the end";  // times the attempts, plus what sockets buffer
  }
}

TEST(ManifestFaults, ATagListOf100MiBIsNotRead) {
  FaultFixture scene;
  scene.hold_image_in_registry();
  const auto sent = std::make_shared<std::atomic<std::uint64_t>>(0);
  scene.registry.rule("GET", "/tags/list", faults::endless("application/json", 100 << 20, sent));
  const PeakMemory memory;
  EXPECT_THROW(scene.repo()->tags(), base::Error);
  EXPECT_LT(sent->load(), 90u << 20);
  EXPECT_LT(memory.grown(), kMostMemory);
}

}  // namespace
}  // namespace ixian::testing
