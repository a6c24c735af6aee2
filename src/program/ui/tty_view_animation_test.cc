// The animation of the view, in real time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ui/fake_terminal.h"
#include "ui/tty_view.h"

namespace ixian::ui {
namespace {

using base::ActivityStatus;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class AnimatedTtyViewTest : public ::testing::Test {
 protected:
  void start() {
    TtyView::Options options;
    options.fd = terminal_.fd();
    options.size = [] { return TerminalSize{60, 12}; };
    view_ = std::make_unique<TtyView>(std::move(options));
  }

  FakeTerminal terminal_{60, 12};
  std::unique_ptr<TtyView> view_;
};

TEST_F(AnimatedTtyViewTest, DrawsByItselfAtMostTwelveTimesASecond) {
  start();
  view_->begin({"build", ""});
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const auto frames = terminal_.receive().size();
  EXPECT_GE(frames, 1u);
  EXPECT_LE(frames, 7u);
  EXPECT_THAT(terminal_.text(), HasSubstr("build"));
}

TEST_F(AnimatedTtyViewTest, ErasesWhatRanSoonAfterTheEndAndSleeps) {
  start();
  const auto id = view_->begin({"build", ""});
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  view_->end(id, ActivityStatus::kDone, "");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  terminal_.receive();
  EXPECT_THAT(terminal_.text(), Not(HasSubstr("running")));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_THAT(terminal_.receive(), IsEmpty());
}

TEST_F(AnimatedTtyViewTest, TakesEventsFromManyThreads) {
  start();
  const auto work = [&](int worker) {
    for (int i = 0; i < 20; ++i) {
      const auto name = "w" + std::to_string(worker) + "_" + std::to_string(i);
      const auto id = view_->begin({name, "why", i == 10 && worker == 0});
      view_->progress(id, {1, 2, "B"});
      view_->output(id, "line");
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      view_->end(id, ActivityStatus::kDone, "");
    }
  };
  std::vector<std::thread> threads;
  for (int worker = 0; worker < 4; ++worker) threads.emplace_back(work, worker);
  for (auto& thread : threads) thread.join();
  view_.reset();
  terminal_.receive();
  const auto text = terminal_.text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 80);
  EXPECT_THAT(text, Not(HasSubstr("running")));
  EXPECT_TRUE(terminal_.cursor_visible());
}

}  // namespace
}  // namespace ixian::ui
