// Image tasks as a project writes them, and what the program learns of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "script/running_task.h"
#include "testing/python_image_project.h"

namespace ixian::script {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string text_of(const task::StageArgument& argument) {
  const char* parts[] = {"image", "repository", "tag"};
  return argument.name + "=" + argument.task + "." + parts[static_cast<int>(argument.part)];
}

class ImageStageTest : public ::testing::Test {
 protected:
  ImageStageTest() { write("Dockerfile", "FROM scratch\n"); }

  void write(const std::string& name, const std::string& content) { project_.write(name, content); }
  void define(const std::string& code) { project_.define(code); }

  task::Task task(const std::string& name) {
    for (auto& each : registered_tasks()) {
      if (each.name == name) return each;
    }
    throw std::runtime_error("no task " + name);
  }

  task::StageDeclaration stage(const std::string& name) { return task(name).image_stage(); }

  // Of an image task `web` with this class body.
  task::StageDeclaration web(const std::string& body) {
    project_.forget_tasks();
    define("class Web(ImageTask):\n  name = \"web\"\n  stage = \"web\"\n" + body);
    return stage("web");
  }

  base::Error failure(const std::string& body) {
    try {
      web(body);
    } catch (const base::Error& error) {
      return error;
    }
    return {base::ErrorCode::kTaskFailed, "nothing was thrown"};
  }

  std::vector<std::string> arguments(const std::string& name) {
    std::vector<std::string> found;
    for (const auto& each : stage(name).stage_args) found.push_back(text_of(each));
    return found;
  }

  ixian::testing::PythonImageProject project_;
};

TEST_F(ImageStageTest, AClassDeclaresAStage) {
  const auto stage = web("");
  EXPECT_EQ(stage.name, "web");
  EXPECT_EQ(stage.repository, "docker.io/library/shop");
  EXPECT_EQ(stage.dockerfile, "FROM scratch\n");
  EXPECT_EQ(stage.dockerfile_name, "Dockerfile");
  EXPECT_EQ(stage.dockerfile_path, project_.folder() + "/Dockerfile");
  EXPECT_EQ(stage.context, project_.folder());
  EXPECT_EQ(stage.target, "");
  EXPECT_EQ(stage.platform, "");
  EXPECT_TRUE(stage.build_args.empty() && stage.stage_args.empty() && stage.files.empty() &&
              stage.secrets.empty());
  EXPECT_TRUE(task("web").is_image());
}

TEST_F(ImageStageTest, TheClassItselfIsNoTask) {
  define(
      "class Base(ImageTask): pass\nclass Web(Base):\n  name = 'web'\nclass Other(Task):\n"
      "  name = 'other'\n  def execute(self): pass\n");
  project_.run("ixian.module.register_classes(globals())");
  std::vector<std::string> names;
  for (const auto& each : registered_tasks()) names.push_back(each.name + (each.is_image() ? "!" : ""));
  EXPECT_THAT(names, ElementsAre("web!", "other"));
}

TEST_F(ImageStageTest, ValuesHoldVariablesThatAreRenderedWhenTheStageIsAskedFor) {
  write("docker/Dockerfile.web", "FROM busybox\n");
  define(
      "class Web(ImageTask):\n  name = 'web'\n  stage = '{DOCKER.ENV}-web'\n"
      "  dockerfile = 'docker/Dockerfile.{DOCKER.DEFAULT_APP}'\n  context = '{DOCKER.DEFAULT_APP}/src'\n"
      "  target = '{PROJECT_NAME}'\n  platform = 'linux/{DOCKER.DEFAULT_APP}'\n"
      "  build_args = {'APP': '{DOCKER.DEFAULT_APP}', 'PORT': 8080}\n"
      "  secrets = {'token': 'env:{DOCKER.DEFAULT_APP}', 'key': 'file:secrets/{DOCKER.DEFAULT_APP}'}\n"
      "  ssh = ['default', 'deploy=keys/{DOCKER.DEFAULT_APP},/b']\n");
  project_.run(
      "CONFIG.DOCKER.DEFAULT_APP = 'web'; CONFIG.DOCKER.REGISTRY = 'registry.local:5000'\n"
      "type(CONFIG.DOCKER).ENV = 'dev'");
  const auto stage = this->stage("web");
  EXPECT_EQ(stage.name, "dev-web");
  EXPECT_EQ(stage.repository, "registry.local:5000/library/shop");
  EXPECT_EQ(stage.dockerfile, "FROM busybox\n");
  EXPECT_EQ(stage.context, project_.folder() + "/web/src");
  EXPECT_EQ(stage.target, "shop");
  EXPECT_EQ(stage.platform, "linux/web");
  EXPECT_THAT(stage.build_args, ElementsAre(Pair("APP", "web"), Pair("PORT", "8080")));
  EXPECT_THAT(stage.secrets, ElementsAre(Pair("key", "file:" + project_.folder() + "/secrets/web"),
                                         Pair("token", "env:web")));
  EXPECT_THAT(stage.ssh, ElementsAre("default", "deploy=" + project_.folder() + "/keys/web,/b"));
}

TEST_F(ImageStageTest, ValuesMayBeMethodsPropertiesAndFunctions) {
  const auto stage =
      web("  @property\n  def target(self): return \"t-\" + self.name\n"
          "  def build_args(self): return {\"A\": \"{PROJECT_NAME}\"}\n"
          "  files = lambda: [\"a.txt\"]\n");
  EXPECT_EQ(stage.target, "t-web");
  EXPECT_THAT(stage.build_args, ElementsAre(Pair("A", "shop")));
  EXPECT_THAT(stage.files, ElementsAre("a.txt"));
}

TEST_F(ImageStageTest, ListsOfFilesInListsAreOneList) {
  project_.run("CONFIG.DOCKER.IMAGE_FILES = ['{PROJECT_NAME}/a', ['b', ('c',)]]");
  EXPECT_THAT(web("  files = \"{DOCKER.IMAGE_FILES}\"\n").files, ElementsAre("shop/a", "b", "c"));
  EXPECT_THAT(web("  files = [\"x\", \"{DOCKER.IMAGE_FILES}\", \"{PROJECT_NAME}/*\"]\n").files,
              ElementsAre("x", "shop/a", "b", "c", "shop/*"));
}

TEST_F(ImageStageTest, NoContextIsNone) {
  EXPECT_EQ(web("  context = None\n").context, "");
}

constexpr const char* kShop =
    "class Base(ImageTask):\n  name = 'build_base'\n  stage = 'base'\n"
    "class Npm(ImageTask):\n  name = 'build_npm'\n  stage = 'npm-modules'\n  depends = 'build_base'\n"
    "class Generate(Task):\n  name = 'generate'\n  depends = ['build_npm']\n  def execute(self): pass\n"
    "class Webpack(ImageTask):\n  name = 'pack'\n  stage = 'webpack'\n  depends = ['group']\n"
    "class Group(VirtualTarget):\n  name = 'group'\n  depends = ['generate']\n"
    "class Runtime(ImageTask):\n  name = 'runtime'\n  stage = 'runtime'\n  depends = ['pack']\n";

TEST_F(ImageStageTest, TheImagesThatItDependsOnAreBuildArguments) {
  define(kShop);
  EXPECT_THAT(arguments("build_base"), ElementsAre());
  EXPECT_THAT(arguments("build_npm"),
              ElementsAre("BASE_IMAGE=build_base.image", "FROM_REPOSITORY=build_base.repository",
                          "FROM_TAG=build_base.tag"));
}

TEST_F(ImageStageTest, ThroughOtherTasksAndTargetsToo) {
  define(kShop);
  EXPECT_THAT(arguments("runtime"),
              ElementsAre("WEBPACK_IMAGE=pack.image", "COMPILED_STATIC_IMAGE=pack.image",
                          "NPM_MODULES_IMAGE=build_npm.image", "BASE_IMAGE=build_base.image",
                          "FROM_REPOSITORY=pack.repository", "FROM_TAG=pack.tag"));
}

TEST_F(ImageStageTest, ParentsCountAsDependencies) {
  define(
      "class Runtime(ImageTask):\n  name = 'runtime'\n  stage = 'runtime'\n"
      "class Base(ImageTask):\n  name = 'build_base'\n  stage = 'base'\n  parent = 'runtime'\n");
  EXPECT_THAT(arguments("runtime"), ::testing::Contains("BASE_IMAGE=build_base.image"));
}

TEST_F(ImageStageTest, ItsBaseMayBeNamed) {
  define(kShop);
  project_.run("ixian.task.TASKS['runtime'].task.base = 'build_base'");
  EXPECT_THAT(arguments("runtime"), ::testing::Contains("FROM_TAG=build_base.tag"));
}

TEST_F(ImageStageTest, RingsEnd) {
  define(
      "class A(ImageTask):\n  name = 'a'\n  stage = 'a'\n  depends = 'b'\n"
      "class B(ImageTask):\n  name = 'b'\n  stage = 'b'\n  depends = 'a'\n");
  EXPECT_THAT(arguments("a"),
              ElementsAre("B_IMAGE=b.image", "FROM_REPOSITORY=b.repository", "FROM_TAG=b.tag"));
}

// A class of the project's own takes the place of one that comes with ix, and keeps what belongs to it.
TEST_F(ImageStageTest, WhatComesWithIxGivesWay) {
  project_.run(
      "space = {**globals(), '__name__': 'ixian_docker.modules.docker.tasks'}\n"
      "exec('''class Runtime(ImageTask):\n  name = 'build_image'\n  stage = 'runtime'\n"
      "class Base(ImageTask):\n  name = 'base'\n  stage = 'base'\n  parent = 'build_image'\n''', space)\n"
      "ixian.module.register_classes(space, only_from='ixian_docker.modules.docker.tasks')\n");
  define("class Mine(ImageTask):\n  name = 'build_image'\n  stage = 'mine'\n");
  EXPECT_EQ(stage("build_image").name, "mine");
  EXPECT_THAT(arguments("build_image"), ::testing::Contains("BASE_IMAGE=base.image"));
  EXPECT_THAT(project_.sink.logs(), ::testing::IsEmpty());
}

TEST_F(ImageStageTest, SaysWhatIsWrongAndInWhichTask) {
  project_.run("CONFIG.DOCKER.DEFAULT_APP = 'a b'");
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"  stage = None\n", {"Web has no stage"}},
      {"  stage = \"-web\"\n", {"'-web'", "tag"}},
      {"  stage = \"a/b\"\n", {"'a/b'", "tag"}},
      {"  stage = \"x\" * 64\n", {"63"}},
      {"  stage = 7\n", {"stage is 7"}},
      {"  dockerfile = \"none\"\n", {"none not found", "dockerfile"}},
      {"  dockerfile = \"{NO.SUCH}\"\n", {"NO.SUCH"}},
      {"  repository = \"a b\"\n", {"'a b'"}},
      {"  repository = \"registry.local/shop:tag\"\n", {"has a tag"}},
      {"  build_args = []\n", {"build_args", "not a mapping"}},
      {"  build_args = {\"A\": [1]}\n", {"build argument A", "[1]"}},
      {"  secrets = {\"token\": \"canary\"}\n", {"secret token", "env:NAME"}},
      {"  ssh = \"default\"\n", {"ssh is not a list"}},
      {"  ssh = [\"a\", \"a=b\"]\n", {"names a twice"}},
      {"  files = 7\n", {"files are 7"}},
      {"  base = \"other\"\n", {"'other'", "depends"}},
      {"  def build_args(self): raise ValueError(\"too bad\")\n", {"ValueError: too bad"}},
  };
  for (const auto& [body, said] : cases) {
    const auto error = failure(body);
    EXPECT_EQ(error.code(), base::ErrorCode::kProject) << body << ": " << error.message();
    EXPECT_THAT(error.message(), HasSubstr("image task web: ")) << body;
    for (const auto& each : said) EXPECT_THAT(error.advised(), HasSubstr(each)) << body;
    EXPECT_THAT(error.message() + error.context(), ::testing::Not(HasSubstr("canary")));
  }
}

TEST_F(ImageStageTest, AnEndOfTheProgramIsNoStage) {
  const auto error = failure("  def build_args(self): raise SystemExit(0)\n");
  EXPECT_EQ(error.code(), base::ErrorCode::kProject);
  EXPECT_THAT(error.message(), HasSubstr("image task web exited"));
}

TEST_F(ImageStageTest, AProjectWithoutANameHasNoImages) {
  project_.run("CONFIG.PROJECT_NAME = None");
  EXPECT_THAT(failure("").message(), HasSubstr("CONFIG.PROJECT_NAME"));
}

TEST_F(ImageStageTest, TwoStagesOfOneNameAreTold) {
  define(
      "class A(ImageTask):\n  name = 'a'\n  stage = 'x-y'\nclass B(ImageTask):\n  name = 'b'\n"
      "  stage = 'x.y'\nclass C(ImageTask):\n  name = 'c'\n  stage = 'c'\n  depends = ['a', 'b']\n");
  try {
    stage("c");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_THAT(error.message(), AllOf(HasSubstr("on a and on b"), HasSubstr("X_Y_IMAGE")));
  }
}

// Templates
// ---------------------------------------------------------------------------------------------------

TEST_F(ImageStageTest, TemplatesAreRendered) {
  write("Dockerfile.jinja",
        "FROM {{ base }}\n{% for each in CONFIG.DOCKER.COMPOSE_FLAGS %}#{{ each }}\n{% endfor %}"
        "WORKDIR {{ CONFIG.DOCKER.APP_DIR }}\n");
  const auto stage =
      web("  dockerfile = \"Dockerfile.jinja\"\n  @property\n  def template_context(self): return {\"base\": "
          "\"busybox\"}\n");
  EXPECT_EQ(stage.dockerfile, "FROM busybox\n#--rm\n#-u root\nWORKDIR /srv/shop\n");
  EXPECT_EQ(stage.dockerfile_name, "Dockerfile.jinja");
}

TEST_F(ImageStageTest, TemplatesIncludeWhatLiesBesideThemOrInTheProject) {
  write("docker/web.jinja", "{% include 'part' %}{% include 'parts/end' %}");
  write("docker/part", "FROM busybox\n");
  write("parts/end", "CMD {{ CONFIG.PROJECT_NAME }}\n");
  EXPECT_EQ(web("  dockerfile = \"docker/web.jinja\"\n").dockerfile, "FROM busybox\nCMD shop\n");
}

TEST_F(ImageStageTest, NamesTheLineOfATemplateThatIsWrong) {
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"FROM x\n{{ nothing }}\n", {"web.jinja line 2", "'nothing' is undefined"}},
      {"FROM x\n\n{{ CONFIG.DOCKER.NOTHING }}\n", {"web.jinja line 3", "NOTHING"}},
      {"FROM x\n{{ CONFIG.DOCKER.COMPOSE_ENV }}\n", {"web.jinja line 2"}},
      {"FROM x\n{% for %}\n", {"web.jinja line 2"}},
      {"FROM x\n{{ 1 / 0 }}\n", {"web.jinja line 2", "ZeroDivisionError"}},
      {"{% include 'parts' %}\n", {"web.jinja", "parts", "neither"}},
  };
  for (const auto& [text, said] : cases) {
    write("web.jinja", text);
    const auto error = failure("  dockerfile = \"web.jinja\"\n");
    EXPECT_EQ(error.code(), base::ErrorCode::kProject);
    EXPECT_THAT(error.message(), HasSubstr("image task web: "));
    for (const auto& each : said) EXPECT_THAT(error.advised(), HasSubstr(each)) << text;
  }
}

TEST_F(ImageStageTest, SaysWhichPackageIsMissing) {
  write("web.jinja", "FROM x\n");
  project_.run(
      "import sys\nkept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split('.')[0] "
      "== "
      "'jinja2'}\nsys.modules['jinja2'] = None\n");
  const auto error = failure("  dockerfile = \"web.jinja\"\n");
  project_.run("del sys.modules['jinja2']\nsys.modules.update(kept)");
  EXPECT_THAT(error.context(), HasSubstr("python3-jinja2"));
}

}  // namespace
}  // namespace ixian::script
