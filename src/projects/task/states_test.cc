#include "task/states.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/sha256.h"
#include "testing/fake_project.h"
#include "testing/temp_folder.h"

namespace ixian::task {
namespace {

using base::Json;

class TaskStatesTest : public ::testing::Test {
 protected:
  std::string hash(const std::string& name) {
    auto now = project.session();
    return now->states.hash(now->graph.find(name));
  }

  const ixian::testing::TempFolder folder;
  ixian::testing::FakeProject project{folder / "builder"};
};

TEST_F(TaskStatesTest, TheStateNamesTheCheckersAndTheHashesOfTheDependencies) {
  project.add("lib");
  project.add("app", {"lib"});
  project.checked().now = {{"a", 1}};
  auto now = project.session();
  EXPECT_EQ(
      now->states.state(now->graph.find("app")),
      (Json{{"checks", {{{"class", "Fake"}, {"state", {{"a", 1}}}}}}, {"depends", {{"lib", hash("lib")}}}}));
}

TEST_F(TaskStatesTest, TheHashIsOverTheCanonicalState) {
  project.add("app");
  project.checked();
  EXPECT_EQ(hash("app"), base::sha256_hex(R"({"checks":[{"class":"Fake","state":1}],"depends":{}})"));
}

TEST_F(TaskStatesTest, TheHashDoesNotDependOnTheOrderOfKeys) {
  project.add("app");
  auto& checker = project.checked();
  checker.now = Json::parse(R"({"a": {"c": 1, "b": 2}, "d": 3})");
  const std::string before = hash("app");
  checker.now = Json::parse(R"({"d": 3, "a": {"b": 2, "c": 1}})");
  EXPECT_EQ(hash("app"), before);
}

TEST_F(TaskStatesTest, CheckersThatDoNotContributeAreLeftOut) {
  project.add("app");
  const std::string before = hash("app");
  project.checked().contributes = false;
  EXPECT_EQ(hash("app"), before);
}

TEST_F(TaskStatesTest, AChangeBelowChangesTheHashesAbove) {
  project.add("base");
  auto& base = project.checked();
  project.add("lib", {"base"});
  project.add("app", {"lib"});
  const std::string before = hash("app");
  base.now = 2;
  EXPECT_NE(hash("app"), before);
}

TEST_F(TaskStatesTest, ACheckerIsAskedOnceUntilAllIsForgotten) {
  project.add("lib");
  auto& checker = project.checked();
  project.add("app", {"lib"});
  auto now = project.session();
  const std::string first = now->states.hash(1);
  EXPECT_EQ(now->states.hash(0), now->states.hash(0));
  EXPECT_EQ(checker.asked, 1);
  checker.now = 2;
  EXPECT_EQ(now->states.hash(1), first);
  now->states.forget();
  EXPECT_NE(now->states.hash(1), first);
  EXPECT_EQ(checker.asked, 2);
}

TEST_F(TaskStatesTest, TheStateIsRememberedToo) {
  project.add("app");
  auto& checker = project.checked();
  auto now = project.session();
  now->states.state(0);
  now->states.state(0);
  EXPECT_EQ(checker.asked, 1);
}

TEST_F(TaskStatesTest, StateAndHashAgreeThoughFilesChangeMeanwhile) {
  project.add("app");
  auto& checker = project.checked();
  checker.compute = [&] { return Json(checker.asked.load()); };
  auto now = project.session();
  const std::string hash = now->states.hash(0);
  EXPECT_EQ(base::sha256_hex(base::canonical_json(now->states.state(0))), hash);
}

TEST_F(TaskStatesTest, ACheckerMayAskForTheHashOfAnotherTask) {
  project.add("other");
  project.checked();
  project.add("app");
  auto& checker = project.checked();
  auto now = project.session();
  checker.compute = [&] { return Json(now->states.hash(0)); };
  EXPECT_EQ(now->states.state(1)["checks"][0]["state"], now->states.hash(0));
}

TEST_F(TaskStatesTest, ARingOfHashesIsAnErrorThatShowsIt) {
  ixian::testing::Session* session = nullptr;
  project.add("outer");
  project.checked().compute = [&] { return Json(session->states.hash(1)); };
  project.add("a");
  project.checked().compute = [&] { return Json(session->states.hash(2)); };
  project.add("b");
  project.checked().compute = [&] { return Json(session->states.hash(1)); };
  auto now = project.session();
  session = now.get();
  try {
    now->states.hash(0);
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kProject);
    EXPECT_EQ(error.message(), "the hash of task a depends on itself: a → b → a");
    EXPECT_EQ(error.context(), "hint: remove the HASH of a dependent task from the checker's key");
  }
  EXPECT_THROW(now->states.hash(0), base::Error) << "asking again is no different";
}

TEST_F(TaskStatesTest, ALongChainHasAHash) {
  project.add("t0");
  for (int i = 1; i < 20'000; ++i) project.add("t" + std::to_string(i), {"t" + std::to_string(i - 1)});
  EXPECT_EQ(hash("t19999").size(), 64u);
}

}  // namespace
}  // namespace ixian::task
