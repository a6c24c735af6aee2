#include "stages/stage_graph.h"

#include <gtest/gtest.h>

namespace ixian::stages {
namespace {

using Indexes = std::vector<std::size_t>;
using Texts = std::vector<std::string>;

StageGraph graph_of(const std::string& text, std::map<std::string, std::string> build_args = {},
                    const std::vector<NamedContext>& named = {}) {
  const dockerfile::Dockerfile file = dockerfile::parse(text, "Dockerfile");
  ScopeOptions options;
  options.build_args = std::move(build_args);
  return StageGraph(file, GlobalScope(file, options), named);
}

std::string refusal(const std::string& text) {
  try {
    graph_of(text);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "";
}

TEST(StageGraph, ATargetNeedsWhatItTakesFrom) {
  const StageGraph graph = graph_of(
      "FROM debian AS base\n"
      "FROM base AS tools\n"
      "FROM alpine AS unused\n"
      "FROM base AS build\nRUN --mount=from=tools,target=/t x\n"
      "FROM scratch\nCOPY --from=BUILD /a /b\nCOPY --from=nginx:1 /c /d\n");
  EXPECT_EQ(graph.needed(4), (Indexes{0, 1, 3, 4}));
  EXPECT_EQ(graph.needed(1), (Indexes{0, 1}));
  EXPECT_EQ(graph.images(graph.needed(4)), (Texts{"debian", "nginx:1"}));
  EXPECT_EQ(graph.images({2}), Texts{"alpine"});
}

TEST(StageGraph, NamesOfStagesHaveNoCase) {
  const StageGraph graph = graph_of("FROM debian AS Base\nFROM bAse\n");
  EXPECT_EQ(graph.nodes()[1].base, InputRef(FromStage{0}));
}

TEST(StageGraph, ANameIsThatOfTheNearestStageAbove) {
  const StageGraph graph =
      graph_of("FROM a AS x\nFROM b AS x\nFROM x AS x\nCOPY --from=x a b\nFROM c AS x\n");
  EXPECT_EQ(graph.nodes()[2].base, InputRef(FromStage{1}));
  EXPECT_EQ(graph.nodes()[2].steps[0].origins, std::vector<InputRef>{FromStage{1}});
  EXPECT_EQ(graph.target("x"), 3u);
}

TEST(StageGraph, ABaseThatStandsFurtherDownIsAnImage) {
  const StageGraph graph = graph_of("FROM later\nFROM debian AS later\n");
  EXPECT_EQ(graph.nodes()[0].base, InputRef(FromImage{"later"}));
}

TEST(StageGraph, FilesCannotBeTakenFromBelowOrFromItself) {
  EXPECT_EQ(refusal("FROM a\nCOPY --from=later x y\nFROM b AS later\n"),
            "Dockerfile:2:13: stage \"later\" is defined after its first use");
  EXPECT_EQ(refusal("FROM a AS me\nRUN --mount=from=ME,target=/x y\n"),
            "Dockerfile:2:13: a stage cannot copy from itself");
}

TEST(StageGraph, NumbersCountStagesFromZero) {
  EXPECT_EQ(graph_of("FROM a\nFROM b\nCOPY --from=0 x y\n").needed(1), (Indexes{0, 1}));
  EXPECT_EQ(refusal("FROM a\nCOPY --from=0 x y\n"),
            "Dockerfile:2:13: stage number 0 not found before this stage; the first is 0");
  EXPECT_EQ(graph_of("FROM 0\n").nodes()[0].base, InputRef(FromImage{"0"}));
}

TEST(StageGraph, ScratchIsNoImage) {
  const StageGraph graph = graph_of("FROM scratch\nCOPY --from=scratch a b\nCOPY a b\n");
  EXPECT_EQ(graph.nodes()[0].base, InputRef(FromScratch{}));
  EXPECT_EQ(graph.nodes()[0].steps[0].origins, std::vector<InputRef>{FromScratch{}});
  EXPECT_EQ(graph.nodes()[0].steps[1].origins, std::vector<InputRef>{FromContext{}});
  EXPECT_EQ(graph.images({0}), Texts{});
}

TEST(StageGraph, EachMountHasItsOrigin) {
  const StageGraph graph = graph_of(
      "FROM a AS s\nFROM b\nRUN --mount=target=/x --mount=from=s,target=/y --mount=from=i,target=/z q\n");
  EXPECT_EQ(graph.nodes()[1].steps[0].origins,
            (std::vector<InputRef>{FromContext{}, FromStage{0}, FromImage{"i"}}));
  EXPECT_NE(refusal("FROM a\nRUN --mount=from=$x,target=/x y\n").find("from cannot have variables"),
            std::string::npos);
}

TEST(StageGraph, BasesAndPlatformsAreExpanded) {
  const StageGraph graph = graph_of("ARG B=debian\nFROM --platform=$BUILDPLATFORM ${B}:12\n", {{"B", "x"}});
  EXPECT_EQ(graph.nodes()[0].base, InputRef(FromImage{"x:12"}));
  EXPECT_EQ(graph.nodes()[0].platform, "linux/amd64");
  EXPECT_EQ(refusal("ARG B\nFROM $B\n"), "Dockerfile:2:6: base image \"$B\" is empty");
  EXPECT_EQ(refusal("FROM --platform=$none a\n"), "Dockerfile:1:17: platform \"$none\" is empty");
}

TEST(StageGraph, TargetsAreNamedOrCounted) {
  const StageGraph graph = graph_of("FROM a AS build\nFROM b AS test\nFROM c\n");
  EXPECT_EQ(graph.target(""), 2u);
  EXPECT_EQ(graph.target("Build"), 0u);
  EXPECT_EQ(graph.target("1"), 1u);
  EXPECT_EQ(graph.label(0), "build");
  EXPECT_EQ(graph.label(2), "stage-2");
  try {
    graph.target("tets");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kUsage);
    EXPECT_EQ(error.message(), "target stage \"tets\" not found (did you mean test?)");
  }
  EXPECT_THROW(graph.target("3"), base::Error);
}

TEST(StageGraph, TriggersOfAStageRunInThoseThatStandOnIt) {
  const StageGraph graph = graph_of(
      "FROM debian AS tools\n"
      "FROM debian AS base\nONBUILD COPY --from=tools a b\nONBUILD USER x\nRUN y\n"
      "FROM base AS child\nRUN z\n"
      "FROM child\n");
  ASSERT_EQ(graph.nodes()[2].steps.size(), 3u);
  EXPECT_TRUE(graph.nodes()[2].steps[0].from_trigger);
  EXPECT_EQ(graph.nodes()[2].steps[0].origins, std::vector<InputRef>{FromStage{0}});
  EXPECT_FALSE(graph.nodes()[2].steps[2].from_trigger);
  EXPECT_TRUE(graph.nodes()[3].steps.empty());  // once, not for grandchildren
  EXPECT_EQ(graph.needed(1), Indexes{1});
  EXPECT_EQ(graph.needed(2), (Indexes{0, 1, 2}));
}

TEST(StageGraph, TriggersOfAnImageCanBeAddedLater) {
  StageGraph graph = graph_of("FROM a AS other\nFROM node:onbuild\nRUN x\n");
  EXPECT_EQ(graph.needed(1), Indexes{1});
  graph.add_triggers(1, {"COPY --from=other . /app", "RUN y"});
  EXPECT_EQ(graph.needed(1), (Indexes{0, 1}));
  EXPECT_EQ(graph.nodes()[1].steps.size(), 3u);
  try {
    graph.add_triggers(1, {"USER x", "COPY a"});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(),
              "ONBUILD of node:onbuild:1:6: COPY needs at least 2 arguments: sources and a destination");
  }
  EXPECT_EQ(graph.nodes()[1].steps.size(), 3u);
}

TEST(StageGraph, ManyStagesAndTriggersTakeReasonableTime) {
  std::string text = "FROM a AS x\n";
  for (int i = 0; i < 5000; ++i) text += "FROM x AS s" + std::to_string(i) + "\n";
  const StageGraph graph = graph_of(text);
  EXPECT_EQ(graph.needed(5000), (Indexes{0, 5000}));
  text = "FROM a AS x\n";
  for (int i = 0; i < 200; ++i) text += "ONBUILD USER a\n";
  for (int i = 0; i < 200; ++i) text += "FROM x\n";
  EXPECT_NE(refusal(text).find("more than 10000 ONBUILD instructions"), std::string::npos);
}

TEST(StageGraph, ANamedContextReplacesImagesAndStages) {
  const StageGraph graph = graph_of(
      "FROM debian:12 AS base\nRUN x\n"
      "FROM docker.io/library/Alpine:latest AS other\nCOPY --from=Files /a /b\n"
      "FROM base\nRUN --mount=from=files,target=/f y\n",
      {}, {{"alpine", "mine/alpine:1"}, {"Files"}, {"base", "mine/base"}});
  ASSERT_EQ(graph.nodes().size(), 4u);
  EXPECT_EQ(graph.nodes()[0].base, InputRef(FromImage{"mine/base"}));
  EXPECT_TRUE(graph.nodes()[0].steps.empty());
  EXPECT_EQ(graph.nodes()[1].base, InputRef(FromImage{"mine/alpine:1"}));
  EXPECT_EQ(graph.nodes()[1].steps[0].origins, std::vector<InputRef>{FromStage{3}});
  EXPECT_EQ(graph.nodes()[2].base, InputRef(FromImage{"mine/base"}));
  EXPECT_EQ(graph.nodes()[2].steps[0].origins, std::vector<InputRef>{FromStage{3}});
  EXPECT_EQ(graph.nodes()[3].steps[0].origins, std::vector<InputRef>{FromContext{"Files"}});
  EXPECT_EQ(graph.label(3), "files");
  EXPECT_EQ(graph.target(""), 2u);
  EXPECT_EQ(graph.needed(2), (Indexes{3, 2}));
  EXPECT_EQ(graph.needed(0), Indexes{0});
}

TEST(StageGraph, AStageMayBeADirectory) {
  const StageGraph graph =
      graph_of("FROM debian AS files\nRUN x\nFROM files\nCOPY --from=0 a b\n", {}, {{"files"}});
  EXPECT_EQ(graph.nodes()[0].base, InputRef(FromStage{2}));
  EXPECT_TRUE(graph.nodes()[0].steps.empty());
  EXPECT_EQ(graph.nodes()[1].base, InputRef(FromStage{2}));
  EXPECT_EQ(graph.nodes()[1].steps[0].origins, std::vector<InputRef>{FromStage{0}});
  EXPECT_EQ(graph.needed(1), (Indexes{2, 0, 1}));
}

TEST(StageGraph, ANamedContextMayBeElsewhere) {
  const std::string url = "https://host/a$b/c.git?tag=\"v\\1\"#:d";
  const StageGraph graph = graph_of("FROM files\n", {}, {{"files", "", url}});
  ASSERT_EQ(graph.needed(0), (Indexes{1, 0}));
  const auto& add = std::get<dockerfile::Add>(graph.nodes()[1].steps.at(0).instruction.body);
  const dockerfile::Dockerfile file = dockerfile::parse("FROM scratch\n", "Dockerfile");
  const GlobalScope global(file, ScopeOptions{});
  StageScope scope(global, {});
  const auto resolved =
      scope.resolve(graph.nodes()[1].steps[0].instruction, graph.nodes()[1].steps[0].source);
  EXPECT_EQ(std::get<dockerfile::Add>(resolved.instruction.body).sources.at(0).text, url);
  EXPECT_EQ(add.destination.text, "/");
}

TEST(StageGraph, NamesOfContextsAreThoseOfImages) {
  for (const char* same :
       {"alpine", "Alpine", "alpine:latest", "docker.io/library/alpine", "index.docker.io/alpine"})
    EXPECT_EQ(context_name(same), "alpine");
  EXPECT_EQ(context_name("docker.io/me/app:1"), "me/app:1");
}

}  // namespace
}  // namespace ixian::stages
