#include "ui/tty_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "ui/fake_clock.h"
#include "ui/fake_terminal.h"

namespace ixian::ui {
namespace {

using base::ActivityStatus;
using base::kNoActivity;
using base::LogLevel;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TtyViewTest : public ::testing::Test {
 protected:
  explicit TtyViewTest(TerminalSize size = {60, 12}) : size_(size), terminal_(size.columns, size.rows) {
    start(Verbosity::kInfo);
  }

  ~TtyViewTest() override {
    terminal_.receive();
    EXPECT_EQ(terminal_.unknown(), "");
  }

  void start(Verbosity threshold) {
    TtyView::Options options;
    options.fd = terminal_.fd();
    options.threshold = threshold;
    options.clock = clock_.clock();
    options.size = [this] { return size_; };
    options.animate = false;
    view_ = std::make_unique<TtyView>(std::move(options));
  }

  // What a person sees after the next frame.
  std::string screen() {
    view_->draw();
    terminal_.receive();
    return terminal_.text();
  }

  std::string screen_at_the_end() {
    view_.reset();
    terminal_.receive();
    return terminal_.text();
  }

  const TerminalSize size_;
  FakeTerminal terminal_;
  FakeClock clock_;
  std::unique_ptr<TtyView> view_;
};

TEST_F(TtyViewTest, ShowsWhatRunsAndWhatItPrints) {
  const auto id = view_->begin({"build", "main.c changed"});
  clock_.advance(2);
  EXPECT_EQ(screen(), "⠋ build     2s  main.c changed\n1 running · 0:02\n");
  view_->output(id, "cc main.c");
  clock_.advance(1);
  EXPECT_EQ(screen(), "⠋ build     3s  main.c changed\n  | cc main.c\n1 running · 0:03\n");
}

TEST_F(TtyViewTest, ScrollsUpWhatIsDone) {
  const auto first = view_->begin({"build", ""});
  view_->begin({"test", ""});
  clock_.advance(1.2);
  screen();
  view_->end(first, ActivityStatus::kDone, "");
  EXPECT_EQ(screen(),
            "✔ build: done in 1.2s\n"
            "⠹ test     1s\n"
            "1 running, 1 done · 0:01\n");
}

TEST_F(TtyViewTest, ForgetsTheOutputOfWhatIsDone) {
  const auto id = view_->begin({"build", ""});
  view_->output(id, "cc main.c");
  view_->end(id, ActivityStatus::kDone, "");
  EXPECT_EQ(screen(), "✔ build: done in 0.0s\n");
}

TEST_F(TtyViewTest, ShowsTheOutputOfWhatFails) {
  const auto id = view_->begin({"build", ""});
  view_->output(id, "cc main.c");
  view_->output(id, "main.c:1: error");
  clock_.advance(3.2);
  screen();
  view_->end(id, ActivityStatus::kFailed, "exit code 1");
  EXPECT_EQ(screen(),
            "build | cc main.c\n"
            "build | main.c:1: error\n"
            "✘ build: failed in 3.2s (exit code 1)\n");
}

TEST_F(TtyViewTest, SaysWhatWasDoneBehindHowItEnded) {
  const auto step = view_->begin({"web 2/3", "RUN make all && make install && make clean && true"});
  clock_.advance(1.3);
  view_->end(step, ActivityStatus::kDone, "");
  view_->end(view_->begin({"web 3/3", "COPY a b"}), ActivityStatus::kCancelled, "");
  view_->end(view_->begin({"push", "app:1"}), ActivityStatus::kDone, "already there");
  EXPECT_EQ(screen(),
            "✔ web 2/3: done in 1.3s  RUN make all && make install && m…\n"
            "○ web 3/3: interrupted  COPY a b\n"
            "✔ push: done in 0.0s (already there)  app:1\n");
}

TEST_F(TtyViewTest, SaysHowManyBytesWereMoved) {
  const auto pull = view_->begin({"pull 1b2c3d", "layer of app"});
  view_->progress(pull, {0, 2'100'000, "B"});
  view_->progress(pull, {2'100'000, 2'100'000, "B"});
  view_->end(pull, ActivityStatus::kDone, "");
  EXPECT_EQ(screen(), "✔ pull 1b2c3d: done in 0.0s (2.1 MB)  layer of app\n");
}

TEST_F(TtyViewTest, ShowsStepsThatWereCached) {
  view_->end(view_->begin({"web 1/3", "RUN make (cached)"}), ActivityStatus::kSkipped, "cached");
  view_->end(view_->begin({"web 3/3", "2 steps cached, up to RUN make all && make install && true"}),
             ActivityStatus::kSkipped, "cached");
  view_->end(view_->begin({"api 1/1", "RUN make all && make install (from r.io/cache, cached)"}),
             ActivityStatus::kSkipped, "cached");
  view_->end(view_->begin({"copy", "a → b"}), ActivityStatus::kSkipped, "nothing to copy");
  EXPECT_EQ(screen(),
            "○ web 1/3: RUN make (cached)\n"
            "○ web 3/3: 2 steps cached, up to RUN make all && make inst…\n"
            "○ api 1/1: RUN make all && make … (from r.io/cache, cached)\n"
            "○ copy: up to date (nothing to copy)  a → b\n");
}

TEST_F(TtyViewTest, CountsTheStepsOfAllBuilds) {
  view_->begin({"web 2/3", "RUN make"});
  view_->progress(kNoActivity, {1, 7, "steps"});
  EXPECT_EQ(screen(), "⠋ web 2/3     0s  RUN make\n1 running, 1 of 7 steps · 0:00\n");
}

TEST_F(TtyViewTest, SaysHowMuchOutputItHasForgotten) {
  const auto id = view_->begin({"build", ""});
  for (std::size_t i = 0; i < OutputTail::kMaxLines + 2; ++i) view_->output(id, "x");
  view_->end(id, ActivityStatus::kFailed, "");
  EXPECT_THAT(screen(), ::testing::StartsWith("build | (2 earlier lines omitted)\nbuild | x\n"));
}

TEST_F(TtyViewTest, OnlyCountsWhatIsUpToDate) {
  view_->end(view_->begin({"a", ""}), ActivityStatus::kSkipped, "image exists");
  view_->begin({"b", ""});
  EXPECT_EQ(screen(), "⠋ b     0s\n1 running, 1 up to date · 0:00\n");
}

TEST_F(TtyViewTest, ShowsEverythingAsItComesForDebugging) {
  start(Verbosity::kDebug);
  const auto id = view_->begin({"build", "main.c changed"});
  view_->output(id, "cc main.c");
  view_->end(id, ActivityStatus::kFailed, "");
  view_->end(view_->begin({"a", ""}), ActivityStatus::kSkipped, "image exists");
  EXPECT_EQ(screen(),
            "build: main.c changed\n"
            "build | cc main.c\n"
            "✘ build: failed in 0.0s\n"
            "○ a: up to date (image exists)\n");
}

TEST_F(TtyViewTest, ShowsMessagesAboveWhatRuns) {
  const auto id = view_->begin({"push", ""});
  screen();
  view_->log(id, LogLevel::kWarning, "slow\nretrying");
  view_->log(kNoActivity, LogLevel::kInfo, "3 tasks");
  view_->log(id, LogLevel::kDebug, "hidden");
  EXPECT_EQ(screen(),
            "push: warning: slow\n"
            "push: retrying\n"
            "3 tasks\n"
            "⠋ push     0s\n"
            "1 running · 0:00\n");
}

TEST_F(TtyViewTest, ShowsProgress) {
  const auto id = view_->begin({"pull", ""});
  view_->progress(id, {0, 1'200'000'000, "B"});
  clock_.advance(5.7);
  view_->progress(id, {456'000'000, 1'200'000'000, "B"});
  EXPECT_THAT(screen(), HasSubstr("███░░░░░░░ 38 % of 1.2 GB, 80 MB/s"));
}

TEST_F(TtyViewTest, MeasuresTheRateAnewWhenProgressStartsAnew) {
  const auto id = view_->begin({"pull", ""});
  view_->progress(id, {900'000'000, 1'000'000'000, "B"});
  clock_.advance(100);
  view_->progress(id, {0, 1'000'000'000, "B"});
  clock_.advance(2);
  view_->progress(id, {20'000'000, 1'000'000'000, "B"});
  EXPECT_THAT(screen(), HasSubstr("2 % of 1.0 GB, 10 MB/s"));
}

TEST_F(TtyViewTest, IsNotMovedByWhatProgramsPrint) {
  const auto id = view_->begin({"evil", ""});
  view_->output(id, "\033[2J\033[H\033]0;title\aowned\b\b\033[10A\r");
  EXPECT_THAT(screen(), HasSubstr("  | owned\n"));
  view_->end(id, ActivityStatus::kFailed, "\033[2Jbad\nnews");
  EXPECT_EQ(screen(), "evil | owned\n✘ evil: failed in 0.0s (bad news)\n");
}

TEST_F(TtyViewTest, DrawsEachFrameWithOneWrite) {
  const auto first = view_->begin({"a", ""});
  view_->begin({"b", ""});
  view_->draw();
  EXPECT_EQ(terminal_.receive().size(), 1u);
  view_->output(first, "x");
  view_->log(first, LogLevel::kInfo, "y");
  view_->end(first, ActivityStatus::kDone, "");
  EXPECT_THAT(terminal_.receive(), IsEmpty());
  view_->draw();
  EXPECT_EQ(terminal_.receive().size(), 1u);
  view_->draw();
  EXPECT_THAT(terminal_.receive(), IsEmpty()) << "nothing has changed";
}

TEST_F(TtyViewTest, HidesTheCursorOnlyWhileSomethingIsDrawn) {
  EXPECT_TRUE(terminal_.cursor_visible());
  const auto id = view_->begin({"a", ""});
  screen();
  EXPECT_FALSE(terminal_.cursor_visible());
  view_->end(id, ActivityStatus::kDone, "");
  screen();
  EXPECT_TRUE(terminal_.cursor_visible());
}

TEST_F(TtyViewTest, LeavesNothingOfWhatRunsWhenItIsDestroyed) {
  const auto id = view_->begin({"a", ""});
  view_->begin({"b", ""});
  screen();
  view_->end(id, ActivityStatus::kCancelled, "");
  EXPECT_EQ(screen_at_the_end(), "○ a: interrupted\n");
  EXPECT_TRUE(terminal_.cursor_visible());
  EXPECT_EQ(terminal_.cursor_column(), 0u);
}

TEST_F(TtyViewTest, PrintsWaitingLinesWhenItIsDestroyed) {
  view_->log(kNoActivity, LogLevel::kInfo, "bye");
  EXPECT_EQ(screen_at_the_end(), "bye\n");
}

TEST_F(TtyViewTest, MakesRoomForResultsOnTheSameTerminal) {
  const auto id = view_->begin({"push", ""});
  screen();
  view_->end(view_->begin({"build", ""}), ActivityStatus::kDone, "");
  view_->pause();
  terminal_.receive();
  EXPECT_EQ(terminal_.text(), "✔ build: done in 0.0s\n");
  terminal_.feed("sha256:1b2c\r\n");
  view_->resume();
  EXPECT_EQ(screen(), "✔ build: done in 0.0s\nsha256:1b2c\n⠋ push     0s\n1 running, 1 done · 0:00\n");
  view_->end(id, ActivityStatus::kDone, "");
  EXPECT_EQ(screen(), "✔ build: done in 0.0s\nsha256:1b2c\n✔ push: done in 0.0s\n");
}

TEST_F(TtyViewTest, LeavesTheScreenToAProgramThatEndsAtOnce) {
  const auto id = view_->begin({"build", "main.c changed"});
  view_->output(id, "cc main.c");
  view_->log(kNoActivity, LogLevel::kWarning, "stopping");
  screen();
  view_->abandon();
  view_->output(id, "cc more.c");
  EXPECT_EQ(screen(), "warning: stopping\n");
  EXPECT_TRUE(terminal_.cursor_visible());
  EXPECT_EQ(screen_at_the_end(), "warning: stopping\n");
}

TEST_F(TtyViewTest, HasLeftTheTerminalBeforeItsOwnerStarts) {
  view_->begin({"other", ""});
  view_->log(kNoActivity, LogLevel::kInfo, "starting a shell");
  screen();
  view_->begin({"shell", "", true});
  terminal_.receive();
  EXPECT_EQ(terminal_.text(), "starting a shell\n");
  EXPECT_TRUE(terminal_.cursor_visible());
}

TEST_F(TtyViewTest, IsSilentWhileTheTerminalHasAnOwner) {
  const auto other = view_->begin({"other", ""});
  const auto shell = view_->begin({"shell", "", true});
  terminal_.receive();
  view_->output(other, "x");
  view_->end(other, ActivityStatus::kFailed, "exit code 1");
  view_->begin({"third", ""});
  view_->draw();
  EXPECT_THAT(terminal_.receive(), IsEmpty());
  terminal_.feed("$ exit");
  view_->end(shell, ActivityStatus::kDone, "");
  EXPECT_EQ(screen(),
            "$ exit\n"
            "other | x\n"
            "✘ other: failed in 0.0s (exit code 1)\n"
            "✔ shell: done in 0.0s\n"
            "⠋ third     0s\n"
            "1 running, 1 done, 1 failed · 0:00\n");
}

TEST_F(TtyViewTest, LetsTheOwnerOfTheTerminalSpeakAtOnce) {
  const auto shell = view_->begin({"shell", "", true});
  view_->log(shell, LogLevel::kInfo, "$ bash");
  terminal_.receive();
  EXPECT_THAT(terminal_.text(), HasSubstr("shell: $ bash\n"));
}

TEST_F(TtyViewTest, WaitsForTheLastOfSeveralOwners) {
  const auto first = view_->begin({"first", "", true});
  const auto second = view_->begin({"second", "", true});
  view_->end(first, ActivityStatus::kDone, "");
  EXPECT_EQ(screen(), "");
  view_->end(second, ActivityStatus::kDone, "");
  EXPECT_EQ(screen(), "✔ first: done in 0.0s\n✔ second: done in 0.0s\n");
}

TEST_F(TtyViewTest, BoundsTheOutputThatWaitsForAnOwnerToEnd) {
  start(Verbosity::kDebug);
  const auto other = view_->begin({"other", ""});
  const auto shell = view_->begin({"shell", "", true});
  const std::string line(1000, 'x');
  for (int i = 0; i < 200; ++i) view_->output(other, line);
  view_->end(shell, ActivityStatus::kDone, "");
  view_.reset();
  terminal_.receive();
  EXPECT_THAT(terminal_.text(), HasSubstr("lines of output omitted)"));
}

TEST_F(TtyViewTest, SurvivesATerminalThatIsGone) {
  TtyView::Options options;
  options.fd = -1;
  TtyView view(std::move(options));
  view.end(view.begin({"a", ""}), ActivityStatus::kDone, "");
}

class NarrowTtyViewTest : public TtyViewTest {
 protected:
  NarrowTtyViewTest() : TtyViewTest({20, 6}) {}
};

TEST_F(NarrowTtyViewTest, NeverWrapsWhatItRedraws) {
  const auto id = view_->begin({"build_the_whole_image", "because everything changed"});
  view_->begin({"构建整个镜像构建整个镜像", ""});
  view_->progress(id, {456'000'000, 1'200'000'000, "B"});
  for (int i = 0; i < 5; ++i) {
    view_->output(id, "🚀 a long line of output that does not fit");
    clock_.advance(1000);
    screen();
  }
  EXPECT_EQ(terminal_.overlong(), 0u);
  EXPECT_EQ(screen(), "⠋ build_the…  1h23m\n  | 🚀 a long line…\n⠋ 构建整个…   1h23m\n2 running · 1:23:20\n");
}

TEST_F(NarrowTtyViewTest, NeverWrapsWhatHasEnded) {
  const auto step = view_->begin({"stage-0 3/7", "RUN make"});
  clock_.advance(1.3);
  view_->end(step, ActivityStatus::kDone, "");
  view_->end(view_->begin({"runtime tools 12/34", "RUN make"}), ActivityStatus::kCancelled,
             "its base was lost");
  view_->end(view_->begin({"构建整个镜像 3/7", "RUN make (cached)"}), ActivityStatus::kSkipped, "cached");
  screen();
  EXPECT_EQ(terminal_.overlong(), 0u);
  EXPECT_EQ(screen(), "✔ stage-0 3/7: 1.3s\n○ run…: interrupted\n○ 构建… 3/7: cached\n");
}

TEST_F(NarrowTtyViewTest, SaysHowManyItDoesNotShow) {
  for (int i = 0; i < 15; ++i) view_->begin({"task_" + std::to_string(i), ""});
  EXPECT_EQ(screen(), "⠋ task_0     0s\n⠋ task_1     0s\n  … and 13 more\n15 running · 0:00\n");
}

TEST_F(NarrowTtyViewTest, KeepsEveryLineThatScrollsAway) {
  view_->begin({"long", ""});
  std::string expected;
  for (int i = 0; i < 30; ++i) {
    view_->end(view_->begin({"t" + std::to_string(i), ""}), ActivityStatus::kDone, "");
    screen();
    expected += "✔ t" + std::to_string(i) + ": done in 0.0s\n";
  }
  EXPECT_THAT(screen(), ::testing::StartsWith(expected + "⠋ long"));
}

}  // namespace
}  // namespace ixian::ui
