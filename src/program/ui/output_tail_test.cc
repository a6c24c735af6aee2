#include "ui/output_tail.h"

#include <gtest/gtest.h>

namespace ixian::ui {
namespace {

TEST(OutputTail, KeepsTheLastLinesAndCountsTheOthers) {
  OutputTail tail;
  for (std::size_t i = 0; i < OutputTail::kMaxLines + 5; ++i) tail.add(std::to_string(i));
  EXPECT_EQ(tail.lines().size(), OutputTail::kMaxLines);
  EXPECT_EQ(tail.lines().front(), "5");
  EXPECT_EQ(tail.dropped(), 5u);
}

TEST(OutputTail, IsBoundedInBytes) {
  OutputTail tail;
  for (int i = 0; i < 100; ++i) tail.add(std::string(1 << 20, 'x'));
  std::size_t bytes = 0;
  for (const auto& line : tail.lines()) bytes += line.size();
  EXPECT_LE(bytes, OutputTail::kMaxBytes);
  EXPECT_EQ(tail.lines().size() + tail.dropped(), 100u);
}

TEST(OutputTail, RemembersTheLastLineThatSaysSomething) {
  OutputTail tail;
  EXPECT_EQ(tail.last(), "");
  tail.add("compiling");
  tail.add("  ");
  tail.add("");
  EXPECT_EQ(tail.last(), "compiling");
}

}  // namespace
}  // namespace ixian::ui
