// The wildcard languages beside each other. What is expected of each text is what the original says: Go's
// filepath.Match, moby/patternmatcher and Python's fnmatch were run over the table. 1: it matches, 0: it does
// not, !: the pattern is malformed,
// -: is not compared (the empty path is the context itself; a backslash before a letter comes out as a
// regular expression's there).
#include "pattern/glob.h"

#include <gtest/gtest.h>

#include <iterator>
#include <stdexcept>

#include "pattern/ignore_pattern.h"
#include "pattern/path_match.h"
#include "pattern/python_glob.h"

namespace ixian::pattern {
namespace {

const char* const kTexts[] = {
    "",    "a",    "b", "ab", "abc", "a/b", "a/b/c", "b.o",   "x/y/b.o", ".o",      "a[", "*",
    "\\*", "a\\b", "]", "é",  "éa",  "!",   "^",     "axbyc", "a/x/y/b", "x/a/y/b", "a9", "abxbbxdbxebxczzx",
    "bx",  "a/"};

struct Row {
  const char* pattern;
  const char* go;
  const char* ignore;
  const char* python;
};

constexpr Row kRows[] = {
    {"*", "11111001011111111111001110", "-1111111111111111111111111", "11111111111111111111111111"},
    {"a*", "01011000001001000001001100", "-1011110001001000001101101", "01011110001001000001101101"},
    {"*a", "01000000000000001000000000", "-1000110000000001000100001", "01000000000000001000000000"},
    {"?", "01100000000100110110000000", "-1100110100100110110110001", "01100000000100110110000000"},
    {"a?b", "00000000000001000000000000", "-0000000000001000000000000", "00000100000001000000000000"},
    {"a*b*c", "00001000000000000001000000", "-0001000000000000001000000", "00001010000000000001000000"},
    {"**", "11111001011111111111001110", "-1111111111111111111111111", "11111111111111111111111111"},
    {"a**b", "00010000000001000000000000", "-0010110000000000000100000", "00010100000001000000100000"},
    {"**/b", "00000100000000000000000000", "-0100110000000000000110000", "00000100000000000000110000"},
    {"**/*.o", "00000000000000000000000000", "-0000001110000000000000000", "00000000100000000000000000"},
    {"a/**", "00000100000000000000000001", "-0000110000000000000100000", "00000110000000000000100001"},
    {"a/*/c", "00000010000000000000000000", "-0000010000000000000000000", "00000010000000000000000000"},
    {"[ab]", "01100000000000000000000000", "-1100110000000000000100001", "01100000000000000000000000"},
    {"[a-c]x", "00000000000000000000000010", "-0000000000000000000000010", "00000000000000000000000010"},
    {"[!a]", "01000000000000000100000000", "-1000110000000000100100001", "00100000000100110110000000"},
    {"[^a]", "00100000000100110110000000", "-0100000100100110110010000", "01000000000000000010000000"},
    {"[]a]", "!!!!!!!!!!!!!!!!!!!!!!!!!!", "!!!!!!!!!!!!!!!!!!!!!!!!!!", "01000000000000100000000000"},
    {"a[", "!!!!!!!!!!!!!!!!!!!!!!!!!!", "!!!!!!!!!!!!!!!!!!!!!!!!!!", "00000000001000000000000000"},
    {"\\*", "00000000000100000000000000", "-0000000000100000000000000", "00000000000010000000000000"},
    {"a\\b", "00010000000000000000000000", "--------------------------", "00000000000001000000000000"},
    {"[\\]]", "00000000000000100000000000", "-0000000000000100000000000", "00000000000000000000000000"},
    {"*/", "00000000000000000000000001", "-1111111111111111111111111", "00000000000000000000000001"},
    {"?/b", "00000100000000000000000000", "-0000110000000000000000000", "00000100000000000000000000"},
    {".*", "00000000010000000000000000", "-0000000010000000000000000", "00000000010000000000000000"},
    {"a*b?c*x", "00000000000000000000000100", "-0000000000000000000000100", "00000000000000000000000100"},
    {"*[0-9]", "00000000000000000000001000", "-0000000000000000000001000", "00000000000000000000001000"},
    {"[z-a]", "00000000000000000000000000", "-!!!!!!!!!!!!!!!!!!!!!!!!!", "00000000000000000000000000"},
    {"é?", "00000000000000001000000000", "-0000000000000001000000000", "00000000000000001000000000"},
    {"[à-ü]", "00000000000000010000000000", "-0000000000000010000000000", "00000000000000010000000000"},
    {"**/a/**/b", "00000000000000000000010000", "-0000110000000000000110000", "00000000000000000000010000"},
    {"a/**/b", "00000000000000000000000000", "-0000110000000000000100000", "00000000000000000000100000"},
};

// One sign for each of kTexts.
template <typename Matches>
std::string verdicts(const Matches& matches) {
  std::string all;
  for (const char* text : kTexts) {
    try {
      all += matches(text) ? '1' : '0';
    } catch (const std::invalid_argument&) {
      all += '!';
    }
  }
  return all;
}

TEST(Glob, MatchesWhatGosFilepathMatchMatches) {
  for (const Row& row : kRows)
    EXPECT_EQ(verdicts([&](const char* text) { return match_path(row.pattern, text); }), row.go)
        << row.pattern;
}

TEST(Glob, MatchesWhatThePatternsOfDockerignoreMatch) {
  for (const Row& row : kRows) {
    std::string found = verdicts([&](const char* text) {
      return IgnorePattern(clean_path(row.pattern)).matches_path_or_parent(clean_path(text));
    });
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (row.ignore[i] == '-') found[i] = '-';
    }
    EXPECT_EQ(found, row.ignore) << row.pattern;
  }
}

TEST(Glob, MatchesWhatPythonsFnmatchMatches) {
  for (const Row& row : kRows)
    EXPECT_EQ(verdicts([&](const char* text) { return Glob(row.pattern, kPython).matches(text); }),
              row.python)
        << row.pattern;
}

TEST(Glob, ManyStarsTakeReasonableTimeInEachLanguage) {
  std::string stars;
  for (int i = 0; i < 2000; ++i) stars += "*a";
  const std::string text(4000, 'a');
  EXPECT_FALSE(Glob(stars + "b", kGoPaths).matches(text));
  EXPECT_FALSE(Glob(stars + "b", kPython).matches(text));
  EXPECT_FALSE(Glob(stars + "/**/b", kIgnoreRules).matches_path_or_parent(text));
}

}  // namespace
}  // namespace ixian::pattern
