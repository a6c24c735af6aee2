#include "task/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace ixian::task {
namespace {

using ::testing::ElementsAre;

Task task(const std::string& name, std::vector<std::string> depends = {}, const std::string& source = "") {
  Task made;
  made.name = name;
  made.depends = std::move(depends);
  made.source = source;
  return made;
}

std::vector<std::string> order(const TaskGraph& graph, const std::string& root) {
  std::vector<std::string> names;
  for (TaskId id : graph.order(graph.find(root))) names.push_back(graph[id].name);
  return names;
}

base::Error error_of(const TaskGraph& graph, const std::string& root) {
  try {
    graph.order(graph.require(root));
  } catch (const base::Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {base::ErrorCode::kUsage, ""};
}

// t0 needs t1 needs t2 …
std::vector<Task> chain(int length) {
  std::vector<Task> tasks;
  for (int i = 0; i < length; ++i) {
    tasks.push_back(task("t" + std::to_string(i)));
    if (i + 1 < length) tasks.back().depends = {"t" + std::to_string(i + 1)};
  }
  return tasks;
}

TEST(TaskGraph, DependenciesComeFirstInTheOrderInWhichTheyAreWritten) {
  const TaskGraph graph(
      {task("app", {"z", "a", "m"}), task("a", {"m"}), task("m"), task("z"), task("unasked")});
  EXPECT_THAT(order(graph, "app"), ElementsAre("z", "m", "a", "app"));
}

TEST(TaskGraph, ADependencyThatIsWrittenTwiceCountsOnce) {
  const TaskGraph graph({task("app", {"lib", "lib"}), task("lib")});
  EXPECT_THAT(order(graph, "app"), ElementsAre("lib", "app"));
  EXPECT_THAT(graph.dependencies(graph.find("app")), ElementsAre(1u));
}

TEST(TaskGraph, OfTwoTasksWithOneNameTheFirstCounts) {
  const TaskGraph graph({task("app", {"lib"}), task("lib", {}, "first"), task("lib", {}, "second")});
  EXPECT_EQ(graph[graph.find("lib")].source, "first");
  EXPECT_EQ(order(graph, "app").size(), 2u);
}

TEST(TaskGraph, NamesAreStillFoundAfterAMove) {
  TaskGraph graph({task("a"), task("b")});
  const TaskGraph moved = std::move(graph);
  EXPECT_EQ(moved.find("b"), 1u);
  EXPECT_EQ(moved.find("c"), TaskGraph::kNone);
}

TEST(TaskGraph, AnUnknownDependencyNamesWhoAskedAndWhatWasMeant) {
  const TaskGraph graph({task("app", {"libary"}, "ixian.py:7"), task("library")});
  const auto error = error_of(graph, "app");
  EXPECT_EQ(error.code(), base::ErrorCode::kProject);
  EXPECT_EQ(error.message(),
            "task app (ixian.py:7) depends on an unknown task: libary (did you mean library?)");
}

TEST(TaskGraph, FaultsElsewhereConcernOnlyThoseWhoReachThem) {
  const TaskGraph graph({task("a", {"nope"}), task("b", {"c"}), task("c", {"b"}), task("fine")});
  EXPECT_THAT(order(graph, "fine"), ElementsAre("fine"));
}

TEST(TaskGraph, AnUnknownTaskIsAUsageErrorWithNearNames) {
  const auto error = error_of(TaskGraph({task("build"), task("test")}), "biild");
  EXPECT_EQ(error.code(), base::ErrorCode::kUsage);
  EXPECT_EQ(error.message(), "unknown task: biild (did you mean build?)");
  EXPECT_EQ(error.context(), "hint: list tasks with `ix help`");
}

TEST(TaskGraph, ATaskOfAnotherContextCannotBeAskedForButBeNeeded) {
  std::vector<Task> tasks{task("app", {"inner"}), task("inner")};
  tasks[1].in_context = false;
  const TaskGraph graph(std::move(tasks));
  EXPECT_THAT(order(graph, "app"), ElementsAre("inner", "app"));
  EXPECT_THAT(error_of(graph, "inner").message(),
              ::testing::StartsWith("task inner is not for this RUN_CONTEXT"));
}

TEST(TaskGraph, ARingIsShownFromWhereItStarts) {
  const TaskGraph graph(
      {task("app", {"a"}), task("a", {"b"}, "ixian.py:3"), task("b", {"c"}), task("c", {"a"})});
  const auto error = error_of(graph, "app");
  EXPECT_EQ(error.code(), base::ErrorCode::kProject);
  EXPECT_EQ(error.message(), "dependency cycle: a → b → c → a");
  EXPECT_EQ(error.context(), "note: it starts at a (ixian.py:3)");
}

TEST(TaskGraph, ATaskThatNeedsItselfIsARing) {
  EXPECT_EQ(error_of(TaskGraph({task("a", {"a"})}), "a").message(), "dependency cycle: a → a");
}

TEST(TaskGraph, ALongRingIsShortened) {
  auto tasks = chain(1000);
  tasks.back().depends = {"t0"};
  const std::string text = error_of(TaskGraph(std::move(tasks)), "t0").message();
  EXPECT_THAT(text, ::testing::HasSubstr("t18 → t19 → … 980 more … → t0"));
}

TEST(TaskGraph, AChainOfAHundredThousandTasksHasAnOrder) {
  const TaskGraph graph(chain(100'000));
  const auto ids = graph.order(0);
  ASSERT_EQ(ids.size(), 100'000u);
  EXPECT_EQ(ids.front(), 99'999u);
  EXPECT_EQ(ids.back(), 0u);
}

}  // namespace
}  // namespace ixian::task
