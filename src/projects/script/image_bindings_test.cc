// What Python code asks about images, answered by a machine and a registry of names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "files/fs.h"
#include "script/running_task.h"
#include "testing/python_image_project.h"

namespace ixian::script {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

class ImageCallsTest : public ::testing::Test {
 protected:
  ImageCallsTest() {
    ImageHooks& hooks = session().hooks.images;
    hooks.make_stage = [this](const std::string& task) { note("make " + task); };
    hooks.stage_image = [](const std::string& task) { return "registry.local/shop:" + task + "-key"; };
    hooks.exists_here = [this](const std::string& name) { return here.contains(name); };
    hooks.exists_in_registry = [this](const std::string& name) {
      note("ask " + name);
      fail_if_down();
      return there.contains(name);
    };
    hooks.complete_in_registry = hooks.exists_in_registry;
    hooks.pull = [this](const std::string& name) {
      note("pull " + name);
      fail_if_down();
      if (!there.contains(name)) base::fail_registry("There is no " + name + ".", "404");
      here.insert(name);
    };
    hooks.push = [this](const std::string& name) {
      note("push " + name);
      fail_if_down();
      there.insert(name);
    };
    hooks.remove = [this](const std::string& name) { return here.erase(name) > 0; };
    hooks.build = [this](const AdHocImage& request) {
      note("build " + request.name);
      here.insert(request.name);
      built = request;
    };
    hooks.volume_exists = [](const std::string& name) { return name == "shop.data"; };
    project_.run(
        "from ixian_docker.modules.docker.utils.images import *\n"
        "from ixian_docker.exceptions import DockerTransferError\n"
        "from ixian_docker.modules.docker.checker import DockerImageExists, DockerVolumeExists\n"
        "CONFIG.DOCKER.REGISTRIES = {'registry.local': {}, 'https://index.docker.io/v1/': {}}\n");
    project_.write("Dockerfile", "FROM scratch\n");
  }

  void note(const std::string& event) {
    EXPECT_FALSE(PyGILState_Check()) << event << " was called with the GIL";
    events.push_back(event);
  }
  void fail_if_down() const {
    if (down) base::fail_registry("registry.local does not answer.");
  }

  base::Error failure(const std::string& code) {
    try {
      project_.run(code);
    } catch (const base::Error& error) {
      return error;
    }
    return {base::ErrorCode::kTaskFailed, "nothing was thrown"};
  }

  // As the runner calls it.
  void execute(const std::string& name, const std::vector<std::string>& args = {}) {
    task(name).execute({name, args, base::kNoActivity, true, false});
  }
  static task::Task task(const std::string& name) {
    for (auto& each : registered_tasks()) {
      if (each.name == name) return each;
    }
    throw std::runtime_error("no task " + name);
  }

  void load(const std::string& module) { project_.load("ixian_docker.modules." + module); }

  std::set<std::string> here;
  std::set<std::string> there;
  bool down = false;
  AdHocImage built;
  std::vector<std::string> events;
  ixian::testing::PythonImageProject project_;
};

TEST_F(ImageCallsTest, TheRegistryOfAName) {
  const std::pair<const char*, const char*> cases[] = {
      {"foo.bar.com/test/image", "foo.bar.com"},
      {"192.168.1.1/test_image", "192.168.1.1"},
      {"foo.bar.com", "foo.bar.com"},
      {"127.0.0.1:5000/app:tag", "127.0.0.1:5000"},
      {"localhost/app", "localhost"},
      {"registry:5000/app", "registry:5000"},
      {"debian", "docker.io"},
      {"debian:12.1", "docker.io"},
      {"name_without_host/foo/bar", "docker.io"},
      {"index.docker.io/library/debian", "docker.io"},
      {"{DOCKER.REGISTRY}/x/y", "docker.io"},
  };
  for (const auto& [name, registry] : cases) {
    EXPECT_EQ(project_.value("parse_registry('" + std::string(name) + "')"), registry) << name;
  }
}

TEST_F(ImageCallsTest, NamesAreLatestUnlessTheySayOtherwise) {
  here = {"registry.local:5000/app:latest", "app:one", "app@sha256:1"};
  for (const char* call : {"'registry.local:5000/app'", "'registry.local:5000/app:latest'", "'app', 'one'",
                           "'app:one'", "'app@sha256:1'", "'{PROJECT_NAME}', tag='one'"}) {
    project_.run("CONFIG.PROJECT_NAME = 'app'");
    EXPECT_EQ(project_.value(std::string("image_exists(") + call + ")"), "True") << call;
  }
  EXPECT_EQ(project_.value("image_exists('app')"), "False");
}

TEST_F(ImageCallsTest, ImagesAreMovedAndRemoved) {
  there = {"registry.local/a:latest"};
  project_.run("pull_image('registry.local/a'); push_image('registry.local/a', silent=True)");
  EXPECT_THAT(events, ElementsAre("pull registry.local/a:latest", "push registry.local/a:latest"));
  EXPECT_EQ(project_.value("delete_image('registry.local/a', force=True)"), "True");
  EXPECT_EQ(project_.value("delete_image('registry.local/a')"), "False");
  EXPECT_EQ(project_.value("image_exists_in_registry('registry.local/a', 'b')"), "False");
}

TEST_F(ImageCallsTest, WhatARegistryRefusesKeepsItsCodeAndItsWords) {
  const auto error = failure("pull_image('registry.local/none')");
  EXPECT_EQ(error.code(), base::ErrorCode::kRegistry);
  EXPECT_EQ(error.message(), "There is no registry.local/none:latest.");
  EXPECT_EQ(error.context(), "404");
  project_.run(
      "try: pull_image('registry.local/none')\nexcept DockerTransferError as error: said = str(error)");
  EXPECT_EQ(project_.value("said"), "There is no registry.local/none:latest.");
}

TEST_F(ImageCallsTest, ARegistryThatIsNotConfiguredIsUnknown) {
  for (const char* call :
       {"push_image('other.example.com/a')", "image_exists_in_registry('other.example.com/a')"}) {
    project_.run(std::string("try: ") + call + "\nexcept UnknownRegistry as error: said = error.registry");
    EXPECT_EQ(project_.value("said"), "other.example.com") << call;
  }
  EXPECT_THAT(events, IsEmpty());
  project_.run("push_image('debian')");  // docker.io by another name
}

// A foreign image may be pulled from a registry that is not configured.
TEST_F(ImageCallsTest, PullingAsksWhateverRegistryItIs) {
  there = {"other.example.com/a:latest"};
  project_.run("pull_image('other.example.com/a')");
  EXPECT_THAT(here, ElementsAre("other.example.com/a:latest"));
}

// build_image_if_needed
// -----------------------------------------------------------------------------------------

TEST_F(ImageCallsTest, AnImageThatIsHereIsLeftAlone) {
  here = {"registry.local/a:latest"};
  project_.run("build_image_if_needed('registry.local/a')");
  EXPECT_THAT(events, IsEmpty());
}

TEST_F(ImageCallsTest, AnImageThatIsInTheRegistryIsPulled) {
  there = {"registry.local/a:one"};
  project_.run("build_image_if_needed('registry.local/a', 'one')");
  EXPECT_THAT(events, ElementsAre("ask registry.local/a:one", "pull registry.local/a:one"));
}

TEST_F(ImageCallsTest, AnImageThatIsNowhereIsBuilt) {
  project_.run("build_image_if_needed('registry.local/a', tag='one')");
  EXPECT_THAT(events, ElementsAre("ask registry.local/a:one", "build registry.local/a:one"));
}

TEST_F(ImageCallsTest, WithoutPullingTheRegistryIsNotAsked) {
  there = {"registry.local/a:latest"};
  project_.run("build_image_if_needed('registry.local/a', pull=False)");
  EXPECT_THAT(events, ElementsAre("build registry.local/a:latest"));
}

TEST_F(ImageCallsTest, ForceSkipsBoth) {
  here = there = {"registry.local/a:latest"};
  project_.run("build_image_if_needed('registry.local/a', force=True)");
  EXPECT_THAT(events, ElementsAre("build registry.local/a:latest"));
  EXPECT_TRUE(built.force);
}

TEST_F(ImageCallsTest, ARecheckThatFailsAfterPullingLeadsToABuild) {
  there = {"registry.local/a:latest"};
  project_.run("build_image_if_needed('registry.local/a', recheck=lambda: False)");
  EXPECT_THAT(events, Contains("build registry.local/a:latest"));
  events.clear();
  here.clear();
  project_.run("build_image_if_needed('registry.local/a', recheck=lambda: True)");
  EXPECT_THAT(events, Not(Contains("build registry.local/a:latest")));
}

TEST_F(ImageCallsTest, AnUnknownRegistryIsAWarningAndABuild) {
  project_.run("build_image_if_needed('other.example.com/a')");
  EXPECT_THAT(events, ElementsAre("build other.example.com/a:latest"));
  EXPECT_THAT(project_.sink.logs(),
              Contains(AllOf(HasSubstr("other.example.com"), HasSubstr("not configured"))));
}

TEST_F(ImageCallsTest, ARegistryThatIsDownIsAWarningAndABuild) {
  down = true;
  project_.run("build_image_if_needed('registry.local/a')");
  EXPECT_THAT(events, Contains("build registry.local/a:latest"));
  EXPECT_THAT(project_.sink.logs(), Contains(HasSubstr("registry.local does not answer.")));
}

TEST_F(ImageCallsTest, WhatIsBuiltIsDescribedInFull) {
  project_.write("docker/web/Dockerfile.web", "FROM busybox\n");
  project_.run(
      "build_image_if_needed('registry.local/team/web', 'one', file='Dockerfile.web', context='docker/web',\n"
      "  buildargs={'A': '{DOCKER.DEFAULT_APP}'}, build_args={'B': 2}, target='final', "
      "platform='linux/arm64',\n"
      "  secrets={'token': 'env:TOKEN'}, rm=True)");
  EXPECT_EQ(built.name, "registry.local/team/web:one");
  EXPECT_EQ(built.stage.name, "web");
  EXPECT_EQ(built.stage.repository, "registry.local/team/web");
  EXPECT_EQ(built.stage.dockerfile, "FROM busybox\n");
  EXPECT_EQ(built.stage.dockerfile_path, project_.folder() + "/docker/web/Dockerfile.web");
  EXPECT_EQ(built.stage.context, project_.folder() + "/docker/web");
  EXPECT_EQ(built.stage.target, "final");
  EXPECT_EQ(built.stage.platform, "linux/arm64");
  EXPECT_THAT(built.stage.build_args, ElementsAre(Pair("A", "app"), Pair("B", "2")));
  EXPECT_THAT(built.stage.secrets, ElementsAre(Pair("token", "env:TOKEN")));
  EXPECT_TRUE(built.pull);
  EXPECT_FALSE(built.force);
}

TEST_F(ImageCallsTest, BuildImageAlwaysBuildsTheProjectsFolder) {
  here = {"app:latest"};
  project_.run("build_image('Dockerfile', 'app')");
  EXPECT_EQ(built.name, "app:latest");
  EXPECT_EQ(built.stage.context, project_.folder());
  EXPECT_TRUE(built.force);
}

TEST_F(ImageCallsTest, SaysWhatCannotBeBuilt) {
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"'none', 'app'", {"image app:latest", "none not found"}},
      {"'Dockerfile', 'app', nocache=True", {"image app:latest", "nocache", "buildargs"}},
      {"'Dockerfile', 'app', buildargs={'A': []}", {"image app:latest", "argument A"}},
      {"'Dockerfile', 'A b'", {"image A b:latest", "'A b'"}},
  };
  for (const auto& [call, said] : cases) {
    const auto error = failure(std::string("build_image(") + call + ")");
    EXPECT_EQ(error.code(), base::ErrorCode::kProject) << call;
    for (const auto& each : said) EXPECT_THAT(error.advised(), HasSubstr(each)) << call;
  }
}

// Checkers
// ------------------------------------------------------------------------------------------------------

TEST_F(ImageCallsTest, ImagesExistWhileAllAreHere) {
  here = {"a:1", "docker.io/b:2"};
  EXPECT_EQ(project_.value("DockerImageExists('a:1', '{DOCKER.REGISTRY}/b:2').check()"), "True");
  EXPECT_EQ(project_.value("DockerImageExists('a:1', 'c:3').check()"), "False");
  EXPECT_EQ(project_.value("DockerImageExists('a:1').state()"), "{'a:1': True}");
  EXPECT_EQ(project_.value("DockerImageExists.contribute_to_task_state"), "False");
}

TEST_F(ImageCallsTest, VolumesExistWhileDockerHasThem) {
  EXPECT_EQ(project_.value("DockerVolumeExists('shop.data').check()"), "True");
  EXPECT_EQ(project_.value("DockerVolumeExists('shop.data', 'other').check()"), "False");
  EXPECT_EQ(project_.value("DockerVolumeExists.contribute_to_task_state"), "False");
}

// Tasks
// ---------------------------------------------------------------------------------------------------------

TEST_F(ImageCallsTest, AnImageTaskIsCarriedOutByTheProgram) {
  load("docker");
  execute("build_image");
  EXPECT_THAT(events, ElementsAre("make build_image"));
}

TEST_F(ImageCallsTest, CleaningRemovesTheImageHere) {
  load("docker");
  here = there = {"registry.local/shop:build_base_image-key"};
  task("build_base_image").clean();
  EXPECT_THAT(here, IsEmpty());
  EXPECT_THAT(there, Not(IsEmpty()));
}

TEST_F(ImageCallsTest, PushSendsWhatIsHere) {
  load("docker");
  here = {"registry.local/shop:build_image-key", "registry.local/shop:build_base_image-key"};
  execute("push");
  execute("push_base_image");
  EXPECT_THAT(events, ElementsAre("ask registry.local/shop:build_image-key",
                                  "push registry.local/shop:build_image-key",
                                  "ask registry.local/shop:build_base_image-key",
                                  "push registry.local/shop:build_base_image-key"));
}

TEST_F(ImageCallsTest, PushTakesNamesOfTasksAndStages) {
  load("docker");
  here = {"registry.local/shop:build_image-key", "registry.local/shop:build_base_image-key"};
  execute("push", {"base", "build_image"});
  EXPECT_THAT(events, ElementsAre("ask registry.local/shop:build_base_image-key",
                                  "push registry.local/shop:build_base_image-key",
                                  "ask registry.local/shop:build_image-key",
                                  "push registry.local/shop:build_image-key"));
  EXPECT_THAT([&] { execute("push", {"other"}); },
              ::testing::Throws<base::Error>(::testing::Property(
                  &base::Error::message, AllOf(HasSubstr("or stage: other"), HasSubstr("runtime, base")))));
}

TEST_F(ImageCallsTest, PushOfWhatTheRegistryHasIsDone) {
  load("docker");
  there = {"registry.local/shop:build_image-key"};
  execute("push");  // whether it is there, and whether it is whole
  EXPECT_THAT(events, ElementsAre("ask registry.local/shop:build_image-key",
                                  "ask registry.local/shop:build_image-key"));
  EXPECT_THAT(project_.sink.logs(), Contains(HasSubstr("already")));
}

TEST_F(ImageCallsTest, PushOfWhatIsNowhereSaysWhatToDo) {
  load("docker");
  EXPECT_THAT([&] { execute("push"); }, ::testing::Throws<base::Error>(::testing::Property(
                                            &base::Error::context, HasSubstr("ix --push build_image"))));
  EXPECT_THAT([&] { execute("push_all"); }, ::testing::Throws<base::Error>());
}

TEST_F(ImageCallsTest, PushAllSendsAllThatIsHere) {
  load("docker");
  load("python");
  here = {"registry.local/shop:build_image-key", "registry.local/shop:build_python_image-key"};
  execute("push_all");
  EXPECT_THAT(events, Contains("push registry.local/shop:build_image-key"));
  EXPECT_THAT(events, Contains("push registry.local/shop:build_python_image-key"));
  EXPECT_THAT(events, Not(Contains("push registry.local/shop:build_base_image-key")));
  EXPECT_THAT(project_.sink.logs(), Contains(AllOf(HasSubstr("build_base_image-key"), HasSubstr("skipped"))));
}

TEST_F(ImageCallsTest, PullBringsTheImageHere) {
  load("docker");
  there = {"registry.local/shop:build_image-key"};
  execute("pull");
  EXPECT_THAT(here, ElementsAre("registry.local/shop:build_image-key"));
}

TEST_F(ImageCallsTest, TheTemplateThatComesWithIxMakesADockerfile) {
  session().install_folder = "/usr/share/ixian";
  load("docker");
  load("python");
  project_.run(
      "CONFIG.PYTHON.APT_PACKAGES = ['gcc', 'make']; CONFIG.PYTHON.REQUIREMENTS_FILES = "
      "CONFIG.PYTHON.REQUIREMENTS_FILES + "
      "['{PYTHON.ETC}/more.txt']");
  const auto stage = task("build_python_image").image_stage();
  EXPECT_EQ(stage.dockerfile_path, "");
  EXPECT_THAT(stage.dockerfile, AllOf(HasSubstr("ARG BASE_IMAGE\nFROM $BASE_IMAGE\n"), HasSubstr("gcc make;"),
                                      HasSubstr("COPY root/srv/shop/etc/python /srv/shop/etc/python/\n"),
                                      HasSubstr("pip install -r /srv/shop/etc/python/requirements.txt\n"),
                                      HasSubstr("pip install -r /srv/shop/etc/python/more.txt\n")));
  execute("build_dockerfile");
  EXPECT_EQ(files::read_file(project_.folder() + "/.builder/Dockerfile.python"), stage.dockerfile);
}

TEST_F(ImageCallsTest, AFileOfTheProjectTakesItsPlace) {
  load("docker");
  load("python");
  project_.write("Dockerfile.python", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nRUN true\n");
  project_.run("CONFIG.PYTHON.DOCKERFILE = 'Dockerfile.python'");
  EXPECT_EQ(task("build_python_image").image_stage().dockerfile,
            "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nRUN true\n");
}

// The documentation of the original sets it before and after loading.
TEST_F(ImageCallsTest, TheRegistryOfThePythonImageMayBeAnother) {
  project_.run("CONFIG.PYTHON.REGISTRY = 'early.example.com'");
  load("docker");
  load("python");
  EXPECT_EQ(project_.value("CONFIG.PYTHON.REPOSITORY"), "early.example.com/library/shop");
  project_.run("CONFIG.PYTHON.REGISTRY = 'late.example.com'");
  EXPECT_EQ(task("build_python_image").image_stage().repository, "late.example.com/library/shop");
}

}  // namespace
}  // namespace ixian::script
