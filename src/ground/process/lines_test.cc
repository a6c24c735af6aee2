#include "process/lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace ixian::process {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LineSplitterTest : public ::testing::Test {
 protected:
  void feed(std::string_view bytes) { splitter_.feed(bytes, keep_); }

  std::vector<std::string> lines_;
  LineSplitter::OnLine keep_ = [this](std::string_view line) { lines_.emplace_back(line); };
  LineSplitter splitter_;
};

TEST_F(LineSplitterTest, LinesMayComeInPieces) {
  feed("on");
  EXPECT_THAT(lines_, IsEmpty());
  feed("e\ntwo\n\nthr");
  EXPECT_THAT(lines_, ElementsAre("one", "two", ""));
}

TEST_F(LineSplitterTest, CarriageReturnsBeforeTheEndGo) {
  feed("one\r\ntw\ro\r\n");
  EXPECT_THAT(lines_, ElementsAre("one", "tw\ro"));
}

TEST_F(LineSplitterTest, TheRestIsALineAtTheEnd) {
  feed("one\ntwo");
  splitter_.finish(keep_);
  splitter_.finish(keep_);
  EXPECT_THAT(lines_, ElementsAre("one", "two"));
}

TEST_F(LineSplitterTest, WhatNeverEndsIsCutRatherThanKept) {
  for (int i = 0; i < 3; ++i) feed(std::string(1 << 20, 'x'));
  EXPECT_THAT(lines_, SizeIs(::testing::Gt(0u)));
}

}  // namespace
}  // namespace ixian::process
