#include "oci/platform.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "base/error.h"

namespace ixian::oci {
namespace {

int runs(std::string_view offered, std::string_view wanted) {
  return match(parse_platform(offered), parse_platform(wanted));
}

TEST(Platform, AliasesAreBroughtToOneSpelling) {
  const std::pair<const char*, const char*> cases[] = {
      {"linux/amd64", "linux/amd64"},
      {"linux/x86_64", "linux/amd64"},
      {"linux/x86-64", "linux/amd64"},
      {"linux/amd64/v1", "linux/amd64"},
      {"linux/amd64/v3", "linux/amd64/v3"},
      {"linux/aarch64", "linux/arm64"},
      {"linux/arm64/v8", "linux/arm64"},
      {"linux/arm64/8", "linux/arm64"},
      {"arm64", "linux/arm64"},
      {"aarch64", "linux/arm64"},
      {"linux/arm", "linux/arm/v7"},
      {"linux/arm/7", "linux/arm/v7"},
      {"linux/arm/v6", "linux/arm/v6"},
      {"armhf", "linux/arm/v7"},
      {"armel", "linux/arm/v6"},
      {"i386", "linux/386"},
      {"Linux/AMD64", "linux/amd64"},
      {"macos/arm64", "darwin/arm64"},
      {"linux/s390x", "linux/s390x"},
      {"windows/amd64", "windows/amd64"},
      {"plan9/mips", "plan9/mips"},
  };
  for (const auto& [typed, meant] : cases) EXPECT_EQ(parse_platform(typed).text(), meant) << typed;
  EXPECT_EQ(parse_platform("linux").text(), host_platform().text());
}

TEST(Platform, RefusesWhatIsNone) {
  for (const char* text : {"", "/", "linux/", "/amd64", "linux/arm/v7/x", "linux amd64", "toaster",
                           "linux/../x/y", "linux/amd64\n", "linux//amd64", "linux/am\x1b[2Jd"}) {
    try {
      parse_platform(text);
      ADD_FAILURE() << text;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kUsage);
      EXPECT_THAT(error.message(), ::testing::HasSubstr("linux/amd64"));
      EXPECT_EQ(error.message().find('\x1b'), std::string::npos);
    }
  }
}

TEST(Platform, OfThisMachineIsNormalised) {
  const Platform host = host_platform();
  EXPECT_EQ(host.os, "linux");
  EXPECT_FALSE(host.architecture.empty());
  EXPECT_EQ(parse_platform(host.text()), host);
  EXPECT_GT(match(host, host), 0);
}

TEST(PlatformMatch, AnotherSystemOrArchitectureNeverRuns) {
  EXPECT_EQ(runs("windows/amd64", "linux/amd64"), 0);
  EXPECT_EQ(runs("linux/arm64", "linux/amd64"), 0);
  EXPECT_EQ(runs("linux/386", "linux/amd64"), 0);
  EXPECT_EQ(runs("linux/arm/v7", "linux/arm64"), 0);
  EXPECT_EQ(runs("unknown/unknown", "unknown/unknown"), 0);
  EXPECT_EQ(match({}, {}), 0);
}

TEST(PlatformMatch, EqualVariantsComeBeforeLowerOnes) {
  EXPECT_GT(runs("linux/arm/v7", "linux/arm/v7"), runs("linux/arm/v6", "linux/arm/v7"));
  EXPECT_GT(runs("linux/arm/v6", "linux/arm/v7"), runs("linux/arm/v5", "linux/arm/v7"));
  EXPECT_GT(runs("linux/arm/v5", "linux/arm/v7"), 0);
  EXPECT_EQ(runs("linux/arm/v7", "linux/arm/v6"), 0);
  EXPECT_GT(runs("linux/arm", "linux/arm/v7"), runs("linux/arm/v6", "linux/arm/v7"));
  EXPECT_GT(runs("linux/amd64", "linux/amd64/v3"), 0);
  EXPECT_GT(runs("linux/amd64/v2", "linux/amd64/v3"), runs("linux/amd64", "linux/amd64/v3"));
  EXPECT_EQ(runs("linux/amd64/v3", "linux/amd64"), 0);
  EXPECT_GT(runs("linux/arm64/v8.1", "linux/arm64/v9"), runs("linux/arm64", "linux/arm64/v9"));
  EXPECT_EQ(runs("linux/arm64/v9", "linux/arm64"), 0);
}

TEST(PlatformMatch, AnUnknownVariantMustBeEqual) {
  EXPECT_EQ(runs("linux/arm/vfp", "linux/arm/v7"), 0);
  EXPECT_EQ(runs("linux/arm/v99999999999", "linux/arm/v7"), 0);
  EXPECT_EQ(runs("linux/ppc64le/power9", "linux/ppc64le"), 0);
  EXPECT_GT(runs("linux/ppc64le", "linux/ppc64le/power9"), 0);
  EXPECT_GT(runs("linux/ppc64le/power9", "linux/ppc64le/power9"),
            runs("linux/ppc64le", "linux/ppc64le/power9"));
}

TEST(PlatformMatch, AliasesWithinAnIndexCount) {
  EXPECT_GT(
      match({.os = "linux", .architecture = "x86_64", .variant = "", .os_version = "", .os_features = {}},
            parse_platform("linux/amd64")),
      0);
  EXPECT_GT(
      match({.os = "linux", .architecture = "arm64", .variant = "v8", .os_version = "", .os_features = {}},
            parse_platform("linux/arm64")),
      0);
}

TEST(PlatformMatch, ASystemVersionIsMetWhereItIsAskedFor) {
  Platform offered = parse_platform("windows/amd64");
  Platform wanted = offered;
  offered.os_version = "10.0.17763.1";
  offered.os_features = {"win32k"};
  EXPECT_GT(match(offered, wanted), 0);
  wanted.os_version = "10.0.20348.1";
  EXPECT_EQ(match(offered, wanted), 0);
  wanted.os_version = offered.os_version;
  EXPECT_GT(match(offered, wanted), 0);
  wanted.os_features = {"other"};
  EXPECT_EQ(match(offered, wanted), 0);
  wanted.os_features = {"other", "win32k"};
  EXPECT_GT(match(offered, wanted), 0);
}

TEST(PlatformJson, KeepsEverythingAsItIsWritten) {
  const base::Json json = {{"os", "windows"},
                           {"architecture", "AMD64"},
                           {"variant", "v1"},
                           {"os.version", "10.0"},
                           {"os.features", {"win32k"}}};
  EXPECT_EQ(to_json(platform_from_json(json)), json);
  EXPECT_EQ(to_json(platform_from_json({{"os", "linux"}, {"architecture", "arm"}})),
            (base::Json{{"os", "linux"}, {"architecture", "arm"}}));
}

TEST(PlatformJson, RefusesOtherTypes) {
  for (const char* text : {"[]", "\"linux/amd64\"", R"({"os":1,"architecture":"a"})", R"({"os":["linux"]})",
                           R"({"os.features":"win32k"})", R"({"os.features":[1]})", R"({"OS":"linux"})"}) {
    EXPECT_THROW(platform_from_json(base::parse_json(text)), std::invalid_argument) << text;
  }
}

}  // namespace
}  // namespace ixian::oci
