// What a key is made of besides files: Dockerfile, target, platform, arguments, images.
#include "plan/stage_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "oci/platform.h"
#include "testing/gate.h"
#include "testing/image_project.h"

namespace ixian::plan {
namespace {

using base::Json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class StageKey : public ::testing::Test {
 protected:
  // Whether the change, to what is declared of `name`, changes its key.
  template <typename Edit>
  bool changes_key(const std::string& name, const Edit& edit) {
    const std::string before = project.key(name);
    edit(project[name]);
    return project.key(name) != before;
  }

  testing::ImageProject project;
};

TEST_F(StageKey, NamesTheImage) {
  project.add("base", "FROM debian:12\n");
  const KeyedStage keyed = project.keyed("base");
  EXPECT_EQ(keyed.key.size(), 64u);
  EXPECT_EQ(keyed.image(), "registry.local/shop/web:base-" + keyed.key);
}

TEST_F(StageKey, IsTheDigestOfItsDocument) {
  project.add("base", "FROM debian:12\n");
  const KeyedStage keyed = project.keyed("base");
  EXPECT_EQ(keyed.key, base::sha256_hex(base::canonical_json(keyed.inputs)));
  EXPECT_EQ(
      keyed.inputs,
      (Json{{"schema", 1},
            {"stage", "base"},
            {"dockerfile", "FROM debian:12\n"},
            {"target", ""},
            {"platform", oci::host_platform().text()},
            {"arguments", Json::object()},
            {"images", {{{"name", "debian:12"}, {"digest", "sha256:" + base::sha256_hex("debian:12")}}}},
            {"context", Json::object()},
            {"files", Json::object()}}));
}

TEST_F(StageKey, ChangesWithTheDockerfilesText) {
  project.add("base", "FROM debian:12\nRUN a\n");
  EXPECT_TRUE(changes_key("base", [](auto& stage) { stage.dockerfile = "FROM debian:12\nRUN b\n"; }));
}

TEST_F(StageKey, ChangesWithTheTarget) {
  project.add("base", "FROM debian:12 AS a\nFROM debian:12 AS b\n");
  EXPECT_TRUE(changes_key("base", [](auto& stage) { stage.target = "a"; }));
}

TEST_F(StageKey, ChangesWithThePlatform) {
  project.add("base", "FROM debian:12\n").platform = "linux/s390x";
  EXPECT_TRUE(changes_key("base", [](auto& stage) { stage.platform = "linux/riscv64"; }));
}

TEST_F(StageKey, OfThisMachinesPlatformIsTheSameWhetherDeclaredOrNot) {
  project.add("base", "FROM debian:12\n");
  EXPECT_FALSE(changes_key("base", [](auto& stage) { stage.platform = oci::host_platform().text(); }));
}

TEST_F(StageKey, HoldsNeitherRegistryNorWhereThingsLie) {
  project.add("base", "FROM debian:12\n");
  project.add("runtime", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY a /\n", {"base"});
  project.write("a", "1");
  testing::ImageProject other("elsewhere.example:5000/x/y");
  other.add("base", "FROM debian:12\n").dockerfile_name = "docker/Base";
  other.add("runtime", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY a /\n", {"base"}).dockerfile_path =
      "/x/Dockerfile";
  other.write("a", "1");
  EXPECT_EQ(project.key("runtime"), other.key("runtime"));
  EXPECT_THAT(project.inputs("runtime").dump(),
              AllOf(Not(HasSubstr("registry.local")), Not(HasSubstr(project.folder.path()))));
}

TEST_F(StageKey, IgnoresSecrets) {
  project.add("base", "FROM debian:12\nRUN --mount=type=secret,id=a b\n").secrets["a"] = "env:A";
  EXPECT_FALSE(changes_key("base", [](auto& stage) { stage.secrets["a"] = "file:/b"; }));
}

TEST_F(StageKey, TellsTextsThatAreNotUtf8Apart) {
  project.add("base", "FROM debian:12\n# \xff\n");
  EXPECT_TRUE(changes_key("base", [](auto& stage) { stage.dockerfile = "FROM debian:12\n# \xfe\n"; }));
}

// Arguments.

TEST_F(StageKey, ChangesWithADeclaredArgument) {
  project.add("base", "FROM debian:12\nARG V=1\nRUN a\n").build_args["V"] = "2";
  EXPECT_TRUE(changes_key("base", [](auto& stage) { stage.build_args["V"] = "3"; }));
}

TEST_F(StageKey, HoldsOnlyArgumentsThatMakeADifference) {
  project
      .add("base",
           "ARG TAG=12\nARG ODD=1\nARG DEEP=x\nARG DEEPER=$DEEP\nFROM debian:$ODD AS odd\nARG OTHER\nRUN a\n"
           "FROM debian:$TAG\nARG OWN\nARG DEEPER\n")
      .build_args = {{"TAG", "13"}, {"ODD", "2"},        {"OTHER", "3"}, {"OWN", "4"},
                     {"NONE", "5"}, {"HTTP_PROXY", "6"}, {"DEEP", "7"}};
  EXPECT_EQ(project.inputs("base")["arguments"], (Json{{"TAG", "13"}, {"OWN", "4"}, {"DEEP", "7"}}));
}

TEST_F(StageKey, HoldsAProxyThatIsDeclared) {
  project.add("base", "FROM debian:12\nARG HTTP_PROXY\n").build_args["HTTP_PROXY"] = "a";
  EXPECT_EQ(project.inputs("base")["arguments"], (Json{{"HTTP_PROXY", "a"}}));
}

TEST_F(StageKey, HoldsTheEpochThoughNothingDeclaresIt) {
  project.add("base", "FROM debian:12\n").build_args["SOURCE_DATE_EPOCH"] = "1";
  EXPECT_TRUE(changes_key("base", [](auto& stage) { stage.build_args["SOURCE_DATE_EPOCH"] = "2"; }));
}

TEST_F(StageKey, HoldsAnAutomaticArgumentThatIsOverridden) {
  project.add("base", "FROM --platform=$BUILDPLATFORM debian:12\nARG TARGETARCH\n").build_args = {
      {"TARGETARCH", "mine"}, {"BUILDPLATFORM", "linux/arm64"}, {"TARGETOS", "unused"}};
  EXPECT_EQ(project.inputs("base")["arguments"],
            (Json{{"TARGETARCH", "mine"}, {"BUILDPLATFORM", "linux/arm64"}}));
}

TEST_F(StageKey, WarnsOnceOfAnArgumentThatNothingDeclares) {
  project.add("base", "FROM debian:12 AS other\nARG USED\nFROM debian:12\n").build_args = {
      {"VERSOIN", "1"}, {"USED", "2"}, {"HTTP_PROXY", "3"}};
  const task::TaskGraph graph = project.graph();
  StageKeys keys(graph, project.sources());
  keys.of(0);
  keys.forget();
  keys.of(0);
  EXPECT_THAT(project.sink.logs(),
              ElementsAre("The build argument VERSOIN of build_base is used by no ARG of Dockerfile.base."));
}

TEST_F(StageKey, OffersStagesWithoutAWarning) {
  project.add("base", "FROM debian:12\n");
  project.add("runtime", "FROM debian:12\n", {"base"});
  const KeyedStage keyed = project.keyed("runtime");
  EXPECT_EQ(keyed.inputs["arguments"], Json::object());
  EXPECT_THAT(keyed.stages, IsEmpty());
  EXPECT_THAT(project.sink.logs(), IsEmpty());
}

TEST_F(StageKey, TellsTheEngineWhatArgumentsToUse) {
  project.add("base", "FROM debian:12\n");
  task::ImageStage& stage = project.add(
      "runtime", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nARG FROM_TAG\nARG FROM_REPOSITORY\nARG V\n", {"base"});
  stage.stage_args.push_back({"FROM_TAG", "build_base", task::StageArgument::Part::kTag});
  stage.stage_args.push_back({"FROM_REPOSITORY", "build_base", task::StageArgument::Part::kRepository});
  stage.stage_args.push_back({"UNUSED", "build_base", task::StageArgument::Part::kImage});
  stage.build_args = {{"V", "1"}, {"W", "2"}, {"HTTP_PROXY", "3"}};
  const KeyedStage base = project.keyed("base");
  EXPECT_THAT(project.keyed("runtime").arguments,
              UnorderedElementsAre(std::pair("BASE_IMAGE", base.image()), std::pair("FROM_TAG", base.tag()),
                                   std::pair("FROM_REPOSITORY", "registry.local/shop/web"),
                                   std::pair("V", "1"), std::pair("HTTP_PROXY", "3")));
}

TEST_F(StageKey, ADeclaredValueHidesAStageOnOffer) {
  project.add("base", "FROM debian:12\n");
  project.add("runtime", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n", {"base"}).build_args["BASE_IMAGE"] =
      "debian:13";
  const KeyedStage keyed = project.keyed("runtime");
  EXPECT_THAT(keyed.stages, IsEmpty());
  EXPECT_THAT(keyed.foreign_images, ElementsAre("debian:13"));
}

TEST(ArgumentValue, IsThePartOfTheImagesName) {
  const std::string image = "registry.local:5000/shop/web:base-1";
  using Part = task::StageArgument::Part;
  EXPECT_EQ(argument_value({"A", "b", Part::kImage}, image), image);
  EXPECT_EQ(argument_value({"A", "b", Part::kRepository}, image), "registry.local:5000/shop/web");
  EXPECT_EQ(argument_value({"A", "b", Part::kTag}, image), "base-1");
}

// Images.

TEST_F(StageKey, ChangesWithTheStageThatItStandsOnAndNoOther) {
  project.add("base", "FROM debian:12\n");
  project.add("npm", "FROM node:20\n");
  project.add("runtime", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n", {"base", "npm"});
  const std::string before = project.key("runtime");
  project["npm"].dockerfile += "RUN x\n";
  EXPECT_EQ(project.key("runtime"), before);
  project["base"].dockerfile += "RUN x\n";
  EXPECT_NE(project.key("runtime"), before);
}

TEST_F(StageKey, KnowsAStageThatIsNamedInTwoParts) {
  project.add("base", "FROM debian:12\n");
  task::ImageStage& stage =
      project.add("runtime", "ARG FROM_REPOSITORY\nARG FROM_TAG\nFROM ${FROM_REPOSITORY}:${FROM_TAG}\n");
  stage.stage_args = {{"FROM_REPOSITORY", "build_base", task::StageArgument::Part::kRepository},
                      {"FROM_TAG", "build_base", task::StageArgument::Part::kTag}};
  const KeyedStage keyed = project.keyed("runtime");
  EXPECT_EQ(keyed.stages.size(), 1u);
  EXPECT_EQ(keyed.inputs["images"], (Json{{{"stage", project.key("base")}, {"name", "base"}}}));
  EXPECT_EQ(keyed.inputs["arguments"]["FROM_TAG"],
            (Json{{"stage", project.key("base")}, {"name", "base"}, {"part", "tag"}}));
}

TEST_F(StageKey, AsksForAnotherTagOfAStagesRepositoryByItsRealName) {
  project.add("base", "FROM debian:12\n");
  project.add("runtime", "ARG FROM_REPOSITORY\nFROM $FROM_REPOSITORY:old\n").stage_args = {
      {"FROM_REPOSITORY", "build_base", task::StageArgument::Part::kRepository}};
  const KeyedStage keyed = project.keyed("runtime");
  EXPECT_THAT(keyed.foreign_images, ElementsAre("registry.local/shop/web:old"));
  EXPECT_THAT(keyed.inputs.dump(), Not(HasSubstr("registry.local")));
}

TEST_F(StageKey, HoldsAStageThatFilesAreCopiedFrom) {
  project.add("npm", "FROM node:20\n");
  project.add("runtime", "ARG NPM_IMAGE\nFROM $NPM_IMAGE AS npm\nFROM scratch\nCOPY --from=npm /a /\n",
              {"npm"});
  EXPECT_EQ(project.keyed("runtime").stages.size(), 1u);
}

TEST_F(StageKey, ChangesWithTheDigestOfAForeignImage) {
  project.add("base", "FROM debian:12\n");
  EXPECT_TRUE(changes_key("base", [&](auto&) { project.digests["debian:12"] = "1"; }));
}

TEST_F(StageKey, AsksForNeededForeignImagesOnceEach) {
  project
      .add("base",
           "FROM unneeded AS a\nFROM debian:12 AS b\nFROM --platform=linux/s390x debian:12 AS c\n"
           "FROM debian:12\nCOPY --from=b /x /x\nCOPY --from=c /y /y\nCOPY --from=tool:1 /z /z\n"
           "RUN --mount=from=tool:2,target=/t t\nCOPY --from=tool:1 /w /w\n")
      .platform = "linux/riscv64";
  const KeyedStage keyed = project.keyed("base");
  EXPECT_THAT(project.asked, UnorderedElementsAre("debian:12 linux/riscv64", "debian:12 linux/s390x",
                                                  "tool:1 linux/riscv64", "tool:2 linux/riscv64"));
  EXPECT_THAT(keyed.foreign_images, ElementsAre("debian:12", "tool:1", "tool:2"));
}

TEST_F(StageKey, AsksForAllForeignImagesAtOnce) {
  project.add("one", "FROM a\n");
  project.add("two", "ARG ONE_IMAGE\nFROM $ONE_IMAGE\nCOPY --from=b / /\n", {"one"});
  const task::TaskGraph graph = project.graph();
  KeySources sources = project.sources();
  testing::Gate both;
  std::atomic<int> waiting{0};
  sources.foreign_digest = [&](const std::string&, const std::string&) -> std::string {
    if (++waiting == 2) both.open();
    return both.wait() ? "sha256:1" : "sha256:late";
  };
  EXPECT_EQ(StageKeys(graph, std::move(sources)).of(1).inputs["images"][1]["digest"], "sha256:1");
}

TEST_F(StageKey, DoesNotAskForAReferenceWithADigest) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  project.add("base", "FROM debian@" + digest + "\n");
  EXPECT_EQ(project.inputs("base")["images"][0]["digest"], digest);
  EXPECT_THAT(project.asked, IsEmpty());
}

TEST_F(StageKey, NamesTheTaskAndThePlaceOfAnError) {
  project.add("base", "FROM debian:12\nCOPY none /\n");
  EXPECT_THAT(project.refusal("base"),
              AllOf(HasSubstr("The image of build_base cannot be named: Dockerfile.base:2:1: "),
                    HasSubstr("There is no none in the build context")));
  project.add("base", "FROM debian:12\nNONE\n");
  EXPECT_THAT(project.refusal("base"), HasSubstr("build_base cannot be named: Dockerfile.base:2:1"));
  project.add("base", "FROM debian:12\n").target = "none";
  EXPECT_THAT(project.refusal("base"), HasSubstr("build_base cannot be named: There is no stage \"none\""));
}

TEST_F(StageKey, NamesTheTaskBelowWhoseErrorItIs) {
  project.add("base", "NONE\n");
  project.add("runtime", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n", {"base"});
  EXPECT_THAT(project.refusal("runtime"), ::testing::StartsWith("The image of build_base cannot be named"));
}

TEST_F(StageKey, RefusesARingOfStagesAndShowsIt) {
  project.add("a", "ARG B_IMAGE\nFROM $B_IMAGE\n", {"b"});
  project.add("b", "ARG A_IMAGE\nFROM $A_IMAGE\n", {"a"});
  EXPECT_THAT(project.refusal("a"), HasSubstr("build_a → build_b → build_a"));
}

TEST_F(StageKey, RefusesAnArgumentThatStandsForNoImageTask) {
  project.add("a", "ARG B_IMAGE\nFROM $B_IMAGE\n", {"b"});
  EXPECT_THAT(project.refusal("a"),
              HasSubstr("B_IMAGE stands for the image of build_b, and there is no such"));
}

// When keys are made.

TEST_F(StageKey, IsMadeOnceUntilItIsForgotten) {
  project.add("base", "FROM debian:12\nCOPY a /\n");
  project.write("a", "1");
  const task::TaskGraph graph = project.graph();
  StageKeys keys(graph, project.sources());
  const KeyedStage& first = keys.of(0);
  project.write("a", "2");
  EXPECT_EQ(&keys.of(0), &first);
  const std::string before = first.key;
  keys.forget();
  EXPECT_NE(keys.of(0).key, before);
  EXPECT_EQ(first.key, before);
  EXPECT_EQ(project.asked.size(), 1u);
}

TEST_F(StageKey, IsTheOneFromBeforeWhereForgettingChangedNothing) {
  project.add("base", "FROM debian:12\n");
  const task::TaskGraph graph = project.graph();
  StageKeys keys(graph, project.sources());
  const KeyedStage& first = keys.of(0);
  keys.forget();
  EXPECT_EQ(&keys.of(0), &first);
}

TEST_F(StageKey, RefusesAStageWhoseNameNoTagCanHold) {
  project.add("base", "FROM debian:12\n").name = "a/b";
  EXPECT_THAT(project.refusal("base"), HasSubstr("\"a/b\" cannot be the name of a stage"));
}

TEST_F(StageKey, MayBeAskedForByThePlaceThatDeclaresAnother) {
  project.add("base", "FROM debian:12\n");
  project.add("runtime", "FROM debian:12\n");
  std::unique_ptr<StageKeys> keys;
  task::Task asking;
  asking.name = "build_asking";
  asking.image_stage = [&] {
    task::ImageStage stage = project["runtime"];
    stage.build_args["SOURCE_DATE_EPOCH"] = keys->of(1).key;
    return stage;
  };
  project.others.push_back(asking);
  const task::TaskGraph graph = project.graph();
  keys = std::make_unique<StageKeys>(graph, project.sources());
  EXPECT_EQ(keys->of(0).inputs["arguments"]["SOURCE_DATE_EPOCH"], keys->of(1).key);
}

TEST_F(StageKey, ManyThreadsGetTheSameOne) {
  project.add("base", "FROM debian:12\nCOPY . /\n");
  for (int i = 0; i < 50; ++i) project.write("f" + std::to_string(i), "x");
  const task::TaskGraph graph = project.graph();
  StageKeys keys(graph, project.sources());
  std::vector<const KeyedStage*> found(8);
  std::vector<std::thread> threads;
  for (auto& each : found) threads.emplace_back([&] { each = &keys.of(0); });
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(found, ::testing::Each(found[0]));
  EXPECT_EQ(project.asked.size(), 1u);
}

TEST_F(StageKey, StopsWhenItIsCancelled) {
  project.add("base", "FROM debian:12\n");
  project.cancellation.request();
  EXPECT_THROW(project.key("base"), base::Cancelled);
}

TEST_F(StageKey, OfAThousandStagesInARowIsMade) {
  project.add("s0", "FROM debian:12\n");
  for (int i = 1; i < 1000; ++i) {
    const std::string below = "s" + std::to_string(i - 1);
    project.add("s" + std::to_string(i),
                "ARG S" + std::to_string(i - 1) + "_IMAGE\nFROM $S" + std::to_string(i - 1) + "_IMAGE\n",
                {below});
  }
  EXPECT_EQ(project.key("s999").size(), 64u);
}

}  // namespace
}  // namespace ixian::plan
