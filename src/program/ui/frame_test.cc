#include "ui/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/utf8.h"

namespace ixian::ui {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FrameTest : public ::testing::Test {
 protected:
  RunningActivity& add(const std::string& name, double started = 0) {
    RunningActivity& activity = board_.running[++last_id_];
    activity.name = name;
    activity.started = started;
    if (!board_.started.has_value()) board_.started = started;
    return activity;
  }

  static ProgressSoFar progress(std::uint64_t done, std::uint64_t total, std::string unit) {
    return {done, total, std::move(unit), 0, 0};
  }

  std::vector<std::string> frame(double now, TerminalSize size = {80, 24}) const {
    std::vector<std::string> lines;
    for (const auto& line : render(board_, Style::make(false, true), size, now)) {
      EXPECT_EQ(line.columns, base::display_width(line.bytes));
      EXPECT_LT(line.columns, size.columns);
      lines.push_back(line.bytes);
    }
    return lines;
  }

  ProgressState board_;
  base::ActivityId last_id_ = 0;
};

TEST_F(FrameTest, IsEmptyWhereNothingRuns) {
  EXPECT_THAT(frame(1), IsEmpty());
}

TEST_F(FrameTest, ShowsNameTimeAndWhatTheProgramSaidLast) {
  add("build").tail.add("cc main.c");
  add("test_everything", 3).detail = "build ran";
  EXPECT_THAT(frame(12), ElementsAre("⠋ build              12s", "  | cc main.c",
                                     "⠋ test_everything     9s  build ran", "2 running · 0:12"));
}

TEST_F(FrameTest, ShowsTheInstructionBesideWhatItPrints) {
  auto& step = add("web 3/7");
  step.detail = "RUN make all";
  step.tail.add("cc main.c");
  EXPECT_THAT(frame(12), ElementsAre("⠋ web 3/7    12s  RUN make all", "  | cc main.c", "1 running · 0:12"));
}

TEST_F(FrameTest, PutsOutputOnTheLineOfItsInstructionWhereRowsAreFew) {
  auto& step = add("web 3/7");
  step.detail = "RUN make all";
  step.tail.add("cc main.c");
  EXPECT_THAT(frame(12, {80, 4}),
              ElementsAre("⠋ web 3/7    12s  RUN make all  cc main.c", "1 running · 0:12"));
  EXPECT_EQ(frame(12, {38, 4})[0], "⠋ web 3/7    12s  RUN make…  cc main…");
  EXPECT_EQ(frame(12, {30, 4})[0], "⠋ web 3/7    12s  RUN make a…");
}

TEST_F(FrameTest, CountsWhatHasEnded) {
  add("build");
  board_.done = 14;
  board_.skipped = 2;
  board_.failed = 1;
  EXPECT_EQ(frame(42).back(), "1 running, 14 done, 2 up to date, 1 failed · 0:42");
}

TEST_F(FrameTest, SaysHowManyStepsOfHowManyAreDone) {
  add("build");
  board_.steps = progress(5, 12, "steps");
  board_.done = 8;  // with pulls and the like
  board_.failed = 1;
  EXPECT_EQ(frame(42).back(), "1 running, 5 of 12 steps, 1 failed · 0:42");
  EXPECT_EQ(frame(42, {41, 24}).back(), "1 running, 5 of 12 steps, 1 failed");
  EXPECT_EQ(frame(42, {34, 24}).back(), "5 of 12 steps, 1 failed");
  board_.failed = 0;
  EXPECT_EQ(frame(42, {20, 24}).back(), "5 of 12 steps");
}

TEST_F(FrameTest, SaysWhatIsUploadedInTheBackground) {
  add("build");
  board_.steps = progress(5, 12, "steps");
  board_.uploads = progress(2'500'000, 10'000'000, "B");
  EXPECT_EQ(frame(42).back(), "1 running, 5 of 12 steps, uploading 25 % of 10 MB · 0:42");
  EXPECT_EQ(frame(42, {45, 24}).back(), "5 of 12 steps, uploading 25 % of 10 MB");
  board_.uploads.done = board_.uploads.total;
  EXPECT_EQ(frame(42).back(), "1 running, 5 of 12 steps · 0:42");
}

TEST_F(FrameTest, TurnsTheSpinner) {
  add("build");
  EXPECT_THAT(frame(0.1)[0], ::testing::StartsWith("⠙ "));
}

TEST_F(FrameTest, ShowsProgressWithABarAndARate) {
  add("pull").progress = progress(456'000'000, 1'200'000'000, "B");
  EXPECT_EQ(frame(5.7)[0], "⠧ pull     5s  ███░░░░░░░ 38 % of 1.2 GB, 80 MB/s");
}

TEST_F(FrameTest, ShowsProgressTowardsAnUnknownEndWithoutABar) {
  add("scan").progress = progress(300, 0, "files");
  EXPECT_EQ(frame(10)[0], "⠋ scan    10s  300 files, 30 files/s");
}

TEST_F(FrameTest, ClaimsNoRateInTheFirstSecond) {
  add("pull").progress = progress(500, 1000, "B");
  EXPECT_EQ(frame(0.5)[0], "⠴ pull     0s  █████░░░░░ 50 % of 1.0 kB");
}

TEST_F(FrameTest, LeavesOutTheBarFirstOnANarrowTerminal) {
  add("pull").progress = progress(456'000'000, 1'200'000'000, "B");
  EXPECT_EQ(frame(5.7, {41, 24})[0], "⠧ pull     5s  38 % of 1.2 GB, 80 MB/s");
  EXPECT_EQ(frame(5.7, {31, 24})[0], "⠧ pull     5s  38 % of 1.2 GB");
  EXPECT_EQ(frame(5.7, {28, 24})[0], "⠧ pull     5s");
}

TEST_F(FrameTest, CutsLinesToTheTerminal) {
  auto& build = add("build");
  build.detail = std::string(200, 'd');
  build.tail.add(std::string(200, 'x'));
  EXPECT_EQ(frame(12, {30, 24})[0], "⠋ build    12s  dddddddddddd…");
  EXPECT_EQ(frame(12, {30, 24})[1], "  | xxxxxxxxxxxxxxxxxxxxxxxx…");
  EXPECT_EQ(base::display_width(frame(12, {30, 24})[1]), 29u);
}

TEST_F(FrameTest, CutsLongNamesSoThatTheTimeStays) {
  add("build_the_image_of_the_web_server_for_production");
  EXPECT_EQ(frame(12)[0], "⠋ build_the_image_of_the_…    12s");
  EXPECT_EQ(frame(12, {20, 24})[0], "⠋ build_the…    12s");
}

TEST_F(FrameTest, KeepsTheNumberOfAStepWhoseNameItCuts) {
  add("build_the_image_of_the_web_server tools 12/34");
  EXPECT_EQ(frame(12)[0], "⠋ build_the_image_o… 12/34    12s");
  EXPECT_EQ(frame(12, {20, 24})[0], "⠋ bui… 12/34    12s");
}

TEST_F(FrameTest, FitsAnyWidth) {
  board_.steps = progress(5, 12, "steps");
  add("stage-0 3/7").detail = "RUN 输出 🚀 输出 🚀 输出 🚀 输出";
  add("build_the_image").progress = progress(456, 1200, "B");
  add("中文任务").tail.add("输出 🚀 输出 🚀 输出 🚀 输出 🚀 输出");
  for (std::size_t columns = 2; columns < 120; ++columns) frame(4000, {columns, 24});
}

TEST_F(FrameTest, ShowsTheFirstFewOfMany) {
  for (int i = 0; i < 20; ++i) add("task_" + std::to_string(i));
  const auto lines = frame(1);
  ASSERT_EQ(lines.size(), kMaxActivityLines + 1);
  EXPECT_THAT(lines[6], ::testing::HasSubstr("task_6"));
  EXPECT_EQ(lines[7], "  … and 13 more");
  EXPECT_EQ(lines[8], "20 running · 0:01");
}

TEST_F(FrameTest, LeavesTwoRowsOfTheTerminalFree) {
  for (int i = 0; i < 20; ++i) add("task_" + std::to_string(i));
  EXPECT_EQ(frame(1, {80, 8}).size(), 6u);
  EXPECT_THAT(frame(1, {80, 4}), ElementsAre("  … and 20 more", "20 running · 0:01"));
  EXPECT_THAT(frame(1, {80, 3}), ElementsAre("20 running · 0:01"));
  EXPECT_THAT(frame(1, {80, 1}), ElementsAre("20 running · 0:01"));
}

TEST_F(FrameTest, StripsWhatProgramsSayToTheTerminal) {
  auto& build = add("bu\033[31mild");
  build.detail = "\033[2Jhi\n";
  build.tail.add("\033[2Jhello\a\r");
  EXPECT_THAT(frame(1), ElementsAre("⠋ build     1s  hi ", "  | hello", "1 running · 0:01"));
}

}  // namespace
}  // namespace ixian::ui
