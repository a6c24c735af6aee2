#include "oci/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "oci/media_types.h"

namespace ixian::oci {
namespace {

using base::Json;
using ::testing::HasSubstr;

Json entry(std::string_view type, const std::string& content) {
  return {{"mediaType", type}, {"digest", Digest::of(content).text()}, {"size", content.size()}};
}

Json image_json(std::string_view type = kOciManifest) {
  Json json = {{"schemaVersion", 2},
               {"config", entry(kOciConfig, "config")},
               {"layers", {entry(kOciLayerGzip, "one"), entry(kOciLayerZstd, "two")}}};
  if (!type.empty()) json["mediaType"] = type;
  return json;
}

Json platform_entry(const std::string& os, const std::string& architecture, const std::string& variant = "") {
  Json json = entry(kOciManifest, os + architecture + variant);
  json["platform"] = {{"os", os}, {"architecture", architecture}};
  if (!variant.empty()) json["platform"]["variant"] = variant;
  return json;
}

Json index_json(std::string_view type = kOciIndex) {
  Json json = {{"schemaVersion", 2},
               {"manifests", {platform_entry("linux", "amd64"), platform_entry("linux", "arm64", "v8")}}};
  if (!type.empty()) json["mediaType"] = type;
  return json;
}

std::string manifest_refusal(const std::string& bytes, std::string_view type = "") {
  try {
    parse_manifest(bytes, type);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

std::string manifest_refusal(const Json& json, std::string_view type = "") {
  return manifest_refusal(json.dump(), type);
}

Index index_of(const Json& entries) {
  return std::get<Index>(
      parse_manifest(Json{{"schemaVersion", 2}, {"manifests", entries}}.dump(), kOciIndex));
}

TEST(Manifest, ReadsAnImageOfEitherKind) {
  for (const std::string_view type : {kOciManifest, kDockerManifest}) {
    const auto manifest = std::get<Manifest>(parse_manifest(image_json(type).dump(), type));
    EXPECT_EQ(manifest.media_type, type);
    EXPECT_EQ(manifest.config.digest, Digest::of("config"));
    ASSERT_EQ(manifest.layers.size(), 2U);
    EXPECT_EQ(manifest.layers[1].media_type, kOciLayerZstd);
    EXPECT_FALSE(manifest.subject);
  }
}

TEST(Manifest, ReadsAnIndexOfEitherKind) {
  for (const std::string_view type : {kOciIndex, kDockerList}) {
    const auto index = std::get<Index>(parse_manifest(index_json(type).dump(), type));
    EXPECT_EQ(index.media_type, type);
    ASSERT_EQ(index.manifests.size(), 2U);
    EXPECT_EQ(index.manifests[1].platform->text(), "linux/arm64/v8");
  }
}

TEST(Manifest, WithoutAnOuterTypeTheDocumentDecides) {
  EXPECT_EQ(std::get<Manifest>(parse_manifest(image_json(kDockerManifest).dump(), "")).media_type,
            kDockerManifest);
  EXPECT_EQ(std::get<Index>(parse_manifest(index_json(kDockerList).dump(), "")).media_type, kDockerList);
  EXPECT_EQ(std::get<Manifest>(parse_manifest(image_json("").dump(), "")).media_type, kOciManifest);
  EXPECT_EQ(std::get<Index>(parse_manifest(index_json("").dump(), "")).media_type, kOciIndex);
  EXPECT_EQ(std::get<Manifest>(parse_manifest(image_json("").dump(), kDockerManifest)).media_type,
            kDockerManifest);
  EXPECT_THAT(manifest_refusal(Json{{"schemaVersion", 2}}), HasSubstr("neither layers nor manifests"));
}

TEST(Manifest, ParametersOfTheContentTypeAreIgnored) {
  EXPECT_EQ(manifest_refusal(image_json(), std::string(kOciManifest) + "; charset=utf-8"), "");
  EXPECT_EQ(manifest_refusal(image_json(), "Application/Vnd.OCI.image.manifest.v1+JSON"), "");
}

TEST(Manifest, RefusesAnotherTypeInsideThanOutside) {
  EXPECT_THAT(manifest_refusal(image_json(kOciManifest), kDockerManifest), HasSubstr("was announced as"));
  EXPECT_THAT(manifest_refusal(index_json(kOciIndex), kOciManifest), HasSubstr("was announced as"));
  EXPECT_THAT(manifest_refusal(index_json(""), kOciManifest), HasSubstr("has manifests"));
  EXPECT_THAT(manifest_refusal(image_json(""), kDockerList), HasSubstr("has layers"));
  EXPECT_THAT(manifest_refusal(image_json(kOciIndex)), HasSubstr("has layers"));
  EXPECT_THAT(manifest_refusal(index_json(kDockerManifest)), HasSubstr("has manifests"));
  EXPECT_THAT(manifest_refusal(image_json(""), "text/html"), HasSubstr("text/html"));
  EXPECT_THAT(manifest_refusal(image_json("application/vnd.oci.image.config.v1+json")),
              HasSubstr("can read"));
  Json numbered = image_json();
  numbered["mediaType"] = 2;
  EXPECT_THAT(manifest_refusal(numbered), HasSubstr("mediaType"));
}

TEST(Manifest, RefusesBothLayersAndManifests) {
  for (const std::string_view type : {std::string_view(), kOciManifest, kOciIndex}) {
    Json json = image_json(type);
    json["manifests"] = index_json()["manifests"];
    EXPECT_THAT(manifest_refusal(json), HasSubstr("both layers and manifests")) << type;
    json["manifests"] = nullptr;
    EXPECT_THAT(manifest_refusal(json), HasSubstr("both layers and manifests")) << type;
    json = index_json(type);
    json["config"] = entry(kOciConfig, "config");
    EXPECT_THAT(manifest_refusal(json), HasSubstr("both layers and manifests")) << type;
  }
}

TEST(Manifest, RefusesSchema1ByName) {
  const Json schema1 = {{"schemaVersion", 1},
                        {"name", "library/old"},
                        {"tag", "1"},
                        {"fsLayers", Json::array()},
                        {"signatures", Json::array({1})}};
  for (const char* type : {"", "application/json", "application/vnd.docker.distribution.manifest.v1+json",
                           "application/vnd.docker.distribution.manifest.v1+prettyjws; charset=utf-8"}) {
    EXPECT_THAT(manifest_refusal(schema1, type), HasSubstr("Docker schema 1")) << type;
  }
  EXPECT_THAT(manifest_refusal(image_json(""), "application/vnd.docker.distribution.manifest.v1+json"),
              HasSubstr("schema 1"));
  Json disguised = image_json();
  disguised["fsLayers"] = Json::array();
  EXPECT_THAT(manifest_refusal(disguised), HasSubstr("schema 1"));
}

TEST(Manifest, RefusesEveryOtherSchemaVersion) {
  for (const char* version : {"0", "3", "-2", "2.0", "2.5", "\"2\"", "[2]", "true", "null", "4294967298"}) {
    Json json = image_json();
    json["schemaVersion"] = base::parse_json(version);
    EXPECT_THAT(manifest_refusal(json), HasSubstr("schemaVersion")) << version;
  }
  Json json = image_json();
  json.erase("schemaVersion");
  EXPECT_THAT(manifest_refusal(json), HasSubstr("schemaVersion is missing"));
}

TEST(Manifest, RefusesAKeyThatIsThereTwice) {
  const std::string text = image_json().dump();
  EXPECT_THAT(manifest_refusal(text.substr(0, text.size() - 1) + R"(,"layers":[]})"),
              HasSubstr("duplicate key \"layers\""));
  std::string inner = text;
  inner.insert(inner.find("\"size\""), "\"size\":1,");
  EXPECT_THAT(manifest_refusal(inner), HasSubstr("duplicate key \"size\""));
  EXPECT_THAT(manifest_refusal(text.substr(0, text.size() - 1) + R"(,"annotations":{"a":"1","a":"2"}})"),
              HasSubstr("duplicate key"));
}

TEST(Manifest, RefusesFieldsThatOtherReadersWouldTakeForSpecifiedOnes) {
  for (const char* key : {"Layers", "LAYERS", "layer\xc5\xbf", "mediatype", "Manifests", "SchemaVersion"}) {
    Json json = image_json();
    json[key] = Json::array();
    EXPECT_THAT(manifest_refusal(json), HasSubstr("is not spelt")) << key;
  }
}

TEST(Manifest, RefusesWhatIsNotJsonOrTooMuchOfIt) {
  for (const char* text : {"", "{", "null", "[]", "\"x\"", "1", "<html>", "{}x", "{\"schemaVersion\":2"}) {
    EXPECT_NE(manifest_refusal(std::string(text)), "") << text;
  }
  EXPECT_THAT(manifest_refusal(std::string(1'000'000, '[')), HasSubstr("nested deeper"));
  EXPECT_THAT(manifest_refusal(std::string(R"({"schemaVersion":2,"x":)") + std::string(100, '[') +
                               std::string(100, ']') + "}"),
              HasSubstr("nested deeper"));
  EXPECT_EQ(manifest_refusal(image_json().dump() +
                             std::string(kMaxManifestBytes - image_json().dump().size(), ' ')),
            "");
  EXPECT_THAT(manifest_refusal(image_json().dump() + std::string(kMaxManifestBytes, ' ')),
              HasSubstr("larger than"));
}

TEST(Manifest, RefusesMoreThan4096Entries) {
  Json json = image_json();
  json["layers"] = Json::array();
  for (int i = 0; i < 4096; ++i) json["layers"].push_back(entry(kOciLayer, "x"));
  EXPECT_EQ(manifest_refusal(json), "");
  json["layers"].push_back(entry(kOciLayer, "x"));
  EXPECT_THAT(manifest_refusal(json), HasSubstr("layers has more than 4096 entries"));
}

TEST(Manifest, RefusesSizesThatOverflowTogether) {
  Json json = image_json();
  json["layers"][0]["size"] = 9223372036854775807ULL;
  EXPECT_THAT(manifest_refusal(json), HasSubstr("add up"));
  json["layers"][0]["size"] = 9223372036854775807ULL - 9;  // "config" and "two" have the other nine
  EXPECT_EQ(manifest_refusal(json), "");
  json["layers"][0]["size"] = -1;
  EXPECT_THAT(manifest_refusal(json), HasSubstr("layers[0].size"));
  json["layers"][0]["size"] = 9223372036854775808ULL;
  EXPECT_THAT(manifest_refusal(json), HasSubstr("layers[0].size"));
  json["layers"][0]["size"] = 3.0;
  EXPECT_THAT(manifest_refusal(json), HasSubstr("layers[0].size"));
}

TEST(Manifest, RefusesMissingAndMistypedParts) {
  Json json = image_json();
  json.erase("config");
  EXPECT_THAT(manifest_refusal(json), HasSubstr("config is missing"));
  json = image_json();
  json.erase("layers");
  EXPECT_THAT(manifest_refusal(json), HasSubstr("layers is missing"));
  json = index_json();
  json.erase("manifests");
  EXPECT_THAT(manifest_refusal(json), HasSubstr("manifests is missing"));
  for (const char* key : {"config", "layers", "annotations", "subject", "artifactType"}) {
    json = image_json();
    json[key] = key == std::string_view("artifactType") ? Json(1) : Json("x");
    EXPECT_THAT(manifest_refusal(json), HasSubstr(key)) << key;
  }
  json = image_json();
  json["layers"][1]["digest"] = "sha256:../../x";
  EXPECT_THAT(manifest_refusal(json), HasSubstr("layers[1].digest"));
}

TEST(Manifest, WhatGoWritesForNoLayersIsNoLayers) {
  Json json = image_json();
  json["layers"] = nullptr;
  EXPECT_TRUE(std::get<Manifest>(parse_manifest(json.dump(), "")).layers.empty());
}

TEST(Manifest, BytesAreThoseOfItsValue) {
  Json json = image_json();
  json["subject"] = entry(kOciManifest, "subject");
  json["artifactType"] = "application/example";
  json["annotations"] = {{"b", "2"}, {"a", "1"}};
  const auto manifest = std::get<Manifest>(parse_manifest(json.dump(3), kOciManifest));
  EXPECT_EQ(to_bytes(manifest), base::canonical_json(json));
  EXPECT_EQ(std::get<Manifest>(parse_manifest(to_bytes(manifest), "")), manifest);

  json = index_json(kDockerList);
  const auto index = std::get<Index>(parse_manifest(json.dump(), ""));
  EXPECT_EQ(to_bytes(index), base::canonical_json(json));
  EXPECT_EQ(std::get<Index>(parse_manifest(to_bytes(index), kDockerList)), index);
}

TEST(Manifest, RawHasTheDescriptorThatFitsItsBytes) {
  const auto manifest = std::get<Manifest>(parse_manifest(image_json().dump(), ""));
  const RawManifest travels = raw(manifest);
  EXPECT_EQ(travels.bytes, to_bytes(manifest));
  EXPECT_EQ(travels.descriptor.media_type, kOciManifest);
  EXPECT_EQ(travels.descriptor.digest, Digest::of(travels.bytes));
  EXPECT_EQ(travels.descriptor.size, travels.bytes.size());
  EXPECT_EQ(std::get<Manifest>(travels.parsed()), manifest);
}

TEST(Choose, TakesTheBestVariant) {
  const Index index =
      index_of({platform_entry("linux", "arm", "v5"), platform_entry("linux", "arm", "v6"),
                platform_entry("linux", "arm64", "v8"), platform_entry("linux", "arm", "v7")});
  EXPECT_EQ(choose(index, parse_platform("linux/arm/v7"))->platform->variant, "v7");
  EXPECT_EQ(choose(index, parse_platform("linux/arm/v6"))->platform->variant, "v6");
  EXPECT_EQ(choose(index, parse_platform("linux/arm64"))->platform->architecture, "arm64");
  EXPECT_EQ(choose(index, parse_platform("linux/amd64")), nullptr);
  EXPECT_EQ(choose(index_of(Json::array()), parse_platform("linux/amd64")), nullptr);
}

TEST(Choose, TheFirstOfEqualsWins) {
  const Index index = index_of({platform_entry("linux", "amd64"), platform_entry("linux", "amd64")});
  EXPECT_EQ(choose(index, parse_platform("linux/amd64")), &index.manifests[0]);
}

TEST(Choose, NeverTakesAnAttestation) {
  Json marked = platform_entry("linux", "amd64");
  marked["annotations"] = {{"vnd.docker.reference.type", "attestation-manifest"}};
  Json attestation = platform_entry("unknown", "unknown");
  const Index index = index_of({marked, attestation});
  EXPECT_EQ(choose(index, parse_platform("linux/amd64")), nullptr);
  EXPECT_EQ(
      choose(
          index,
          {.os = "unknown", .architecture = "unknown", .variant = "", .os_version = "", .os_features = {}}),
      nullptr);
  EXPECT_EQ(platforms(index), "no named platform");
}

TEST(Choose, AnEntryWithoutAPlatformIsTakenOnlyWhereItIsAlone) {
  const Json bare = entry(kOciManifest, "bare");
  const Index alone = index_of({platform_entry("unknown", "unknown"), bare});
  EXPECT_EQ(choose(alone, parse_platform("linux/amd64")), &alone.manifests[1]);
  const Index two = index_of({bare, platform_entry("linux", "arm64")});
  EXPECT_EQ(choose(two, parse_platform("linux/amd64")), nullptr);
  const Index other = index_of(Json::array({platform_entry("linux", "arm64")}));
  EXPECT_EQ(choose(other, parse_platform("linux/amd64")), nullptr);
}

TEST(Platforms, AreListedOnceEach) {
  const Index index = index_of({platform_entry("linux", "amd64"), platform_entry("linux", "amd64"),
                                platform_entry("unknown", "unknown"), platform_entry("linux", "arm", "v7")});
  EXPECT_EQ(platforms(index), "linux/amd64, linux/arm/v7");
}

TEST(Platforms, FitAMessageWhateverTheyAre) {
  Json entries = Json::array({platform_entry("linux\x1b[2J", "amd64")});
  for (int i = 0; i < 100; ++i) entries.push_back(platform_entry("linux", "arch" + std::to_string(i)));
  const std::string text = platforms(index_of(entries));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_THAT(text, HasSubstr(" and 81 more"));
}

}  // namespace
}  // namespace ixian::oci
