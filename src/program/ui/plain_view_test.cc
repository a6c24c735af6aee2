#include "ui/plain_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "ui/fake_clock.h"
#include "ui/fake_terminal.h"

namespace ixian::ui {
namespace {

using base::ActivityStatus;
using base::kNoActivity;
using base::LogLevel;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PlainViewTest : public ::testing::Test {
 protected:
  PlainView view(Verbosity threshold, const Style& style = Style::make(false, true)) {
    return PlainView({terminal_.fd(), threshold, style, clock_.clock()});
  }

  FakeTerminal terminal_{80, 24};
  FakeClock clock_;
};

TEST_F(PlainViewTest, TellsAnActivityFromItsStartToItsEnd) {
  auto view = this->view(Verbosity::kInfo);
  const auto id = view.begin({"build", "main.c changed"});
  view.output(id, "cc main.c");
  view.log(id, LogLevel::kInfo, "cached");
  clock_.advance(1.24);
  view.end(id, ActivityStatus::kDone, "");
  EXPECT_THAT(terminal_.receive(), ElementsAre("build: main.c changed\n", "build | cc main.c\n",
                                               "build: cached\n", "build: done in 1.2s\n"));
}

TEST_F(PlainViewTest, LinesOfAStageAreASectionOnACiService) {
  {
    PlainView view(
        {terminal_.fd(), Verbosity::kInfo, Style::make(false, true), clock_.clock(), CiService::kGithub});
    const auto id = view.begin({"web 1/2", "RUN x"});
    view.log(kNoActivity, LogLevel::kWarning, "slow");
    view.output(id, "y");
  }
  EXPECT_THAT(terminal_.receive(),
              ElementsAre("::group::web\nweb 1/2: RUN x\n", "::endgroup::\nwarning: slow\n",
                          "::group::web\nweb 1/2 | y\n", "::endgroup::\n"));
}

TEST_F(PlainViewTest, SaysNothingAtTheStartWithoutADetail) {
  auto view = this->view(Verbosity::kInfo);
  view.begin({"build", ""});
  EXPECT_THAT(terminal_.receive(), IsEmpty());
}

TEST_F(PlainViewTest, SaysHowAnActivityEnded) {
  auto view = this->view(Verbosity::kDebug);
  view.end(view.begin({"a", ""}), ActivityStatus::kSkipped, "image exists");
  view.end(view.begin({"b", ""}), ActivityStatus::kSkipped, "");
  view.end(view.begin({"c", ""}), ActivityStatus::kFailed, "exit code 1");
  view.end(view.begin({"d", ""}), ActivityStatus::kCancelled, "");
  EXPECT_THAT(terminal_.receive(), ElementsAre("a: up to date (image exists)\n", "b: up to date\n",
                                               "c: failed in 0.0s (exit code 1)\n", "d: interrupted\n"));
}

TEST_F(PlainViewTest, SaysHowManyBytesWereMoved) {
  auto view = this->view(Verbosity::kInfo);
  const auto pull = view.begin({"pull", ""});
  view.progress(pull, {1'000'000, 2'100'000, "B"});
  view.progress(pull, {2'100'000, 2'100'000, "B"});
  view.end(pull, ActivityStatus::kDone, "");
  const auto push = view.begin({"push", ""});
  view.progress(push, {2'000, 2'000, "B"});
  view.end(push, ActivityStatus::kFailed, "denied");
  view.progress(kNoActivity, {1, 2, "steps"});
  EXPECT_THAT(terminal_.receive(),
              ElementsAre("pull: done in 0.0s (2.1 MB)\n", "push: failed in 0.0s (denied)\n"));
}

TEST_F(PlainViewTest, DoesNotListWhatIsUpToDate) {
  auto view = this->view(Verbosity::kInfo);
  view.end(view.begin({"a", ""}), ActivityStatus::kSkipped, "image exists");
  EXPECT_THAT(terminal_.receive(), IsEmpty());
}

TEST_F(PlainViewTest, SaysNothingOfACommandThatSucceeds) {
  auto view = this->view(Verbosity::kInfo);
  view.end(view.begin({"bash", "", true, true}), base::ActivityStatus::kDone, "");
  EXPECT_THAT(terminal_.receive(), ElementsAre());
  view.end(view.begin({"bash", "", true, true}), base::ActivityStatus::kFailed, "");
  EXPECT_THAT(terminal_.receive(), ElementsAre("bash: failed in 0.0s\n"));
}

TEST_F(PlainViewTest, NamesEachLineOfAMessageAndWritesItAtOnce) {
  auto view = this->view(Verbosity::kInfo);
  const auto id = view.begin({"push", ""});
  view.log(id, LogLevel::kWarning, "slow\nretrying");
  EXPECT_THAT(terminal_.receive(), ElementsAre("push: warning: slow\npush: retrying\n"));
}

TEST_F(PlainViewTest, GivesMessagesOfTheProgramNoName) {
  auto view = this->view(Verbosity::kInfo);
  view.log(kNoActivity, LogLevel::kInfo, "3 tasks");
  view.log(kNoActivity, LogLevel::kError, "no such task");
  EXPECT_THAT(terminal_.receive(), ElementsAre("3 tasks\n", "error: no such task\n"));
}

TEST_F(PlainViewTest, HidesWhatIsBelowTheThreshold) {
  auto view = this->view(Verbosity::kWarning);
  const auto id = view.begin({"build", "changed"});
  view.log(id, LogLevel::kInfo, "cached");
  view.log(id, LogLevel::kWarning, "slow");
  view.output(id, "program");
  view.end(id, ActivityStatus::kDone, "");
  EXPECT_THAT(terminal_.receive(), ElementsAre("build: warning: slow\n", "build | program\n"));
}

TEST_F(PlainViewTest, TellsOnlyOfFailureWithItsOutputWhenQuiet) {
  auto view = this->view(Verbosity::kError);
  const auto good = view.begin({"good", "changed"});
  const auto bad = view.begin({"bad", "changed"});
  view.output(good, "fine");
  view.output(bad, "oops");
  view.end(good, ActivityStatus::kDone, "");
  EXPECT_THAT(terminal_.receive(), IsEmpty());
  view.end(bad, ActivityStatus::kFailed, "exit code 2");
  EXPECT_THAT(terminal_.receive(), ElementsAre("bad | oops\nbad: failed in 0.0s (exit code 2)\n"));
}

TEST_F(PlainViewTest, KeepsTheOutputToItselfAtNone) {
  auto view = this->view(Verbosity::kNone);
  const auto id = view.begin({"bad", ""});
  view.output(id, "oops");
  view.end(id, ActivityStatus::kFailed, "");
  EXPECT_THAT(terminal_.receive(), ElementsAre("bad: failed in 0.0s\n"));
}

TEST_F(PlainViewTest, StripsWhatWouldMoveTheCursor) {
  auto view = this->view(Verbosity::kInfo);
  view.output(view.begin({"a", ""}), "\033[2J\033[1mhi\033[0m\a");
  EXPECT_THAT(terminal_.receive(), ElementsAre("a | hi\n"));
}

TEST_F(PlainViewTest, ColoursWhereTheStyleDoes) {
  auto view = this->view(Verbosity::kInfo, Style::make(true, true));
  view.log(kNoActivity, LogLevel::kError, "no");
  EXPECT_THAT(terminal_.receive(), ElementsAre("\033[31merror:\033[0m no\n"));
}

TEST_F(PlainViewTest, NeverMixesTheLinesOfThreads) {
  auto view = this->view(Verbosity::kInfo);
  const auto talk = [&view](const std::string& name) {
    const auto id = view.begin({name, ""});
    for (int i = 0; i < 20; ++i) view.output(id, "line");
    view.end(id, ActivityStatus::kFailed, "");
  };
  std::thread a(talk, "a");
  std::thread b(talk, "b");
  a.join();
  b.join();
  const auto writes = terminal_.receive();
  EXPECT_EQ(writes.size(), 42u);
  EXPECT_THAT(writes,
              ::testing::Each(::testing::ContainsRegex("^[ab]( [|] line|: failed in 0[.][0-9]s)\n$")));
}

TEST_F(PlainViewTest, IgnoresThatNobodyReads) {
  PlainView view({-1, Verbosity::kInfo, Style::make(false, true), clock_.clock()});
  view.end(view.begin({"a", "why"}), ActivityStatus::kDone, "");
}

}  // namespace
}  // namespace ixian::ui
