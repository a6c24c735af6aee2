#include "plan/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_project.h"
#include "testing/temp_folder.h"

namespace ixian::plan {
namespace {

using base::Json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string file(char content, const char* mode = "100644") {
  return std::string(mode) + " " + std::string(64, content);
}

std::vector<std::string> lines(const std::vector<Change>& changes) {
  std::vector<std::string> texts;
  for (const auto& change : changes) texts.push_back(change.what + ": " + change.how);
  return texts;
}

class ExplainTest : public ::testing::Test {
 protected:
  std::vector<Explanation> explain_it(const std::string& root, const TaskOptions& options = {}) {
    auto now = project.session();
    return explain(project.plan(*now, root, options), now->graph, now->states, now->store, options);
  }
  static std::vector<std::string> tasks(const std::vector<Explanation>& explanations) {
    std::vector<std::string> names;
    for (const auto& each : explanations) names.push_back(each.task);
    return names;
  }
  // What is told of the files of a task that had other ones at its last success.
  std::vector<std::string> told(const Json& before, const Json& now) {
    project.add("app");
    auto& checker = project.checked();
    checker.now = {{"src", base::canonical_json(before)}};
    checker.facts = before;
    project.record("app");
    checker.now = {{"src", base::canonical_json(now)}};
    checker.facts = now;
    return lines(explain_it("app").at(0).changes);
  }

  const ixian::testing::TempFolder folder;
  ixian::testing::FakeProject project{folder / "builder"};
};

TEST_F(ExplainTest, NothingIsSaidOfACompleteTask) {
  project.add("app");
  project.checked();
  project.record("app");
  EXPECT_THAT(explain_it("app"), IsEmpty());
}

TEST_F(ExplainTest, FilesThatChangedCameOrWentAreNamed) {
  EXPECT_THAT(told({{"a", file('1')}, {"b", file('1')}, {"d", file('1')}},
                   {{"a", file('2')}, {"c", file('1')}, {"d", file('1')}}),
              ElementsAre("a: changed", "b: removed", "c: added"));
}

TEST_F(ExplainTest, AFileWhoseModeChangedIsNamed) {
  EXPECT_THAT(
      told({{"a", file('1')}, {"b", file('1', "100755")}}, {{"a", file('1', "100755")}, {"b", file('1')}}),
      ElementsAre("a: became executable", "b: is no longer executable"));
}

TEST_F(ExplainTest, AFileThatBecameALinkIsSaidToHaveChanged) {
  EXPECT_THAT(told({{"a", file('1')}}, {{"a", file('2', "120000")}}), ElementsAre("a: changed"));
  EXPECT_THAT(lines(differences({{"a", file('1')}}, {{"a", file('1', "120000")}})),
              ElementsAre("a: changed"));
}

TEST_F(ExplainTest, TheLastFileThatWentIsNamed) {
  EXPECT_THAT(told({{"src/a", file('1')}}, Json::object()), ElementsAre("src/a: removed"));
}

TEST_F(ExplainTest, TheFirstFileThatCameIsNamed) {
  EXPECT_THAT(told(Json::object(), {{"src/a", file('1')}}), ElementsAre("src/a: added"));
}

TEST_F(ExplainTest, ArgumentsAreShownBeforeAndNow) {
  project.add("app");
  project.checked();
  project.record("app", {"--prod", "x"});
  EXPECT_THAT(lines(explain_it("app").at(0).changes), ElementsAre("arguments: [--prod x] → []"));
}

TEST_F(ExplainTest, ADependencyThatRanSinceIsNamed) {
  project.add("lib");
  project.checked();
  project.add("app", {"lib"});
  project.checked();
  for (const char* name : {"lib", "app", "lib"}) project.record(name);
  const auto explanations = explain_it("app");
  EXPECT_THAT(tasks(explanations), ElementsAre("app"));
  EXPECT_THAT(lines(explanations[0].changes), ElementsAre("lib: ran since"));
}

TEST_F(ExplainTest, AChainIsFollowedDownToWhatChanged) {
  project.add("base");
  auto& base = project.checked();
  project.add("lib", {"base"});
  project.checked();
  project.add("app", {"lib"});
  project.checked();
  for (const char* name : {"base", "lib", "app"}) project.record(name);
  base.now = 2;
  const auto explanations = explain_it("app");
  EXPECT_THAT(tasks(explanations), ElementsAre("app", "lib", "base"));
  EXPECT_THAT(explanations[0].dependencies, ElementsAre("lib"));
  EXPECT_THAT(explanations[0].changes, IsEmpty());
  EXPECT_THAT(lines(explanations[2].changes), ElementsAre("state: 1 → 2"));
}

TEST_F(ExplainTest, DependentsComeFirstAndEachTaskOnce) {
  project.add("base");
  project.add("lib", {"base"});
  project.add("app", {"base", "lib"});
  EXPECT_THAT(tasks(explain_it("app")), ElementsAre("app", "lib", "base"));
}

TEST_F(ExplainTest, CompleteDependenciesAreLeftOut) {
  project.add("done");
  project.checked();
  project.record("done");
  project.add("lib");
  project.add("app", {"done", "lib"});
  const auto explanations = explain_it("app");
  EXPECT_THAT(tasks(explanations), ElementsAre("app", "lib"));
  EXPECT_THAT(explanations[0].dependencies, ElementsAre("lib"));
}

TEST_F(ExplainTest, ACheckThatDecidesForItselfIsNamed) {
  project.add("app");
  auto& checker = project.checked();
  project.record("app");
  int asked = 0;
  checker.compute = [&] { return Json(asked++ == 0 ? 2 : 1); };
  const auto explanations = explain_it("app");
  ASSERT_EQ(explanations.size(), 1u);
  EXPECT_THAT(lines(explanations[0].changes), ElementsAre("Fake:app: does not pass its check"));
}

TEST_F(ExplainTest, JsonHasOneEntryATask) {
  project.add("lib");
  project.add("app", {"lib"});
  project.checked();
  project.record("app", {"x"});
  EXPECT_EQ(to_json(explain_it("app")), Json::parse(R"([
      {"task": "app", "why": "dependency lib will run", "reason": "dependency_runs", "changes": [], "dependencies": ["lib"]},
      {"task": "lib", "why": "no checks: always runs", "reason": "no_checks", "changes": [], "dependencies": []}])"));
}

TEST(Differences, AreSortedAndNamedByTheirPath) {
  EXPECT_THAT(
      lines(differences({{"z", 1}, {"a", {{"b", 1}, {"c", 2}}}}, {{"a", {{"b", 2}, {"d", 3}}}, {"z", "x"}})),
      ElementsAre("a.b: 1 → 2", "a.c: removed", "a.d: added", "z: 1 → x"));
}

TEST(Differences, EqualFactsGiveNone) {
  EXPECT_THAT(differences({{"a", 1}}, {{"a", 1}}), IsEmpty());
}

TEST(Differences, LongValuesAreCutBetweenCodePoints) {
  std::string umlauts;
  for (int i = 0; i < 60; ++i) umlauts += "ü";
  const auto changes = differences({{"a", "x" + umlauts}}, {{"a", nullptr}});
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_THAT(changes[0].how, ::testing::EndsWith("ü… → nothing"));
}

}  // namespace
}  // namespace ixian::plan
