#include "script/docker_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "testing/python_project.h"

namespace ixian::script {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ImageSettingsTest : public ::testing::Test {
 protected:
  ixian::testing::PythonProject project_;
};

void expect_defaults(const DockerSettings& settings) {
  EXPECT_EQ(settings.push, "never");
  EXPECT_THAT(settings.cache_from, ElementsAre());
  EXPECT_EQ(settings.cache_repository, "");
  EXPECT_EQ(settings.engine, "embedded");
  EXPECT_EQ(settings.branch, "");
  EXPECT_EQ(settings.memory + settings.pids_limit + settings.shm_size, "");
  EXPECT_EQ(settings.fetch_limit + settings.fetch_timeout, "");
  EXPECT_THAT(settings.ulimits, ElementsAre());
}

TEST_F(ImageSettingsTest, AProjectWithoutTheDockerModuleHasTheDefaults) {
  expect_defaults(image_settings());
  EXPECT_EQ(project_.value("'DOCKER' in vars(CONFIG)"), "False");
}

TEST_F(ImageSettingsTest, TheModuleHasTheSameDefaults) {
  project_.run("CONFIG.DOCKER");
  expect_defaults(image_settings());
}

TEST_F(ImageSettingsTest, VariablesAreReplaced) {
  project_.run(
      "CONFIG.DOCKER.PUSH = 'final'; CONFIG.DOCKER.ENGINE = 'docker'\n"
      "CONFIG.DOCKER.BRANCH = 'on-{DOCKER.DEFAULT_APP}'\n"
      "CONFIG.DOCKER.CACHE_REPOSITORY = '{DOCKER.REGISTRY}/cache'\n"
      "CONFIG.DOCKER.CACHE_FROM = ['{DOCKER.REGISTRY}/a', 'registry.local/b', '']\n");
  const auto settings = image_settings();
  EXPECT_EQ(settings.push, "final");
  EXPECT_EQ(settings.engine, "docker");
  EXPECT_EQ(settings.branch, "on-app");
  EXPECT_EQ(settings.cache_repository, "docker.io/cache");
  EXPECT_THAT(settings.cache_from, ElementsAre("docker.io/a", "registry.local/b"));
}

TEST_F(ImageSettingsTest, OneRepositoryNeedsNoList) {
  project_.run("CONFIG.DOCKER.CACHE_FROM = 'registry.local/{DOCKER.DEFAULT_APP}'");
  EXPECT_THAT(image_settings().cache_from, ElementsAre("registry.local/app"));
  project_.run("CONFIG.DOCKER.CACHE_FROM = None");
  EXPECT_THAT(image_settings().cache_from, ElementsAre());
}

TEST_F(ImageSettingsTest, LimitsOfARunAreTextsAndANumberOfProcessesMayBeOne) {
  project_.run(
      "CONFIG.DOCKER.BUILD_MEMORY = '2g'; CONFIG.DOCKER.BUILD_PIDS_LIMIT = 500\n"
      "CONFIG.DOCKER.BUILD_SHM_SIZE = '1g'; CONFIG.DOCKER.BUILD_ULIMITS = 'nofile=9'\n");
  const auto settings = image_settings();
  EXPECT_EQ(settings.memory, "2g");
  EXPECT_EQ(settings.pids_limit, "500");
  EXPECT_EQ(settings.shm_size, "1g");
  EXPECT_THAT(settings.ulimits, ElementsAre("nofile=9"));
}

TEST_F(ImageSettingsTest, LimitsOfFetchingAreTexts) {
  project_.run("CONFIG.DOCKER.FETCH_LIMIT = '{DOCKER.SIZE}m'; CONFIG.DOCKER.SIZE = '9'");
  project_.run("CONFIG.DOCKER.FETCH_TIMEOUT = '90s'");
  EXPECT_EQ(image_settings().fetch_limit, "9m");
  EXPECT_EQ(image_settings().fetch_timeout, "90s");
}

TEST_F(ImageSettingsTest, SaysWhatIsNoText) {
  for (const char* wrong : {"PUSH = True", "CACHE_FROM = {}", "CACHE_FROM = [7]", "BRANCH = 7"}) {
    project_.run(std::string("CONFIG.__dict__.pop('DOCKER', None); CONFIG.DOCKER.") + wrong);
    try {
      image_settings();
      ADD_FAILURE() << wrong;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kProject);
      const std::string key = std::string(wrong).substr(0, std::string(wrong).find(' '));
      EXPECT_THAT(error.message(), HasSubstr("CONFIG.DOCKER." + key));
    }
  }
}

}  // namespace
}  // namespace ixian::script
