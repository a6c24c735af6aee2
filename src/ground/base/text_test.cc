#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <unordered_map>

#include "base/utf8.h"

namespace ixian::base {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Split, GivesAtLeastOnePiece) {
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_THAT(split("a,,b,", ','), ElementsAre("a", "", "b", ""));
}

TEST(Join, IsTheInverseOfSplit) {
  EXPECT_EQ(join(split("a,,b,", ','), ","), "a,,b,");
  EXPECT_EQ(join(std::vector<std::string>{}, ","), "");
}

TEST(Trim, TakesWhiteSpaceAtBothEnds) {
  EXPECT_EQ(trim(" \t\r\na b\n "), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(Case, ChangesAsciiOnly) {
  EXPECT_EQ(to_lower("AZ[@Ü"), "az[@Ü");
  EXPECT_EQ(to_upper("az{`ü"), "AZ{`ü");
}

TEST(Suggestions, AreAtMostThreeBestFirst) {
  EXPECT_THAT(suggestions("tent", {"test", "text", "ten", "tents", "bent", "zzz"}),
              ElementsAre("tents", "bent", "ten"));
  EXPECT_THAT(suggestions("xyz", {"build", "test"}), IsEmpty());
  EXPECT_THAT(suggestions("BUILD", {"build"}), ElementsAre("build"));
}

TEST(Suggestions, AreNeverTheThingItself) {
  EXPECT_THAT(suggestions("b", {"a", "b"}), IsEmpty());
  EXPECT_EQ(did_you_mean("test", {"test", "tests"}), "");
}

TEST(Suggestions, TwoLettersThatChangedPlacesAreNear) {
  EXPECT_THAT(suggestions("biuld", {"build", "test"}), ElementsAre("build"));
  EXPECT_THAT(suggestions("tset", {"build", "test"}), ElementsAre("test"));
}

TEST(Suggestions, BecomeAQuestion) {
  EXPECT_EQ(did_you_mean("tesd", {"test", "text"}), " (did you mean test?)");
  EXPECT_EQ(did_you_mean("tent", {"test", "text"}), " (did you mean test or text?)");
  EXPECT_EQ(did_you_mean("nothing", {"test"}), "");
}

TEST(Counted, MakesThePlural) {
  EXPECT_EQ(counted(1, "tag"), "1 tag");
  EXPECT_EQ(counted(0, "tag"), "0 tags");
  EXPECT_EQ(counted(2, "repository", "repositories"), "2 repositories");
}

std::vector<std::string> words_of(std::string_view command) {
  std::vector<std::string> words{"left over"};
  EXPECT_TRUE(split_words(command, words)) << command;
  return words;
}

TEST(SplitWords, SplitsAtWhiteSpace) {
  EXPECT_THAT(words_of(" a\t b\nc "), ElementsAre("a", "b", "c"));
  EXPECT_THAT(words_of(" \n"), IsEmpty());
}

TEST(SplitWords, QuotesKeepWordsTogetherAndMakeEmptyOnes) {
  EXPECT_THAT(words_of(R"(a'b c'"d e"f '' "")"), ElementsAre("ab cd ef", "", ""));
  EXPECT_THAT(words_of(R"("it's" 'say "x"')"), ElementsAre("it's", "say \"x\""));
}

TEST(SplitWords, BackslashesEscapeAsInAShell) {
  EXPECT_THAT(words_of(R"(a\ b \' \" \\ \n)"), ElementsAre("a b", "'", "\"", "\\", "n"));
  EXPECT_THAT(words_of(R"("\" \\ \$ \` \n \'" '\')"), ElementsAre(R"(" \ $ ` \n \')", "\\"));
}

TEST(SplitWords, ABackslashBeforeANewlineContinuesTheLine) {
  EXPECT_THAT(words_of("docker run \\\n  image"), ElementsAre("docker", "run", "image"));
  EXPECT_THAT(words_of("a\\\nb \"c\\\nd\""), ElementsAre("ab", "cd"));
}

TEST(SplitWords, NothingIsExpanded) {
  EXPECT_THAT(words_of("$HOME *.py ~ `x` a;b #c"), ElementsAre("$HOME", "*.py", "~", "`x`", "a;b", "#c"));
}

TEST(SplitWords, AnOpenQuoteIsRefused) {
  std::vector<std::string> words;
  for (const char* command : {"'", "\"", "a 'b", "a \"b\\\"", "'\\"})
    EXPECT_FALSE(split_words(command, words)) << command;
}

TEST(ShellQuote, LeavesPlainWordsAlone) {
  EXPECT_EQ(shell_quote("a/b-c_d.e=f@1.0:+%,"), "a/b-c_d.e=f@1.0:+%,");
  EXPECT_EQ(shell_quote(""), "''");
  EXPECT_EQ(shell_quote("it's"), R"('it'\''s')");
  for (const char* word : {"~", "*", "a b", "$x", "#x", "!", "ü", "{a,b}"})
    EXPECT_NE(shell_quote(word), word);
}

TEST(ShellQuote, IsUndoneBySplitWords) {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string word(random() % 12, ' ');
    for (char& c : word)
      c = static_cast<char>(round % 2 == 0 ? 1 + random() % 255 : " '\"\\\n$a"[random() % 7]);
    EXPECT_THAT(words_of(shell_quote(word)), ElementsAre(word));
    EXPECT_THAT(words_of(shell_quote(word) + " " + shell_quote("x" + word)), ElementsAre(word, "x" + word));
  }
}

TEST(PrintablePath, ShowsBytesThatCannotBeShown) {
  EXPECT_EQ(printable_path("a b/ü€😀~"), "a b/ü€😀~");
  EXPECT_EQ(printable_path("\n\x1b\x7f"), "\\x0a\\x1b\\x7f");
  EXPECT_EQ(printable_path("a\\x0a"), "a\\\\x0a");
  EXPECT_EQ(printable_path("\xff\xc3"), "\\xff\\xc3");
}

TEST(PrintablePath, ShowsTheControlCharactersBeyondAscii) {
  EXPECT_EQ(printable_path("a\xc2\x9b"
                           "31m"),
            "a\\xc2\\x9b31m")
      << "U+009B begins an escape sequence";
  EXPECT_EQ(printable_path("\xc2\x80\xc2\x9f\xc2\xa0"), "\\xc2\\x80\\xc2\\x9f\xc2\xa0");
}

TEST(PrintablePath, DifferentNamesStayDifferentAndValid) {
  std::mt19937 random(3);
  std::unordered_map<std::string, std::string> seen;
  for (int i = 0; i < 50'000; ++i) {
    std::string name(random() % 5, ' ');
    for (char& c : name) c = "\\x0a\n\xc3\xbc\xff"[random() % 8];
    const std::string shown = printable_path(name);
    EXPECT_EQ(seen.emplace(shown, name).first->second, name);
    for (std::size_t at = 0, length = 0; at < shown.size(); at += length) {
      length = utf8_length(std::string_view(shown).substr(at));
      ASSERT_NE(length, 0u) << shown;
    }
  }
}

}  // namespace
}  // namespace ixian::base
