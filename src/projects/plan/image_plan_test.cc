#include "plan/image_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/missing_credential.h"
#include "oci/refused.h"
#include "testing/cache_sources.h"
#include "testing/image_project.h"
#include "testing/latch.h"

namespace ixian::plan {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;
using Strings = std::vector<std::string>;

// base → python → runtime, base → npm → runtime.
class PlanImages : public ::testing::Test {
 protected:
  PlanImages() {
    project.add("base", "FROM debian:12\n");
    project.add("python", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n", {"base"});
    project.add("npm", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY package.json /\n", {"base"});
    project.add("runtime",
                "ARG PYTHON_IMAGE\nARG NPM_IMAGE\nFROM $NPM_IMAGE AS npm\nFROM $PYTHON_IMAGE\n"
                "COPY --from=npm /a /a\n",
                {"python", "npm"});
    project.write("package.json", "{}");
    wish("runtime");
  }

  void wish(const std::string& name) { wanted = {name}; }

  std::string image(const std::string& name) { return project.keyed(name).image(); }
  std::string further(const std::string& name) { return "registry.local/other:" + project.keyed(name).tag(); }

  ImagePlan plan() {
    const task::TaskGraph graph = project.graph();
    keys::StageResolver keys(graph, project.sources());
    ImageRequest all = request;
    for (const auto& name : wanted) all.wanted.push_back(graph.find("build_" + name));
    for (const auto& name : forced) all.forced.push_back(graph.find("build_" + name));
    CacheSources places{[&](const std::string& repository) { return engine.finder(repository); },
                        [&](const std::string& repository) { return registry.finder(repository); },
                        cache_from};
    places.is_complete = [&](const std::string& repository, const std::string& tag) {
      return !broken.contains(repository + ":" + tag);
    };
    places.push_refusal = [&](const std::string&, bool closely) { return closely ? refusal : std::string(); };
    return plan_images(graph, keys, places, all, project.sink, project.cancellation);
  }

  // "base: cache miss", in the plan's order; a push is "+push".
  Strings outcome() { return outcome(plan()); }
  static Strings outcome(const ImagePlan& plan) {
    Strings lines;
    for (const auto& step : plan.steps)
      lines.push_back(step.stage + ": " + describe(step) + (step.push ? " +push" : ""));
    return lines;
  }

  static const ImageStep& step(const ImagePlan& plan, const std::string& stage) {
    for (const auto& each : plan.steps) {
      if (each.stage == stage) return each;
    }
    throw std::out_of_range(stage);
  }

  testing::ImageProject project;
  testing::FakeCacheSources engine;
  testing::FakeCacheSources registry;
  Strings cache_from;
  std::set<std::string> broken;  // images that have lost a part at their registry
  std::string refusal;
  Strings wanted;
  Strings forced;
  ImageRequest request;
};

TEST_F(PlanImages, WhatCouldNotBeAskedIsNotKnownToBeMissing) {
  registry.down = {"registry.local/shop/web"};
  const ImageStep found = step(plan(), "runtime");
  EXPECT_THAT(found.unknown_at, ElementsAre("registry.local/shop/web"));
  registry.down = {};
  EXPECT_THAT(step(plan(), "runtime").unknown_at, IsEmpty());
  registry.unknown = {"registry.local/shop/web"};
  EXPECT_THAT(step(plan(), "runtime").unknown_at, ElementsAre("registry.local/shop/web"));
  request.look_up = false;
  EXPECT_TRUE(step(plan(), "runtime").unasked);
}

TEST_F(PlanImages, AMissingCredentialIsNoAnswer) {
  registry.on_find = [] {
    throw base::MissingCredential(base::ErrorCode::kRegistry, "Cannot load env:NOT_SET.");
  };
  EXPECT_THROW(plan(), base::MissingCredential);
}

// A registry may refuse one image, which it has lost, and have all the others.
TEST_F(PlanImages, AHostThatRefusesOneImageIsAskedForTheOthers) {
  for (const char* name : {"python", "npm"}) registry.put(image(name));
  int asked = 0;
  registry.on_find = [&] {
    if (++asked == 1) throw oci::Refused(base::ErrorCode::kRegistry, "It answered 500.");
  };
  EXPECT_THAT(outcome(),
              ElementsAre("base: not needed", "python: registry cache hit (registry.local/shop/web)",
                          "npm: registry cache hit (registry.local/shop/web)", "runtime: cache miss"));
}

TEST_F(PlanImages, ARunThatPushesMendsWhatIsNotWhole) {
  registry.put(image("runtime"));
  for (const char* name : {"python", "npm"}) registry.put(image(name));
  broken = {image("runtime")};
  EXPECT_THAT(step(plan(), "runtime").place, CacheResult::kRegistryHit);
  request.push = PushPolicy::kFinal;
  EXPECT_THAT(outcome(),
              ElementsAre("base: not needed", "python: registry cache hit (registry.local/shop/web)",
                          "npm: registry cache hit (registry.local/shop/web)", "runtime: cache miss +push"));
}

TEST_F(PlanImages, ARefusalIsKnownBeforeAnythingIsBuilt) {
  request.push = PushPolicy::kFinal;
  refusal = "You may not push there.";
  const ImagePlan found = plan();
  EXPECT_EQ(step(found, "runtime").push_refused, refusal);
  EXPECT_THROW(require_pushable(found), base::Error);
  registry.put(image("runtime"));
  EXPECT_NO_THROW(require_pushable(plan()));
}

TEST_F(PlanImages, NothingIsAskedAboutWhatIsHere) {
  engine.put(image("runtime"));
  const ImagePlan found = plan();
  EXPECT_THAT(outcome(found), ElementsAre("base: not needed", "python: not needed", "npm: not needed",
                                          "runtime: local cache hit"));
  EXPECT_EQ(found.questions, 0u);
  EXPECT_EQ(found.rounds, 0u);
  EXPECT_FALSE(found.builds());
  EXPECT_THAT(engine.asked(), ElementsAre(image("runtime")));
}

TEST_F(PlanImages, AHitInTheRegistryTakesOneQuestion) {
  registry.put(image("runtime"), 1234);
  const ImagePlan found = plan();
  EXPECT_THAT(outcome(found), ElementsAre("base: not needed", "python: not needed", "npm: not needed",
                                          "runtime: registry cache hit (registry.local/shop/web)"));
  EXPECT_EQ(step(found, "runtime").found_at, image("runtime"));
  EXPECT_EQ(step(found, "runtime").bytes, 1234u);
  EXPECT_EQ(found.questions, 1u);
  EXPECT_THAT(registry.asked(), ElementsAre(image("runtime")));
}

TEST_F(PlanImages, WhereOneIsMissingAllBelowAreAskedForInOneRound) {
  const ImagePlan found = plan();
  EXPECT_THAT(outcome(found), ElementsAre("base: cache miss", "python: cache miss", "npm: cache miss",
                                          "runtime: cache miss"));
  EXPECT_EQ(found.questions, 4u);
  EXPECT_EQ(found.rounds, 2u);
  EXPECT_TRUE(found.builds());
}

TEST_F(PlanImages, OnlyWhatIsMissingIsBuiltAndWhatIsBelowAHitIsNotNeeded) {
  registry.put(image("python"));
  registry.put(image("npm"));
  registry.put(image("base"));
  EXPECT_THAT(outcome(),
              ElementsAre("base: not needed", "python: registry cache hit (registry.local/shop/web)",
                          "npm: registry cache hit (registry.local/shop/web)", "runtime: cache miss"));
}

TEST_F(PlanImages, WhatIsHereBelowIsNotAskedForNorIsWhatItStandsOn) {
  engine.put(image("python"));
  engine.put(image("npm"));
  const ImagePlan found = plan();
  EXPECT_THAT(outcome(found), ElementsAre("base: not needed", "python: local cache hit",
                                          "npm: local cache hit", "runtime: cache miss"));
  EXPECT_EQ(found.questions, 1u);
}

TEST_F(PlanImages, SaysWhichBuildsNeedAnImage) {
  registry.put(image("base"));
  const ImagePlan found = plan();
  EXPECT_THAT(step(found, "base").for_, UnorderedElementsAre(1u, 2u));
  EXPECT_THAT(step(found, "npm").for_, ElementsAre(3u));
  EXPECT_THAT(step(found, "runtime").for_, IsEmpty());
}

TEST_F(PlanImages, ABuildTellsTheSizeOfItsContext) {
  const ImagePlan found = plan();
  EXPECT_EQ(step(found, "npm").bytes, 2u);
}

TEST_F(PlanImages, WhatIsForcedIsBuiltThoughItIsThere) {
  for (const auto* name : {"base", "python", "npm", "runtime"}) engine.put(image(name));
  forced = {"runtime"};
  const ImagePlan found = plan();
  EXPECT_THAT(outcome(found), ElementsAre("base: not needed", "python: local cache hit",
                                          "npm: local cache hit", "runtime: cache miss"));
  EXPECT_TRUE(step(found, "runtime").forced);
  EXPECT_EQ(found.questions, 0u);
}

TEST_F(PlanImages, WhatIsForcedBelowIsBuiltThoughWhatStandsOnItIsThere) {
  engine.put(image("runtime"));
  forced = {"python"};
  registry.put(image("base"));
  EXPECT_THAT(outcome(), ElementsAre("base: registry cache hit (registry.local/shop/web)",
                                     "python: cache miss", "npm: not needed", "runtime: local cache hit"));
}

TEST_F(PlanImages, WithoutLookUpsRegistriesAreNotAsked) {
  registry.put(image("runtime"));
  request.look_up = false;
  request.push = PushPolicy::kFinal;
  EXPECT_THAT(outcome(), ElementsAre("base: cache miss", "python: cache miss", "npm: cache miss",
                                     "runtime: cache miss +push"));
  EXPECT_THAT(registry.asked(), IsEmpty());
}

TEST_F(PlanImages, TaskThatNoImageStandsOnHasAStepWithoutAKey) {
  project.add("extra", "FROM debian:12\n");
  project.depends["runtime"] = {"build_extra"};
  engine.put(image("runtime"));
  const ImagePlan found = plan();
  ASSERT_EQ(found.steps.front().task, "build_extra");
  EXPECT_EQ(found.steps.front().place, CacheResult::kNotNeeded);
  EXPECT_EQ(found.steps.front().key, "");
}

TEST_F(PlanImages, SeveralAreWantedAtOnce) {
  wanted = {"python", "npm"};
  registry.put(image("python"));
  registry.put(image("npm"));
  const ImagePlan found = plan();
  EXPECT_EQ(found.questions, 2u);
  EXPECT_EQ(found.rounds, 1u);
}

TEST_F(PlanImages, WhatIsBelowAnotherThatIsThereIsNotAskedFor) {
  wanted = {"runtime", "python"};
  registry.put(image("python"));
  engine.put(image("npm"));
  EXPECT_THAT(outcome(),
              ElementsAre("base: not needed", "python: registry cache hit (registry.local/shop/web)",
                          "npm: local cache hit", "runtime: cache miss"));
  EXPECT_THAT(registry.asked(), UnorderedElementsAre(image("runtime"), image("python")));
}

// Pushes.

TEST_F(PlanImages, PushesNothingUnlessItIsAskedTo) {
  engine.put(image("runtime"));
  EXPECT_FALSE(plan().pushes());
}

TEST_F(PlanImages, PushesWhatIsHereAndNotThere) {
  engine.put(image("runtime"));
  request.push = PushPolicy::kFinal;
  const ImagePlan found = plan();
  EXPECT_THAT(outcome(found), ::testing::Contains("runtime: local cache hit +push"));
  EXPECT_TRUE(found.pushes());
  EXPECT_EQ(found.questions, 1u);
}

TEST_F(PlanImages, DoesNotPushWhatIsThereAlready) {
  engine.put(image("runtime"));
  registry.put(image("runtime"));
  request.push = PushPolicy::kFinal;
  EXPECT_FALSE(plan().pushes());
}

TEST_F(PlanImages, FinalPushesOnlyWhatWasAskedFor) {
  request.push = PushPolicy::kFinal;
  EXPECT_THAT(outcome(), ElementsAre("base: cache miss", "python: cache miss", "npm: cache miss",
                                     "runtime: cache miss +push"));
}

TEST_F(PlanImages, StagesPushesAllThatIsBuiltWithoutAskingTwice) {
  request.push = PushPolicy::kStages;
  const ImagePlan found = plan();
  EXPECT_THAT(outcome(found), ElementsAre("base: cache miss +push", "python: cache miss +push",
                                          "npm: cache miss +push", "runtime: cache miss +push"));
  EXPECT_EQ(found.questions, 4u);
  EXPECT_EQ(found.rounds, 2u);
}

TEST_F(PlanImages, StagesPushesWhatIsHereBelowInTheFirstRound) {
  for (const auto* name : {"python", "npm", "runtime"}) engine.put(image(name));
  registry.put(image("npm"));
  registry.put(image("runtime"));
  request.push = PushPolicy::kStages;
  const ImagePlan found = plan();
  EXPECT_THAT(outcome(found), ElementsAre("base: not needed", "python: local cache hit +push",
                                          "npm: not needed", "runtime: local cache hit"));
  EXPECT_EQ(found.questions, 3u);
  EXPECT_EQ(found.rounds, 1u);
}

TEST_F(PlanImages, AnUnchangedProjectIsPushedWithOneRound) {
  registry.put(image("runtime"));
  request.push = PushPolicy::kStages;
  const ImagePlan found = plan();
  EXPECT_FALSE(found.pushes());
  EXPECT_EQ(found.questions, 1u);
}

TEST_F(PlanImages, AForcedBuildIsNotPushedOverWhatIsThere) {
  registry.put(image("base"));
  wish("base");
  forced = {"base"};
  request.push = PushPolicy::kFinal;
  EXPECT_THAT(outcome(), ElementsAre("base: cache miss"));
}

// Further repositories.

TEST_F(PlanImages, FurtherRepositoriesAreOnlyAskedForWhatIsMissing) {
  cache_from = {"registry.local/other"};
  registry.put(image("runtime"));
  EXPECT_EQ(plan().questions, 1u);
}

TEST_F(PlanImages, AHitInAFurtherRepositoryIsOne) {
  cache_from = {"registry.local/empty", "registry.local/other"};
  registry.put(further("runtime"), 77);
  const ImagePlan found = plan();
  EXPECT_THAT(outcome(found), ::testing::Contains("runtime: registry cache hit (registry.local/other)"));
  EXPECT_EQ(step(found, "runtime").found_at, further("runtime"));
  EXPECT_EQ(step(found, "runtime").bytes, 77u);
  EXPECT_EQ(found.questions, 3u);
  EXPECT_EQ(found.rounds, 2u);
}

TEST_F(PlanImages, BelowAllRepositoriesAreAskedInOneRound) {
  cache_from = {"registry.local/other"};
  registry.put(image("python"));
  registry.put(further("npm"));
  const ImagePlan found = plan();
  EXPECT_THAT(outcome(found),
              ElementsAre("base: not needed", "python: registry cache hit (registry.local/shop/web)",
                          "npm: registry cache hit (registry.local/other)", "runtime: cache miss"));
  EXPECT_EQ(found.rounds, 3u);
}

TEST_F(PlanImages, AHitInAFurtherRepositoryIsPushedFromThere) {
  cache_from = {"registry.local/other"};
  registry.put(further("runtime"));
  request.push = PushPolicy::kFinal;
  const ImagePlan found = plan();
  EXPECT_THAT(outcome(found),
              ::testing::Contains("runtime: registry cache hit (registry.local/other) +push"));
  EXPECT_EQ(step(found, "runtime").found_at, further("runtime"));
}

// Registries that do not answer.

TEST_F(PlanImages, ARegistryThatIsDownIsWarnedOfOnceAndCountsAsEmpty) {
  registry.down = {"registry.local/shop/web"};
  request.push = PushPolicy::kFinal;
  const ImagePlan found = plan();
  EXPECT_THAT(outcome(found), ElementsAre("base: cache miss", "python: cache miss", "npm: cache miss",
                                          "runtime: cache miss +push"));
  EXPECT_THAT(project.sink.logs(),
              ElementsAre(AllOf(HasSubstr("registry.local disabled for this run"), HasSubstr("are built"),
                                HasSubstr("It does not answer."))));
  EXPECT_EQ(found.questions, 1u);
  EXPECT_THAT(registry.asked(), SizeIs(1));
}

TEST_F(PlanImages, ARegistryThatIsNotConfiguredIsNotAsked) {
  registry.unknown = {"registry.local/shop/web"};
  const ImagePlan found = plan();
  EXPECT_TRUE(found.builds());
  EXPECT_EQ(found.questions, 0u);
  EXPECT_THAT(project.sink.logs(), IsEmpty()) << "whoever found it out has told it";
}

TEST_F(PlanImages, AFurtherRepositoryThatIsClosedDoesNotCloseItsHost) {
  cache_from = {"registry.local/other"};
  registry.down = {"registry.local/other"};
  registry.put(image("python"));
  registry.put(image("npm"));
  EXPECT_THAT(outcome(),
              ElementsAre("base: not needed", "python: registry cache hit (registry.local/shop/web)",
                          "npm: registry cache hit (registry.local/shop/web)", "runtime: cache miss"));
  EXPECT_THAT(project.sink.logs(), ElementsAre(StartsWith("registry.local/other disabled for this run")));
}

TEST_F(PlanImages, AnotherHostIsStillAsked) {
  project["base"].repository = "second.local/base";
  registry.down = {"registry.local/shop/web"};
  registry.put(image("base"));
  EXPECT_THAT(outcome(), ElementsAre("base: registry cache hit (second.local/base)", "python: cache miss",
                                     "npm: cache miss", "runtime: cache miss"));
}

TEST_F(PlanImages, AnEngineThatFailsIsAnError) {
  engine.down = {"registry.local/shop/web"};
  EXPECT_THROW(plan(), base::Error);
}

TEST_F(PlanImages, StopsWhenItIsCancelled) {
  registry.on_find = [&] { project.cancellation.request(); };
  EXPECT_THROW(plan(), base::Cancelled);
}

// Many.

TEST_F(PlanImages, AsksAHundredStagesManyAtOnceButNotAll) {
  Strings names;
  std::string dockerfile;
  std::string stages;
  for (int i = 0; i < 100; ++i) {
    names.push_back("s" + std::to_string(i));
    project.add(names.back(), "FROM debian:12\nRUN " + std::to_string(i) + "\n");
    dockerfile += "ARG S" + std::to_string(i) + "_IMAGE\n";
    stages += "FROM $S" + std::to_string(i) + "_IMAGE AS s" + std::to_string(i) + "\n";
  }
  stages += "FROM scratch\n";
  for (const auto& name : names) stages += "COPY --from=" + name + " / /\n";
  project.add("top", dockerfile + stages, names);
  wish("top");
  testing::Latch many;
  registry.on_find = [&] {
    if (registry.asked().size() == 1) return;
    if (registry.most_at_once() >= 32) many.open();
    EXPECT_TRUE(many.wait());
  };
  const ImagePlan found = plan();
  EXPECT_EQ(found.questions, 101u);
  EXPECT_EQ(found.rounds, 2u);
  EXPECT_EQ(registry.most_at_once(), 32u);
}

TEST_F(PlanImages, IsTheSameEveryTime) {
  registry.put(image("npm"));
  EXPECT_EQ(to_json(plan()), to_json(plan()));
}

TEST_F(PlanImages, TellsProgramsAll) {
  wish("npm");
  engine.put(image("base"));
  request.push = PushPolicy::kFinal;
  EXPECT_EQ(to_json(plan()), (base::Json{{"steps",
                                          {{{"task", "build_base"},
                                            {"stage", "base"},
                                            {"key", project.key("base")},
                                            {"image", image("base")},
                                            {"place", "local"},
                                            {"forced", false},
                                            {"found_at", image("base")},
                                            {"bytes", 0},
                                            {"push", false},
                                            {"push_refused", ""},
                                            {"unknown_at", base::Json::array()},
                                            {"needed_by", {"build_npm"}}},
                                           {{"task", "build_npm"},
                                            {"stage", "npm"},
                                            {"key", project.key("npm")},
                                            {"image", image("npm")},
                                            {"place", "build"},
                                            {"forced", false},
                                            {"found_at", ""},
                                            {"bytes", 2},
                                            {"push", true},
                                            {"push_refused", ""},
                                            {"unknown_at", base::Json::array()},
                                            {"needed_by", base::Json::array()}}}},
                                         {"questions", 1},
                                         {"rounds", 1},
                                         {"builds", true},
                                         {"pushes", true}}));
}

TEST(PushPolicies, AreFourWords) {
  EXPECT_EQ(parse_push_policy("never"), PushPolicy::kNever);
  EXPECT_EQ(parse_push_policy("final"), PushPolicy::kFinal);
  EXPECT_EQ(parse_push_policy("stages"), PushPolicy::kStages);
  EXPECT_EQ(parse_push_policy("all"), PushPolicy::kAll);
  try {
    parse_push_policy("always");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kProject);
    EXPECT_EQ(error.message(),
              "invalid value \"always\" for DOCKER.PUSH (expected: never, final, stages, all)");
  }
}

}  // namespace
}  // namespace ixian::plan
