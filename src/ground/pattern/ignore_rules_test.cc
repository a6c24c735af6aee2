#include "pattern/ignore_rules.h"

#include <gtest/gtest.h>

#include "base/source_text.h"

namespace ixian::pattern {
namespace {

IgnoreRules rules(const std::string& text) {
  return IgnoreRules::parse(text, ".dockerignore");
}

bool excluded(const std::string& text, const std::string& path) {
  return rules(text).excludes(path);
}

TEST(IgnoreRules, ComponentsAreMatchedWithoutSlashes) {
  EXPECT_TRUE(excluded("*.o", "a.o"));
  EXPECT_FALSE(excluded("*.o", "d/a.o"));
  EXPECT_TRUE(excluded("*/a", "d/a"));
  EXPECT_FALSE(excluded("*/a", "d/e/a"));
  EXPECT_TRUE(excluded("a?c", "abc"));
  EXPECT_FALSE(excluded("a?c", "a/c"));
  EXPECT_TRUE(excluded("?", "ä"));
  EXPECT_FALSE(excluded("abc", "abcd"));
  EXPECT_TRUE(excluded("a.b", "a.b"));
  EXPECT_FALSE(excluded("a.b", "axb"));
}

TEST(IgnoreRules, WhatMatchesAFolderMatchesAllBelowIt) {
  EXPECT_TRUE(excluded("node_modules", "node_modules/a/b"));
  EXPECT_TRUE(excluded("b*", "build/x/y"));
  EXPECT_FALSE(excluded("node_modules", "src/node_modules/a"));
}

TEST(IgnoreRules, TwoStarsAreAnyNumberOfFolders) {
  for (const char* path : {"x", "a/x", "a/b/x", "a/x/y"}) EXPECT_TRUE(excluded("**/x", path)) << path;
  EXPECT_FALSE(excluded("**/x", "ax"));
  EXPECT_TRUE(excluded("**", "anything/at/all"));
  EXPECT_TRUE(excluded("a/**", "a/b"));
  EXPECT_FALSE(excluded("a/**", "a"));
  EXPECT_TRUE(excluded("a/**/z", "a/z"));
  EXPECT_TRUE(excluded("a/**/z", "a/b/c/z"));
  EXPECT_FALSE(excluded("a/**/z", "a/bz"));
  EXPECT_TRUE(excluded("**/*.py[co]", "a/b.pyc"));
  EXPECT_FALSE(excluded("**/*.py[co]", "a/b.py"));
  EXPECT_TRUE(excluded("a**", "abc/d"));
  EXPECT_TRUE(excluded("**a", "x/ya"));
  EXPECT_TRUE(excluded("**/**", "a"));
  EXPECT_TRUE(excluded("dir/**/*.txt", "dir/a.txt"));
}

TEST(IgnoreRules, ClassesAndEscapes) {
  EXPECT_TRUE(excluded("[a-c]x", "bx"));
  EXPECT_FALSE(excluded("[^a-c]x", "bx"));
  EXPECT_TRUE(excluded("[^a-c]x", "dx"));
  EXPECT_TRUE(excluded("a\\*", "a*"));
  EXPECT_FALSE(excluded("a\\*", "ab"));
  EXPECT_TRUE(excluded("[\\]]", "]"));
}

TEST(IgnoreRules, TheLastLineThatMatchesDecides) {
  const std::string text = "*\n!src\nsrc/tmp\n!src/tmp/keep\n";
  EXPECT_TRUE(excluded(text, "a"));
  EXPECT_FALSE(excluded(text, "src/a"));
  EXPECT_TRUE(excluded(text, "src/tmp/a"));
  EXPECT_FALSE(excluded(text, "src/tmp/keep"));
  EXPECT_TRUE(excluded("!a\na", "a"));
  EXPECT_FALSE(excluded("a\n!a", "a"));
  EXPECT_FALSE(excluded("docs\n!docs/README.md", "docs/README.md"));
}

TEST(IgnoreRules, SlashesAndSpacesAroundAPatternDoNotCount) {
  for (const char* text :
       {"/a/b", "a/b/", "./a/b", "  a//b \t", "//a/b", "a/c/../b", "/a/b\r\n", "! x\n/a/b/"}) {
    EXPECT_TRUE(excluded(text, "a/b/c")) << text;
  }
  EXPECT_FALSE(excluded("a\n! /a", "a"));
}

TEST(IgnoreRules, CommentsAndEmptyLinesAreSkipped) {
  EXPECT_EQ(rules("\xef\xbb\xbf# a\n\n  \nb\n #c\n").patterns(), (std::vector<std::string>{"b", "#c"}));
  EXPECT_TRUE(rules("# a\n").empty());
  EXPECT_TRUE(
      excluded("\xef\xbb\xbf"
               "a",
               "a"));
}

TEST(IgnoreRules, TheContextItselfIsNeverExcluded) {
  EXPECT_FALSE(excluded("**\n.", ""));
  EXPECT_FALSE(excluded("**\n.", "."));
}

TEST(IgnoreRules, BadPatternsAreRefusedWithTheirPlace) {
  try {
    rules("ok\n  [a\n");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(),
              ".dockerignore:2:1: the pattern \"[a\" has a [ that begins no proper class of characters");
    EXPECT_EQ(error.context(), "  2 |   [a\n    | ^");
  }
  for (const char* text : {"!", "a\\", "[]a]", "[a-]", "[z-a]", "[-x]", "[^]"}) {
    EXPECT_THROW(rules(text), base::Error) << text;
  }
  EXPECT_THROW(rules(std::string(base::kMostBytes + 1, 'a')), base::Error);
}

TEST(IgnoreRules, FoldersAreSkippedWhereNothingInThemCanBeTakenOut) {
  EXPECT_TRUE(rules("a").can_skip_folder("a"));
  EXPECT_TRUE(rules("a").can_skip_folder("a/b"));
  EXPECT_FALSE(rules("a").can_skip_folder("b"));
  EXPECT_FALSE(rules("*\n!src/keep").can_skip_folder("src"));
  EXPECT_TRUE(rules("*\n!src/keep").can_skip_folder("other"));
  EXPECT_TRUE(rules("*\n!src/keep").can_skip_folder("src/other"));
  EXPECT_FALSE(rules("*\n!src/keep").can_skip_folder("src/keep"));
  EXPECT_TRUE(rules("!src/keep\n*").can_skip_folder("src"));
  EXPECT_FALSE(rules("a\n!**/keep").can_skip_folder("a"));
  EXPECT_FALSE(rules("a\n!a/*/keep").can_skip_folder("a/b"));
  EXPECT_FALSE(rules("**").can_skip_folder("."));
  EXPECT_FALSE(rules("a/**").can_skip_folder("a"));
}

TEST(IgnoreRules, PatternsOfACopyAreTakenAsTheyAre) {
  const IgnoreRules copy = IgnoreRules::from_patterns({"*.o", "!keep.o", "#x", "/y"});
  EXPECT_TRUE(copy.excludes("a.o"));
  EXPECT_FALSE(copy.excludes("keep.o"));
  EXPECT_TRUE(copy.excludes("#x"));
  EXPECT_FALSE(copy.excludes("y"));
  EXPECT_TRUE(copy.has_exceptions());
  EXPECT_THROW(IgnoreRules::from_patterns({"["}), std::invalid_argument);
}

TEST(IgnoreRules, ManyStarsTakeReasonableTime) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "**/*a*";
  EXPECT_FALSE(excluded(pattern + "b", std::string(1000, 'a') + "/" + std::string(1000, 'a')));
}

}  // namespace
}  // namespace ixian::pattern
