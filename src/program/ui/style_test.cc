#include "ui/style.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace ixian::ui {
namespace {

Style choose(bool terminal, std::map<std::string, std::string> variables) {
  return Style::choose(terminal, [&](const char* name) -> std::string_view {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string_view() : found->second;
  });
}

bool is_coloured(const Style& style) {
  return !style.red.empty();
}

TEST(StyleColour, IsOnAtATerminal) {
  EXPECT_TRUE(is_coloured(choose(true, {{"TERM", "xterm"}})));
  EXPECT_FALSE(is_coloured(choose(false, {{"TERM", "xterm"}})));
}

TEST(StyleColour, IsOffAtADumbOrUnknownTerminal) {
  EXPECT_FALSE(is_coloured(choose(true, {{"TERM", "dumb"}})));
  EXPECT_FALSE(is_coloured(choose(true, {})));
}

TEST(StyleColour, IsOffWhereNoColorIsSetToAnything) {
  EXPECT_FALSE(is_coloured(choose(true, {{"TERM", "xterm"}, {"NO_COLOR", "0"}})));
  EXPECT_TRUE(is_coloured(choose(true, {{"TERM", "xterm"}, {"NO_COLOR", ""}})));
}

TEST(StyleColour, CanBeForced) {
  EXPECT_TRUE(is_coloured(choose(false, {{"CLICOLOR_FORCE", "1"}})));
  EXPECT_TRUE(is_coloured(choose(false, {{"FORCE_COLOR", "3"}})));
  EXPECT_FALSE(is_coloured(choose(false, {{"FORCE_COLOR", "0"}})));
  EXPECT_FALSE(is_coloured(choose(false, {{"CLICOLOR_FORCE", ""}})));
}

TEST(StyleColour, IsNotForcedAgainstNoColor) {
  EXPECT_FALSE(is_coloured(choose(true, {{"FORCE_COLOR", "1"}, {"NO_COLOR", "1"}})));
}

TEST(StyleMarks, AreUnicodeUnlessALocaleSaysOtherwise) {
  EXPECT_EQ(choose(true, {}).tick, "✔");
  EXPECT_EQ(choose(true, {{"LANG", "de_DE.UTF-8"}}).tick, "✔");
  EXPECT_EQ(choose(true, {{"LANG", "C.utf8"}}).tick, "✔");
  EXPECT_EQ(choose(true, {{"LANG", "de_DE.ISO-8859-1"}}).tick, "+");
  EXPECT_EQ(choose(true, {{"LANG", "C"}}).tick, "+");
}

TEST(StyleMarks, FollowTheFirstLocaleVariableThatIsNotEmpty) {
  EXPECT_EQ(choose(true, {{"LC_ALL", "POSIX"}, {"LANG", "en_US.UTF-8"}}).cross, "x");
  EXPECT_EQ(choose(true, {{"LC_ALL", ""}, {"LC_CTYPE", "C.UTF-8"}, {"LANG", "C"}}).cross, "✘");
}

TEST(StyleMarks, AreAsciiOnTheLinuxConsole) {
  EXPECT_EQ(choose(true, {{"TERM", "linux"}, {"LANG", "C.UTF-8"}}).circle, "o");
}

TEST(StylePaint, ResetsAfterTheText) {
  const auto style = Style::make(true, true);
  EXPECT_EQ(style.paint(style.red, "no"), "\033[31mno\033[0m");
}

TEST(StylePaint, LeavesTheTextAloneWithoutColour) {
  const auto style = Style::make(false, true);
  EXPECT_EQ(style.paint(style.red, "no"), "no");
}

}  // namespace
}  // namespace ixian::ui
