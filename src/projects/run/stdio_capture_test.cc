#include "run/stdio_capture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "testing/recording_sink.h"
#include "testing/temp_folder.h"

namespace ixian::run {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class OutputGuardTest : public ::testing::Test {
 protected:
  ~OutputGuardTest() override { EXPECT_FALSE(sink.contract_broken()); }

  static void print(int fd, const std::string& text) {
    ASSERT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  ixian::testing::RecordingSink sink;
  StdioCapture guard{sink};
};

TEST_F(OutputGuardTest, LinesOfBothOutputsAreToldAsTheRunningTasks) {
  const auto lib = sink.begin({"lib", "", false, false});
  guard.begin(lib);
  print(STDOUT_FILENO, "one\ntw");
  print(STDERR_FILENO, "o\nrest");
  guard.disengage();
  guard.end(lib);
  sink.end(lib, base::ActivityStatus::kDone, "");
  EXPECT_THAT(sink.outputs(), ElementsAre("lib: one", "lib: two", "lib: rest"));
}

TEST_F(OutputGuardTest, LinesAreNobodysWhileSeveralRun) {
  const auto lib = sink.begin({"lib", "", false, false});
  const auto docs = sink.begin({"docs", "", false, false});
  guard.begin(lib);
  guard.begin(docs);
  print(STDOUT_FILENO, "whose?\n");
  guard.disengage();
  EXPECT_THAT(sink.outputs(), ElementsAre(": whose?"));
  sink.end(lib, base::ActivityStatus::kDone, "");
  sink.end(docs, base::ActivityStatus::kDone, "");
}

TEST_F(OutputGuardTest, WhatATaskWroteJustBeforeItEndedIsItsOwn) {
  for (int i = 0; i < 200; ++i) {
    const auto id = sink.begin({"lib", "", false, false});
    guard.begin(id);
    print(STDOUT_FILENO, "bye\n");
    guard.end(id);
    sink.end(id, base::ActivityStatus::kDone, "");
  }
  guard.disengage();
  EXPECT_THAT(sink.outputs(), ::testing::Each("lib: bye"));
  EXPECT_EQ(sink.outputs().size(), 200u);
}

TEST_F(OutputGuardTest, TheTerminalIsBackAfterwardsAndTheGuardCanBeUsedAgain) {
  const ixian::testing::TempFolder folder;
  for (int i = 0; i < 3; ++i) {
    guard.begin(base::kNoActivity);
    print(STDOUT_FILENO, "guarded\n");
    guard.disengage();
    guard.end(base::kNoActivity);
  }
  ::testing::internal::CaptureStdout();
  print(STDOUT_FILENO, "free\n");
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "free\n");
  EXPECT_THAT(sink.outputs(), ElementsAre(": guarded", ": guarded", ": guarded"));
}

TEST_F(OutputGuardTest, NothingHappensWhenItWasNeverNeeded) {
  guard.disengage();
  EXPECT_THAT(sink.outputs(), IsEmpty());
}

}  // namespace
}  // namespace ixian::run
