#include "ui/live_region.h"

#include <gtest/gtest.h>

#include "ui/fake_terminal.h"

namespace ixian::ui {
namespace {

class RegionTest : public ::testing::Test {
 protected:
  std::string replace(std::string_view above, const std::vector<std::string>& lines) {
    std::vector<FrameLine> frame;
    for (const auto& line : lines) frame.push_back({line, line.size()});
    auto bytes = region_.replace(above, std::move(frame), 20);
    terminal_.feed(bytes);
    EXPECT_EQ(terminal_.unknown(), "");
    return bytes;
  }

  FakeTerminal terminal_{20, 6};
  LiveRegion region_{true};
};

TEST_F(RegionTest, ChangesLinesInPlace) {
  replace("", {"one", "two"});
  replace("", {"1", "2 and more"});
  EXPECT_EQ(terminal_.text(), "1\n2 and more\n");
}

TEST_F(RegionTest, GrowsAndShrinks) {
  replace("", {"one"});
  replace("", {"one", "two", "three"});
  EXPECT_EQ(terminal_.text(), "one\ntwo\nthree\n");
  replace("", {"three"});
  EXPECT_EQ(terminal_.text(), "three\n");
}

TEST_F(RegionTest, LeavesNothingBehind) {
  replace("above\n", {"one", "two"});
  EXPECT_FALSE(terminal_.cursor_visible());
  replace("", {});
  EXPECT_EQ(terminal_.text(), "above\n");
  EXPECT_TRUE(terminal_.cursor_visible());
  EXPECT_EQ(terminal_.cursor_column(), 0u);
}

TEST_F(RegionTest, ScrollsLinesUpAbove) {
  replace("", {"one", "two"});
  for (int i = 0; i < 10; ++i) replace("line " + std::to_string(i) + "\n", {"one", "two"});
  std::string expected;
  for (int i = 0; i < 10; ++i) expected += "line " + std::to_string(i) + "\n";
  EXPECT_EQ(terminal_.text(), expected + "one\ntwo\n");
}

TEST_F(RegionTest, KeepsLinesAboveThatWrapOrFillTheTerminal) {
  const std::string full(20, 'f');
  const std::string longer(50, 'l');
  replace("", {"one", "two", "three"});
  replace(full + "\n" + longer + "\n", {"one"});
  EXPECT_EQ(terminal_.text(), full + "\n" + std::string(20, 'l') + "\n" + std::string(20, 'l') + "\n" +
                                  std::string(10, 'l') + "\none\n");
}

TEST_F(RegionTest, LeavesNothingBehindOfALoneLineAtTheBottom) {
  for (int i = 0; i < 10; ++i) replace("above\n", {});
  replace("", {"one"});
  replace("more\n", {"one"});
  replace("", {});
  EXPECT_TRUE(terminal_.text().ends_with("above\nmore\n")) << terminal_.text();
}

TEST_F(RegionTest, WritesNothingWhereNothingChanges) {
  replace("", {"one"});
  EXPECT_EQ(replace("", {"one"}), "");
  replace("", {});
  EXPECT_EQ(replace("", {}), "");
}

TEST_F(RegionTest, NeverBlanksALineThatItRedraws) {
  replace("", {"one", "two"});
  const auto bytes = replace("", {"1", "2"});
  EXPECT_EQ(bytes, "\r\033[1A\033[?7l1\033[K\r\n2\033[J\r\033[?7h");
}

TEST_F(RegionTest, DrawsOverWhatTheTerminalEchoes) {
  replace("", {"one", "two"});
  terminal_.feed("^C");
  replace("", {"one", "2"});
  EXPECT_EQ(terminal_.text(), "one\n2\n");
}

TEST_F(RegionTest, GoesBackOverLinesThatANarrowerTerminalHasWrapped) {
  region_.replace("", {{std::string(15, 'x'), 15}, {std::string(15, 'y'), 15}}, 20);
  const auto bytes = region_.replace("", {}, 10);
  EXPECT_EQ(bytes, "\r\033[2A\033[K\033[B\033[J\033[A\033[?25h");
}

TEST_F(RegionTest, ErasesItsRowsWhenTheWidthChanges) {
  region_.replace("", {{"one", 3}, {"two", 3}}, 20);
  EXPECT_TRUE(
      region_.replace("", {{"one", 3}, {"two", 3}}, 10).starts_with("\r\033[1A\033[K\033[B\033[J\033[A"));
  EXPECT_TRUE(region_.replace("", {{"one", 3}, {"2", 1}}, 10).starts_with("\r\033[1A\033[?7l"));
}

TEST_F(RegionTest, LeavesLinesAboveAloneWhereTheTerminalDoesNotWrapThem) {
  LiveRegion region(false);
  region.replace("", {{std::string(15, 'x'), 15}, {std::string(15, 'y'), 15}}, 20);
  EXPECT_TRUE(region.replace("", {}, 10).starts_with("\r\033[1A"));
}

TEST_F(RegionTest, IsClippedWhereTheTerminalIsNarrowerThanItSaid) {
  const std::vector<FrameLine> lines{{std::string(30, 'x'), 30}, {"two", 3}};
  terminal_.feed(region_.replace("", lines, 40));
  EXPECT_EQ(terminal_.text(), std::string(19, 'x') + "\ntwo\n");
}

TEST_F(RegionTest, FindsAFreshLineBehindTextAndWhereThereIsNone) {
  terminal_.feed("$ exit");
  terminal_.feed(LiveRegion::fresh_line(20) + "a\r\n");
  terminal_.feed(LiveRegion::fresh_line(20) + "b");
  EXPECT_EQ(terminal_.text(), "$ exit\na\nb\n");
}

}  // namespace
}  // namespace ixian::ui
