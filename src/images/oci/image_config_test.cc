#include "oci/image_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace ixian::oci {
namespace {

using base::Json;
using ::testing::HasSubstr;

Json config_json() {
  return {{"architecture", "arm"},
          {"os", "linux"},
          {"variant", "v7"},
          {"created", "2024-01-02T03:04:05Z"},
          {"config", {{"Env", {"PATH=/bin"}}, {"Cmd", {"sh"}}, {"x-unknown", 1}}},
          {"rootfs", {{"type", "layers"}, {"diff_ids", {Digest::of("a").text(), Digest::of("b").text()}}}},
          {"history",
           {{{"created", "2024-01-01T00:00:00Z"}, {"created_by", "ADD file"}, {"x-note", "kept"}},
            {{"created_by", "ENV A=1"}, {"empty_layer", true}}}},
          {"docker_version", "24.0.7"},
          {"x-deep", {{"a", {1, {{"b", nullptr}}}}}}};
}

std::string config_refusal(std::string_view bytes) {
  try {
    parse_image_config(bytes);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

std::string config_refusal_with(const std::string& key, const Json& value) {
  Json json = config_json();
  json[key] = value;
  return config_refusal(json.dump());
}

TEST(ImageConfig, ReadsWhatIxNeeds) {
  const ImageConfig config = parse_image_config(config_json().dump());
  EXPECT_EQ(config.platform.text(), "linux/arm/v7");
  EXPECT_EQ(config.created, "2024-01-02T03:04:05Z");
  EXPECT_EQ(config.diff_ids, (std::vector<Digest>{Digest::of("a"), Digest::of("b")}));
  ASSERT_EQ(config.history.size(), 2U);
  EXPECT_EQ(config.history[0].created_by, "ADD file");
  EXPECT_FALSE(config.history[0].empty_layer);
  EXPECT_TRUE(config.history[1].empty_layer);
  EXPECT_EQ(config.runtime().at("Cmd"), Json({"sh"}));
}

TEST(ImageConfig, UnknownFieldsSurvive) {
  EXPECT_EQ(to_bytes(parse_image_config(config_json().dump(2))), base::canonical_json(config_json()));
}

TEST(ImageConfig, ChangedMembersTakeTheirPlace) {
  ImageConfig config = parse_image_config(config_json().dump());
  config.platform.variant = "";
  config.platform.architecture = "amd64";
  config.created = "";
  config.diff_ids.push_back(Digest::of("c"));
  config.history.push_back(
      {.created = "", .created_by = "RUN x", .author = "", .comment = "", .empty_layer = false});
  Json expected = config_json();
  expected.erase("variant");
  expected.erase("created");
  expected["architecture"] = "amd64";
  expected["rootfs"]["diff_ids"].push_back(Digest::of("c").text());
  expected["history"].push_back({{"created_by", "RUN x"}});
  EXPECT_EQ(to_bytes(config), base::canonical_json(expected));
}

TEST(ImageConfig, ARewrittenHistoryEntryLosesWhatBelongedToTheOldOne) {
  ImageConfig config = parse_image_config(config_json().dump());
  config.history[0].created_by = "COPY file";
  const Json written = Json::parse(to_bytes(config));
  EXPECT_EQ(written["history"][0], (Json{{"created", "2024-01-01T00:00:00Z"}, {"created_by", "COPY file"}}));
  EXPECT_EQ(written["history"][1], config_json()["history"][1]);
}

TEST(ImageConfig, CanBeMadeFromNothing) {
  ImageConfig config;
  config.platform = parse_platform("linux/amd64");
  EXPECT_EQ(config.runtime(), Json::object());
  EXPECT_EQ(to_bytes(config),
            R"({"architecture":"amd64","os":"linux","rootfs":{"diff_ids":[],"type":"layers"}})");
  EXPECT_EQ(parse_image_config(to_bytes(config)).platform, config.platform);
}

TEST(ImageConfig, WhatGoWritesForNothingIsNothing) {
  const ImageConfig config = parse_image_config(
      R"({"architecture":"amd64","os":"linux","config":null,"rootfs":{"type":"layers","diff_ids":null},"history":null})");
  EXPECT_TRUE(config.diff_ids.empty());
  EXPECT_TRUE(config.history.empty());
  EXPECT_EQ(config.runtime(), Json::object());
}

TEST(ImageConfig, RefusesWhatIsNoLayeredImage) {
  EXPECT_THAT(config_refusal("{}"), HasSubstr("rootfs is missing"));
  EXPECT_THAT(config_refusal("[]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(config_refusal_with("rootfs", {{"type", "base"}, {"diff_ids", Json::array()}}),
              HasSubstr("rootfs.type"));
  EXPECT_THAT(config_refusal_with("rootfs", {{"diff_ids", Json::array()}}), HasSubstr("rootfs.type"));
  EXPECT_THAT(config_refusal_with("rootfs", {{"type", "layers"}}), HasSubstr("rootfs.diff_ids is missing"));
  EXPECT_THAT(config_refusal_with("rootfs", "layers"), HasSubstr("rootfs"));
}

TEST(ImageConfig, RefusesHostileDigests) {
  for (const Json& digest :
       {Json("sha256:../../x"), Json("sha256:" + std::string(64, 'A')), Json(1), Json()}) {
    EXPECT_THAT(
        config_refusal_with("rootfs", {{"type", "layers"}, {"diff_ids", {Digest::of("a").text(), digest}}}),
        HasSubstr("rootfs.diff_ids[1]"))
        << digest;
  }
}

TEST(ImageConfig, RefusesMoreThan4096Layers) {
  Json ids = Json::array();
  for (int i = 0; i < 4096; ++i) ids.push_back(Digest::of("a").text());
  EXPECT_EQ(config_refusal_with("rootfs", {{"type", "layers"}, {"diff_ids", ids}}), "");
  ids.push_back(Digest::of("a").text());
  EXPECT_THAT(config_refusal_with("rootfs", {{"type", "layers"}, {"diff_ids", ids}}), HasSubstr("4096"));
}

TEST(ImageConfig, RefusesOtherTypes) {
  EXPECT_THAT(config_refusal_with("os", 1), HasSubstr("os"));
  EXPECT_THAT(config_refusal_with("created", 1700000000), HasSubstr("created"));
  EXPECT_THAT(config_refusal_with("config", {"Env"}), HasSubstr("config"));
  EXPECT_THAT(config_refusal_with("history", Json::object()), HasSubstr("history"));
  EXPECT_THAT(config_refusal_with("history", {1}), HasSubstr("history[0]"));
  EXPECT_THAT(config_refusal_with("history", {{{"empty_layer", "true"}}}),
              HasSubstr("history[0].empty_layer"));
  EXPECT_THAT(config_refusal_with("history", {{{"comment", 1}}}), HasSubstr("history[0].comment"));
}

TEST(ImageConfig, RefusesTwoReadings) {
  EXPECT_THAT(config_refusal(R"({"rootfs":{"type":"layers","diff_ids":[]},"os":"linux","os":"windows"})"),
              HasSubstr("duplicate key"));
  EXPECT_THAT(config_refusal_with("RootFS", {{"type", "layers"}}), HasSubstr("is not spelt rootfs"));
  EXPECT_THAT(config_refusal("{"), HasSubstr("invalid JSON"));
  EXPECT_THAT(config_refusal(std::string(100'000, '[')), HasSubstr("nested"));
  EXPECT_THAT(config_refusal(std::string((16 << 20) + 1, ' ')), HasSubstr("larger"));
}

TEST(ImageConfig, ALongKeyOfFoldingLettersTakesNoTime) {
  std::string key;
  for (int i = 0; i < 2'000'000; ++i) key += "\xc5\xbf";
  EXPECT_EQ(config_refusal_with(key, 1), "");
}

}  // namespace
}  // namespace ixian::oci
