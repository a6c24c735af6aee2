#include "steps/image_config_builder.h"

#include <gtest/gtest.h>

#include "dockerfile/dockerfile.h"
#include "stages/scope.h"

namespace ixian::steps {
namespace {

// The configuration after these instructions.
base::Json configured(const std::string& instructions,
                      ImageConfigBuilder settings = ImageConfigBuilder(oci::host_platform())) {
  const dockerfile::Dockerfile file = dockerfile::parse("FROM scratch\n" + instructions, "Dockerfile");
  const stages::GlobalScope global(file, {});
  stages::StageScope scope(global, settings.environment());
  for (const auto& instruction : file.stages[0].instructions)
    settings.apply(scope.resolve(instruction).instruction);
  return settings.document().at("config");
}

ImageConfigBuilder based_on(const base::Json& runtime) {
  oci::ImageConfig config;
  config.document = {{"architecture", "amd64"}, {"os", "linux"}, {"config", runtime}};
  return ImageConfigBuilder(config);
}

TEST(Settings, EntrypointTakesAwayTheCmdOfTheBaseButNotItsOwn) {
  const ImageConfigBuilder base = based_on({{"Cmd", {"sh"}}});
  EXPECT_FALSE(configured("ENTRYPOINT [\"run\"]\n", base).contains("Cmd"));
  EXPECT_EQ(configured("CMD [\"mine\"]\nENTRYPOINT [\"run\"]\n", base)["Cmd"], base::Json({"mine"}));
}

TEST(Settings, LabelsAndVariablesCanBeLeftOut) {
  ImageConfigBuilder settings =
      based_on({{"Labels", {{"a", "1"}, {"b", "2"}}}, {"Env", {"PATH=/bin", "A=1", "AB=2"}}});
  settings.unset({"a", "none"}, {"A", "none"});
  EXPECT_EQ(settings.document().at("config").at("Labels"), base::Json({{"b", "2"}}));
  EXPECT_EQ(settings.environment(), (std::vector<std::string>{"PATH=/bin", "AB=2"}));
  ImageConfigBuilder nothing(oci::host_platform());
  nothing.unset({"a"}, {"A"});
  EXPECT_FALSE(nothing.document().at("config").contains("Env"));
}

TEST(Settings, WorkdirIsResolvedAgainstTheOneBefore) {
  EXPECT_EQ(configured("WORKDIR /a\nWORKDIR b/../c\n")["WorkingDir"], "/a/c");
}

TEST(Settings, ShellFormUsesTheShellAsItIsThen) {
  EXPECT_EQ(configured("CMD one\n")["Cmd"], base::Json({"/bin/sh", "-c", "one"}));
  EXPECT_EQ(configured("SHELL [\"bash\", \"-c\"]\nCMD one\n")["Cmd"], base::Json({"bash", "-c", "one"}));
}

TEST(Settings, TriggersOfTheBaseAreNotThoseOfTheImage) {
  const ImageConfigBuilder base = based_on({{"OnBuild", {"RUN one"}}});
  EXPECT_EQ(base.triggers(), std::vector<std::string>{"RUN one"});
  EXPECT_EQ(configured("ONBUILD RUN two\n", base)["OnBuild"], base::Json({"RUN two"}));
}

TEST(Settings, WhatDockerWritesIsWhatIsWritten) {
  const base::Json config = configured(
      "EXPOSE 80 53/udp\nVOLUME /v\nUSER app\nSTOPSIGNAL SIGINT\nLABEL a=b\nHEALTHCHECK --interval=3s CMD "
      "true\n");
  EXPECT_EQ(config["ExposedPorts"], base::Json::parse(R"({"80/tcp":{},"53/udp":{}})"));
  EXPECT_EQ(config["Volumes"], base::Json::parse(R"({"/v":{}})"));
  EXPECT_EQ(config["User"], "app");
  EXPECT_EQ(config["StopSignal"], "SIGINT");
  EXPECT_EQ(config["Labels"]["a"], "b");
  EXPECT_EQ(config["Healthcheck"]["Test"], base::Json({"CMD-SHELL", "true"}));
  EXPECT_EQ(config["Healthcheck"]["Interval"], 3'000'000'000);
}

}  // namespace
}  // namespace ixian::steps
