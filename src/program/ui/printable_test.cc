#include "ui/printable.h"

#include <gtest/gtest.h>

#include <string>

#include "base/json.h"

namespace ixian::ui {
namespace {

using namespace std::string_literals;

TEST(Printable, LeavesTextAlone) {
  EXPECT_EQ(printable("Größe: 3 µm 中文"), "Größe: 3 µm 中文");
}

TEST(Printable, DropsColoursAndCursorMovement) {
  EXPECT_EQ(printable("\033[1;31mred\033[0m\033[2J\033[5;5H\033[?25l!"), "red!");
}

TEST(Printable, DropsStringsForTheTerminal) {
  EXPECT_EQ(printable("a\033]0;title\ab"), "ab");
  EXPECT_EQ(printable("a\033]8;;https://x\033\\link\033]8;;\033\\b"), "alinkb");
  EXPECT_EQ(printable("a\033Pq#0\033\\b"), "ab");
}

TEST(Printable, DropsOtherEscapes) {
  EXPECT_EQ(printable("a\033(Bb\0337c\033="), "abc");
  EXPECT_EQ(printable("a\033"), "a");
  EXPECT_EQ(printable("a\033[31"), "a");
}

TEST(Printable, DropsControlsOfOneCharacter) {
  EXPECT_EQ(printable("a\xc2\x9b"
                      "31mb\xc2\x9d"
                      "0;title\xc2\x9c"
                      "c\xc2\x85"
                      "d"),
            "abcd");
  EXPECT_EQ(printable("a\a\b\x7f\0b"s), "ab");
}

TEST(Printable, EndsAStringForTheTerminalWhereAnotherSequenceStarts) {
  EXPECT_EQ(printable("a\033]0;title\033[31mb"), "ab");
}

TEST(Printable, SurvivesAnyNumberOfUnfinishedSequences) {
  std::string hostile;
  for (int i = 0; i < 100'000; ++i) hostile += "\033]";
  EXPECT_EQ(printable(hostile), "");
}

TEST(Printable, DropsMarksThatReorderText) {
  EXPECT_EQ(printable("a\u202e\u2066b\u2028c\u200f"), "abc");
}

TEST(Printable, ShowsWhatACarriageReturnLeaves) {
  EXPECT_EQ(printable("10 %\r20 %\r100 %"), "100 %");
  EXPECT_EQ(printable("text\r"), "text");
  EXPECT_EQ(printable("text\r\033[K"), "text");
}

TEST(Printable, ExpandsTabs) {
  EXPECT_EQ(printable("\ta"), "        a");
  EXPECT_EQ(printable("abc\td"), "abc     d");
}

TEST(Printable, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(printable("a\xff\xc3"), "a\ufffd\ufffd");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\ufffd\ufffd\ufffd");
}

TEST(Printable, MakesOneLine) {
  EXPECT_EQ(printable("a\nb"), "a b");
}

TEST(CutTo, LeavesTextThatFits) {
  EXPECT_EQ(cut_to("abc", 3, "…"), "abc");
  EXPECT_EQ(cut_to("", 0, "…"), "");
}

TEST(CutTo, EndsInAnEllipsisWithinTheColumns) {
  EXPECT_EQ(cut_to("abcd", 3, "…"), "ab…");
  EXPECT_EQ(cut_to("abcd", 1, "…"), "…");
  EXPECT_EQ(cut_to("abcd", 0, "…"), "");
}

TEST(CutTo, DoesNotSplitWideCharacters) {
  EXPECT_EQ(cut_to("中文中", 4, "~"), "中~");
  EXPECT_EQ(cut_to("中文", 4, "~"), "中文");
}

TEST(PrintableText, EscapesWhatSteersATerminal) {
  EXPECT_EQ(printable_text("a\tb\nc", {}), "a\tb\nc");
  EXPECT_EQ(printable_text("\033]0;t\007\r\b\x7f", {}), "\\x1b]0;t\\x07\\x0d\\x08\\x7f");
  EXPECT_EQ(printable_text("\xc2\x9b"
                           "31m",
                           {}),
            "\\u009b31m");
  EXPECT_EQ(printable_text("\xe2\x80\xae"
                           "txt.exe\xe2\x81\xa6\xe2\x81\xa9",
                           {}),
            "\\u202etxt.exe\\u2066\\u2069");
  EXPECT_EQ(printable_text("\xff\xc2", {}), "\\xff\\xc2");
  EXPECT_EQ(printable_text("\xc3\xa9\xe2\x9c\x94", {}), "\xc3\xa9\xe2\x9c\x94");
}

TEST(PrintableText, LetsOnlyOurOwnColoursThrough) {
  const Style style = Style::make(true, true).sealed();
  EXPECT_EQ(printable_text(style.paint(style.red, "a\033[31mb"), style), "\033[31ma\\x1b[31mb\033[0m");
  const Style none = Style::make(false, true).sealed();
  EXPECT_EQ(printable_text(none.paint(none.red, "a"), none), "a");
}

TEST(PrintableText, KeepsALineALine) {
  EXPECT_EQ(printable_line("a\nb\tc\033"), "a\\nb\\tc\\x1b");
}

TEST(PrintableJson, IsTheSameValue) {
  const std::string text = "\xc3\xa9 \xc2\x9b \xe2\x80\xae \x7f \\u001b";
  const std::string document = "{\n  \"k\": \"" + text + "\"\n}";
  const std::string shown = printable_json(document);
  EXPECT_EQ(shown, "{\n  \"k\": \"\xc3\xa9 \\u009b \\u202e \\u007f \\u001b\"\n}");
  EXPECT_EQ(base::parse_json(shown), base::parse_json(document));
}

TEST(CutName, KeepsTheNumberAtItsEnd) {
  EXPECT_EQ(cut_name("stage-0 3/7", 11, "…"), "stage-0 3/7");
  EXPECT_EQ(cut_name("stage-0 3/7", 10, "…"), "stage… 3/7");
  EXPECT_EQ(cut_name("stage-0 3/7", 6, "…"), "s… 3/7");
  EXPECT_EQ(cut_name("stage-0 3/7", 5, "…"), "stag…");
  EXPECT_EQ(cut_name("pull 1b2c3d", 8, "…"), "pull 1b…");
}

}  // namespace
}  // namespace ixian::ui
