#include "ui/json_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ui/fake_clock.h"
#include "ui/fake_terminal.h"

namespace ixian::ui {
namespace {

using base::ActivityStatus;
using base::Json;
using base::LogLevel;
using ::testing::ElementsAre;

class JsonViewTest : public ::testing::Test {
 protected:
  std::vector<Json> received() {
    std::vector<Json> objects;
    for (const auto& write : terminal_.receive()) {
      EXPECT_EQ(write.find('\n'), write.size() - 1);
      objects.push_back(Json::parse(write));
    }
    return objects;
  }

  FakeTerminal terminal_{80, 24};
  FakeClock clock_{1700000000.1234};
  JsonView view_{{terminal_.fd(), Verbosity::kInfo, clock_.clock()}};
};

TEST_F(JsonViewTest, WritesTheLifeOfAnActivity) {
  const auto id = view_.begin({"build", "main.c changed"});
  view_.progress(id, {5, 10, "B"});
  view_.output(id, "cc main.c");
  view_.log(id, LogLevel::kWarning, "slow");
  clock_.advance(1.5);
  view_.end(id, ActivityStatus::kFailed, "exit code 1");
  const double start = 1700000000.123;
  EXPECT_THAT(
      received(),
      ElementsAre(
          Json{{"event", "begin"},
               {"id", 1},
               {"name", "build"},
               {"detail", "main.c changed"},
               {"time", start}},
          Json{{"event", "progress"}, {"id", 1}, {"done", 5}, {"total", 10}, {"unit", "B"}, {"time", start}},
          Json{{"event", "output"}, {"id", 1}, {"line", "cc main.c"}, {"time", start}},
          Json{{"event", "log"}, {"id", 1}, {"level", "warning"}, {"text", "slow"}, {"time", start}},
          Json{{"event", "end"},
               {"id", 1},
               {"outcome", "failed"},
               {"note", "exit code 1"},
               {"seconds", 1.5},
               {"time", start + 1.5}}));
}

TEST_F(JsonViewTest, GivesEachActivityAnIdOfItsOwn) {
  EXPECT_NE(view_.begin({"a", ""}), view_.begin({"b", ""}));
}

TEST_F(JsonViewTest, NamesEveryOutcome) {
  for (const auto outcome : {ActivityStatus::kDone, ActivityStatus::kSkipped, ActivityStatus::kCancelled}) {
    view_.end(view_.begin({"a", ""}), outcome, "");
  }
  std::vector<std::string> outcomes;
  for (const auto& object : received()) {
    if (object.at("event") == "end") outcomes.push_back(object.at("outcome"));
  }
  EXPECT_THAT(outcomes, ElementsAre("done", "skipped", "cancelled"));
}

TEST_F(JsonViewTest, ReplacesBytesThatAreNotUtf8) {
  view_.output(view_.begin({"a", ""}), "\xff!\n");
  EXPECT_EQ(received().back().at("line"), "\ufffd!\n");
}

TEST_F(JsonViewTest, SaysNullWhereTheTotalIsNotKnown) {
  view_.progress(view_.begin({"a", ""}), {7, 0, "files"});
  EXPECT_TRUE(received().back().at("total").is_null());
}

TEST_F(JsonViewTest, DoesNotFloodWithProgressButTellsTheLast) {
  const auto id = view_.begin({"a", ""});
  received();
  for (std::uint64_t i = 1; i <= 1000; ++i) view_.progress(id, {i, 1000, "B"});
  const auto objects = received();
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(objects[0].at("done"), 1);
  EXPECT_EQ(objects[1].at("done"), 1000);
}

TEST_F(JsonViewTest, TellsTheResultAndHowAllEnded) {
  ResultListener* listener = result_listener(view_);
  ASSERT_NE(listener, nullptr);
  listener->result({{"schema", 1}});
  listener->exit(4);
  const double now = 1700000000.123;
  EXPECT_THAT(received(),
              ElementsAre(Json{{"event", "result"}, {"id", 0}, {"result", {{"schema", 1}}}, {"time", now}},
                          Json{{"event", "exit"}, {"id", 0}, {"code", 4}, {"time", now}}));
}

TEST_F(JsonViewTest, HidesLogsBelowTheThreshold) {
  view_.log(base::kNoActivity, LogLevel::kDebug, "detail");
  view_.log(base::kNoActivity, LogLevel::kInfo, "news");
  const auto objects = received();
  ASSERT_EQ(objects.size(), 1u);
  EXPECT_EQ(objects[0].at("text"), "news");
  EXPECT_EQ(objects[0].at("id"), 0);
}

}  // namespace
}  // namespace ixian::ui
