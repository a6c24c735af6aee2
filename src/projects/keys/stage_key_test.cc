// What a key is made of besides files: Dockerfile, target, platform, arguments, images.
#include "keys/stage_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "oci/platform.h"
#include "testing/image_project.h"
#include "testing/latch.h"

namespace ixian::keys {
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
  const ResolvedStage keyed = project.keyed("base");
  EXPECT_EQ(keyed.key.size(), 64u);
  EXPECT_EQ(keyed.image(), "registry.local/shop/web:base-" + keyed.key);
}

TEST_F(StageKey, IsTheDigestOfItsDocument) {
  project.add("base", "FROM debian:12\nRUN a  b\n");
  ResolvedStage keyed = project.keyed("base");
  const std::string digest = "sha256:" + base::sha256_hex("debian:12");
  EXPECT_EQ(keyed.inputs["shown"], (Json{{"lines", {1, 2}}, {"images", {{digest, "debian:12"}}}}));
  keyed.inputs.erase("shown");
  EXPECT_EQ(keyed.key, base::sha256_hex(base::canonical_json(keyed.inputs)));
  const Json run = {{"RUN"}, Json::array({"a  b"})};
  EXPECT_EQ(keyed.inputs, (Json{{"schema", 2},
                                {"stage", "base"},
                                {"dockerfile", {{{"from", digest}, {"do", Json::array({run})}}}},
                                {"platform", oci::host_platform().text()},
                                {"arguments", Json::object()},
                                {"images", {{{"digest", digest}}}},
                                {"context", Json::object()},
                                {"files", Json::object()}}));
}

// What a Dockerfile says, and how it is written.

TEST_F(StageKey, IsTheSameHoweverTheDockerfileIsWritten) {
  const std::string plain =
      "ARG HUB=a.example\nFROM $HUB/x@sha256:" + std::string(64, 'a') +
      " AS one\nENV A=b\nCOPY --chown=1:2 --link src /src\n"
      "RUN --mount=type=cache,target=/c,id=i make all\nFROM one AS two\nARG HUB\n"
      "COPY --from=one /src /two\nRUN --mount=from=one,target=/m cat /m\nCMD [\"x\", \"y\"]\n";
  project.write("src", "1");
  project.add("base", plain).build_args["HUB"] = "b.example";
  const std::string key = project.key("base");
  const auto same = [&](const std::string& text, const std::string& target = "") {
    project["base"].dockerfile = text;
    project["base"].target = target;
    EXPECT_EQ(project.key("base"), key) << text;
  };
  const auto edited = [&](const std::string& what, const std::string& by) {
    std::string text = plain;
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
      text.replace(at, what.size(), by);
    return text;
  };
  same("# syntax=docker/dockerfile:1\n# escape=\\\n" + plain + "\n\n# the end");
  same(edited("\n", "\r\n"));
  same(edited("COPY ", "  copy   "));
  same(edited("FROM one AS two", "from one as TWO"));
  same(edited("--chown=1:2 --link src", "--link --chown=1:2 \\\n # why\n\n  src"));
  same(edited("type=cache,target=/c,id=i", "id=i,dst=/c,type=cache"));
  same(edited("[\"x\", \"y\"]", "[ \"x\",\"y\" ]"));
  same(edited("one", "other"));
  same("ARG HUB\nFROM debian:12 AS unneeded\nRUN x\n" + edited("ARG HUB=a.example\n", ""), "two");
}

TEST_F(StageKey, ChangesWithTheDockerfilesText) {
  project.add("base", "FROM debian:12\nRUN a\n");
  EXPECT_TRUE(changes_key("base", [](auto& stage) { stage.dockerfile = "FROM debian:12\nRUN b\n"; }));
}

TEST_F(StageKey, ChangesWithTheTarget) {
  project.add("base", "FROM debian:12 AS a\nFROM debian:12 AS b\nUSER x\n");
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
  project.add("base", "FROM debian:12\nRUN \xff\n");
  EXPECT_TRUE(changes_key("base", [](auto& stage) { stage.dockerfile = "FROM debian:12\nRUN \xfe\n"; }));
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
  EXPECT_EQ(project.inputs("base")["arguments"], (Json{{"OWN", "4"}, {"DEEPER", "7"}}));
}

TEST_F(StageKey, HoldsAProxyThatIsDeclared) {
  project.add("base", "FROM debian:12\nARG HTTP_PROXY\n").build_args["HTTP_PROXY"] = "a";
  EXPECT_EQ(project.inputs("base")["arguments"], (Json{{"HTTP_PROXY", "a"}}));
}

TEST_F(StageKey, HoldsTheEpochThoughNothingDeclaresIt) {
  project.add("base", "FROM debian:12\n").build_args["SOURCE_DATE_EPOCH"] = "1";
  EXPECT_TRUE(changes_key("base", [](auto& stage) { stage.build_args["SOURCE_DATE_EPOCH"] = "2"; }));
}

TEST_F(StageKey, HoldsAutomaticArguments) {
  project.add("base", "FROM --platform=$BUILDPLATFORM debian:12\nARG TARGETARCH\nARG BUILDPLATFORM\n")
      .platform = "linux/s390x";
  Json inputs = project.inputs("base");
  EXPECT_EQ(inputs["arguments"],
            (Json{{"TARGETARCH", "s390x"}, {"BUILDPLATFORM", oci::host_platform().text()}}));
  EXPECT_EQ(inputs["dockerfile"][0]["platform"], oci::host_platform().text());
  project["base"].build_args = {
      {"TARGETARCH", "mine"}, {"BUILDPLATFORM", "linux/arm64"}, {"TARGETOS", "unused"}};
  inputs = project.inputs("base");
  EXPECT_EQ(inputs["arguments"], (Json{{"TARGETARCH", "mine"}, {"BUILDPLATFORM", "linux/arm64"}}));
  EXPECT_EQ(inputs["dockerfile"][0]["platform"], "linux/arm64");
  EXPECT_EQ(project.keyed("base").arguments.count("BUILDPLATFORM"), 1u);
}

TEST_F(StageKey, WarnsOnceOfAnArgumentThatNothingDeclares) {
  project.add("base", "FROM debian:12 AS other\nARG USED\nFROM debian:12\n").build_args = {
      {"VERSOIN", "1"}, {"USED", "2"}, {"HTTP_PROXY", "3"}};
  const task::TaskGraph graph = project.graph();
  StageResolver keys(graph, project.sources());
  keys.of(0);
  keys.forget();
  keys.of(0);
  EXPECT_THAT(project.sink.logs(),
              ElementsAre("build argument VERSOIN of build_base is unused: no such ARG in Dockerfile.base"));
}

TEST_F(StageKey, OffersStagesWithoutAWarning) {
  project.add("base", "FROM debian:12\n");
  project.add("runtime", "FROM debian:12\n", {"base"});
  const ResolvedStage keyed = project.keyed("runtime");
  EXPECT_EQ(keyed.inputs["arguments"], Json::object());
  EXPECT_THAT(keyed.stages, IsEmpty());
  EXPECT_THAT(project.sink.logs(), IsEmpty());
}

TEST_F(StageKey, TellsTheEngineWhatArgumentsToUse) {
  project.add("base", "FROM debian:12\n");
  task::StageDeclaration& stage = project.add(
      "runtime", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nARG FROM_TAG\nARG FROM_REPOSITORY\nARG V\n", {"base"});
  stage.stage_args.push_back({"FROM_TAG", "build_base", task::StageArgument::Part::kTag});
  stage.stage_args.push_back({"FROM_REPOSITORY", "build_base", task::StageArgument::Part::kRepository});
  stage.stage_args.push_back({"UNUSED", "build_base", task::StageArgument::Part::kImage});
  stage.build_args = {{"V", "1"}, {"W", "2"}, {"HTTP_PROXY", "3"}};
  const ResolvedStage base = project.keyed("base");
  EXPECT_THAT(project.keyed("runtime").arguments,
              UnorderedElementsAre(std::pair("BASE_IMAGE", base.image()), std::pair("FROM_TAG", base.tag()),
                                   std::pair("FROM_REPOSITORY", "registry.local/shop/web"),
                                   std::pair("V", "1"), std::pair("HTTP_PROXY", "3")));
}

TEST_F(StageKey, ADeclaredValueHidesAStageOnOffer) {
  project.add("base", "FROM debian:12\n");
  project.add("runtime", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n", {"base"}).build_args["BASE_IMAGE"] =
      "debian:13";
  const ResolvedStage keyed = project.keyed("runtime");
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
  task::StageDeclaration& stage =
      project.add("runtime", "ARG FROM_REPOSITORY\nARG FROM_TAG\nFROM ${FROM_REPOSITORY}:${FROM_TAG}\n");
  stage.stage_args = {{"FROM_REPOSITORY", "build_base", task::StageArgument::Part::kRepository},
                      {"FROM_TAG", "build_base", task::StageArgument::Part::kTag}};
  const ResolvedStage keyed = project.keyed("runtime");
  EXPECT_EQ(keyed.stages.size(), 1u);
  EXPECT_EQ(keyed.inputs["images"], (Json{{{"stage", project.key("base")}, {"name", "base"}}}));
  EXPECT_EQ(keyed.inputs["arguments"], Json::object());
  EXPECT_EQ(keyed.inputs["dockerfile"][0]["from"], project.key("base"));
  stage.dockerfile += "ARG FROM_TAG\n";
  EXPECT_EQ(project.inputs("runtime")["arguments"],
            (Json{{"FROM_TAG", {{"stage", project.key("base")}, {"name", "base"}, {"part", "tag"}}}}));
}

TEST_F(StageKey, AsksForAnotherTagOfAStagesRepositoryByItsRealName) {
  project.add("base", "FROM debian:12\n");
  project.add("runtime", "ARG FROM_REPOSITORY\nFROM $FROM_REPOSITORY:old\n").stage_args = {
      {"FROM_REPOSITORY", "build_base", task::StageArgument::Part::kRepository}};
  const ResolvedStage keyed = project.keyed("runtime");
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
  const ResolvedStage keyed = project.keyed("base");
  EXPECT_THAT(project.asked, UnorderedElementsAre("debian:12 linux/riscv64", "debian:12 linux/s390x",
                                                  "tool:1 linux/riscv64", "tool:2 linux/riscv64"));
  EXPECT_THAT(keyed.foreign_images, ElementsAre("debian:12", "tool:1", "tool:2"));
}

TEST_F(StageKey, AsksForAllForeignImagesAtOnce) {
  project.add("one", "FROM a\n");
  project.add("two", "ARG ONE_IMAGE\nFROM $ONE_IMAGE\nCOPY --from=b / /\n", {"one"});
  const task::TaskGraph graph = project.graph();
  KeyCallbacks sources = project.sources();
  testing::Latch both;
  std::atomic<int> waiting{0};
  sources.foreign_digest = [&](const std::string&, const std::string&) -> std::string {
    if (++waiting == 2) both.open();
    return both.wait() ? "sha256:1" : "sha256:late";
  };
  EXPECT_EQ(StageResolver(graph, std::move(sources)).of(1).inputs["images"][1]["digest"], "sha256:1");
}

TEST_F(StageKey, DoesNotAskForAReferenceWithADigest) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  project.add("base", "FROM debian@" + digest + "\n");
  EXPECT_EQ(project.inputs("base")["images"][0]["digest"], digest);
  EXPECT_THAT(project.asked, IsEmpty());
}

TEST_F(StageKey, IsTheSameUnderEveryNameOfADigest) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  project.add("base", "ARG HUB=one.example\nFROM $HUB/x@" + digest + "\nCOPY --from=one.example/x@" + digest +
                          " /a /\n");
  EXPECT_FALSE(changes_key("base", [&](auto& stage) {
    stage.dockerfile = "FROM x:1@" + digest + "\nCOPY --from=y@" + digest + " /a /\n";
  }));
  project.digests["debian:12"] = std::string(64, 'a');
  EXPECT_FALSE(changes_key("base", [&](auto& stage) {
    stage.dockerfile = "FROM debian:12\nCOPY --from=y@" + digest + " /a /\n";
  }));
}

// What an image means for a Dockerfile that stands on it.

TEST_F(StageKey, HoldsWhatTriggersOfABaseRead) {
  project.bases["onb"].triggers = {"COPY src /src2", "ARG V"};
  project.write("src", "1");
  project.write("other", "1");
  task::StageDeclaration& stage =
      project.add("base", "FROM onb AS mid\nFROM debian:12\nCOPY --from=mid /src2 /\n");
  EXPECT_THAT(project.reads("base"), ElementsAre("src"));
  EXPECT_TRUE(changes_key("base", [&](auto&) { project.write("src", "2"); }));
  EXPECT_FALSE(changes_key("base", [&](auto&) { project.write("other", "2"); }));
  stage.build_args["V"] = "1";
  EXPECT_EQ(project.inputs("base")["arguments"], (Json{{"V", "1"}}));
}

TEST_F(StageKey, AsksOnForImagesThatTriggersName) {
  project.bases["one"].triggers = {"COPY --from=second /a /b"};
  project.bases["two"].triggers = {"COPY src /src2"};
  project.write("src", "1");
  project.add("base", "FROM two AS second\nFROM one\nRUN --mount=from=tool,target=/t t\n");
  EXPECT_THAT(project.reads("base"), ElementsAre("src"));
  EXPECT_THAT(project.asked_bases, UnorderedElementsAre("one", "two"));
}

TEST_F(StageKey, HoldsExactlyWhatAVariableOfABaseNames) {
  project.bases["env"].environment.values["DIR"] = "src";
  project.bases["env"].environment.complete = true;
  project.write("src/a", "1");
  project.write("other", "1");
  project.add("base", "FROM env\nENV FILE=$DIR/a\n");
  project.add("runtime", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY $FILE /\n", {"base"});
  EXPECT_THAT(project.reads("runtime"), ElementsAre("src/a"));
}

TEST_F(StageKey, AsksOnceForADigestWhateverItIsCalled) {
  const std::string digest = "@sha256:" + std::string(64, 'a');
  project.add("base", "FROM one" + digest + "\n");
  const std::string key = project.key("base");
  EXPECT_EQ(project.asked_bases.size(), 1u);
  project["base"].dockerfile = "FROM mirror.example/two" + digest + "\n";
  EXPECT_EQ(project.key("base"), key);
  EXPECT_EQ(project.asked_bases.size(), 1u);
  EXPECT_THAT(project.asked, IsEmpty());
}

TEST_F(StageKey, HoldsWhatIsAddedFromElsewhereAsItIsNow) {
  project.remotes["https://example.com/1.tar"] = "sha256:1";
  project.add("base",
              "FROM debian:12\nARG V=1\nADD https://example.com/$V.tar https://example.com/x.git#main /\n"
              "ADD https://example.com/$V.tar /other\n");
  const std::string key = project.key("base");
  EXPECT_THAT(project.asked_remotes,
              UnorderedElementsAre("https://example.com/1.tar", HasSubstr("https://example.com/x.git")));
  EXPECT_EQ(project.key("base"), key);
  EXPECT_TRUE(changes_key("base", [&](auto&) { project.remotes["https://example.com/1.tar"] = "sha256:2"; }));
}

TEST_F(StageKey, NamesTheTaskAndThePlaceOfAnError) {
  project.add("base", "FROM debian:12\nCOPY none /\n");
  EXPECT_THAT(project.refusal("base"),
              AllOf(HasSubstr("cannot compute the cache key of build_base: Dockerfile.base:2:1: "),
                    HasSubstr("\"none\" not found in the build context")));
  project.add("base", "FROM debian:12\nNONE\n");
  EXPECT_THAT(project.refusal("base"), HasSubstr("cache key of build_base: Dockerfile.base:2:1"));
  project.add("base", "FROM debian:12\n").target = "none";
  EXPECT_THAT(project.refusal("base"), HasSubstr("cache key of build_base: target stage \"none\" not found"));
}

TEST_F(StageKey, NamesTheTaskBelowWhoseErrorItIs) {
  project.add("base", "NONE\n");
  project.add("runtime", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n", {"base"});
  EXPECT_THAT(project.refusal("runtime"),
              ::testing::StartsWith("cannot compute the cache key of build_base"));
}

TEST_F(StageKey, RefusesARingOfStagesAndShowsIt) {
  project.add("a", "ARG B_IMAGE\nFROM $B_IMAGE\n", {"b"});
  project.add("b", "ARG A_IMAGE\nFROM $A_IMAGE\n", {"a"});
  EXPECT_THAT(project.refusal("a"), HasSubstr("build_a → build_b → build_a"));
}

TEST_F(StageKey, RefusesAnArgumentThatStandsForNoImageTask) {
  project.add("a", "ARG B_IMAGE\nFROM $B_IMAGE\n", {"b"});
  EXPECT_THAT(project.refusal("a"),
              HasSubstr("B_IMAGE stands for the image of build_b, but there is no such"));
}

// When keys are made.

TEST_F(StageKey, IsMadeOnceUntilItIsForgotten) {
  project.add("base", "FROM debian:12\nCOPY a /\n");
  project.write("a", "1");
  const task::TaskGraph graph = project.graph();
  StageResolver keys(graph, project.sources());
  const ResolvedStage& first = keys.of(0);
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
  StageResolver keys(graph, project.sources());
  const ResolvedStage& first = keys.of(0);
  keys.forget();
  EXPECT_EQ(&keys.of(0), &first);
}

TEST_F(StageKey, RefusesAStageWhoseNameNoTagCanHold) {
  project.add("base", "FROM debian:12\n").name = "a/b";
  EXPECT_THAT(project.refusal("base"), HasSubstr("invalid stage name \"a/b\""));
}

TEST_F(StageKey, MayBeAskedForByThePlaceThatDeclaresAnother) {
  project.add("base", "FROM debian:12\n");
  project.add("runtime", "FROM debian:12\n");
  std::unique_ptr<StageResolver> keys;
  task::Task asking;
  asking.name = "build_asking";
  asking.image_stage = [&] {
    task::StageDeclaration stage = project["runtime"];
    stage.build_args["SOURCE_DATE_EPOCH"] = keys->of(1).key;
    return stage;
  };
  project.others.push_back(asking);
  const task::TaskGraph graph = project.graph();
  keys = std::make_unique<StageResolver>(graph, project.sources());
  EXPECT_EQ(keys->of(0).inputs["arguments"]["SOURCE_DATE_EPOCH"], keys->of(1).key);
}

TEST_F(StageKey, ManyThreadsGetTheSameOne) {
  project.add("base", "FROM debian:12\nCOPY . /\n");
  for (int i = 0; i < 50; ++i) project.write("f" + std::to_string(i), "x");
  const task::TaskGraph graph = project.graph();
  StageResolver keys(graph, project.sources());
  std::vector<const ResolvedStage*> found(8);
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
}  // namespace ixian::keys
