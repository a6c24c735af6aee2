#include "pattern/python_glob.h"

#include <gtest/gtest.h>

namespace ixian::pattern {
namespace {

TEST(HasWildcard, NeedsAClosedBracketWithinOneStep) {
  EXPECT_TRUE(has_python_wildcard("*.py"));
  EXPECT_TRUE(has_python_wildcard("a/b?"));
  EXPECT_TRUE(has_python_wildcard("[id].js"));
  EXPECT_TRUE(has_python_wildcard("[[]"));
  EXPECT_FALSE(has_python_wildcard("a/b.py"));
  EXPECT_FALSE(has_python_wildcard("a[b"));
  EXPECT_FALSE(has_python_wildcard("a[]"));
  EXPECT_FALSE(has_python_wildcard("a[b/c]"));
  EXPECT_FALSE(has_python_wildcard("a]b["));
}

TEST(Matches, StarTakesAnyRunOfCharacters) {
  EXPECT_TRUE(PythonGlob("*").matches("a"));
  EXPECT_TRUE(PythonGlob("*.py").matches("a.b.py"));
  EXPECT_TRUE(PythonGlob("a*b*c").matches("a-b-b-c"));
  EXPECT_TRUE(PythonGlob("a*").matches("a"));
  EXPECT_TRUE(PythonGlob("a**b").matches("a--b"));
  EXPECT_FALSE(PythonGlob("*.py").matches("a.pyc"));
  EXPECT_FALSE(PythonGlob("a*b*c").matches("a-c-b"));
}

TEST(Matches, QuestionMarkTakesOneCodePoint) {
  EXPECT_TRUE(PythonGlob("?").matches("é"));
  EXPECT_TRUE(PythonGlob("a?c").matches("a🎉c"));
  EXPECT_TRUE(PythonGlob("?").matches("\xff"));
  EXPECT_FALSE(PythonGlob("?").matches("ab"));
  EXPECT_FALSE(PythonGlob("a?").matches("a"));
  EXPECT_FALSE(PythonGlob("?").matches("\xff\xfe"));
}

TEST(Matches, BracketsTakeOneOfASet) {
  EXPECT_TRUE(PythonGlob("[abc]").matches("b"));
  EXPECT_TRUE(PythonGlob("x[0-9a-f]").matches("xe"));
  EXPECT_TRUE(PythonGlob("[!a-c]").matches("d"));
  EXPECT_TRUE(PythonGlob("[]]").matches("]"));
  EXPECT_TRUE(PythonGlob("[!]]").matches("a"));
  EXPECT_TRUE(PythonGlob("[a-]").matches("-"));
  EXPECT_TRUE(PythonGlob("[-a]").matches("-"));
  EXPECT_TRUE(PythonGlob("[à-ü]").matches("é"));
  EXPECT_TRUE(PythonGlob("[*]").matches("*"));
  EXPECT_TRUE(PythonGlob("[^a]").matches("^")) << "as in Python, only '!' negates";
  EXPECT_FALSE(PythonGlob("[abc]").matches("d"));
  EXPECT_FALSE(PythonGlob("[!a-c]").matches("b"));
  EXPECT_FALSE(PythonGlob("[!]]").matches("]"));
  EXPECT_FALSE(PythonGlob("[z-a]").matches("m"));
}

TEST(Matches, AnOpenBracketIsACharacter) {
  EXPECT_TRUE(PythonGlob("a[*").matches("a[b"));
  EXPECT_FALSE(PythonGlob("a[*").matches("ab"));
}

TEST(Matches, ABackslashIsACharacter) {
  EXPECT_TRUE(PythonGlob("a\\*").matches("a\\b"));
}

TEST(Matches, ALeadingDotIsMatchedByADotOnly) {
  EXPECT_FALSE(PythonGlob("*").matches(".env"));
  EXPECT_FALSE(PythonGlob("?env").matches(".env"));
  EXPECT_FALSE(PythonGlob("[.]env").matches(".env"));
  EXPECT_TRUE(PythonGlob(".*").matches(".env"));
  EXPECT_TRUE(PythonGlob("*").matches("a.env"));
}

TEST(Matches, GitsOwnFolderIsMatchedByItsNameOnly) {
  EXPECT_FALSE(PythonGlob(".*").matches(".git"));
  EXPECT_FALSE(PythonGlob(".gi?").matches(".git"));
  EXPECT_TRUE(PythonGlob(".git").matches(".git"));
  EXPECT_TRUE(PythonGlob(".*").matches(".gitignore"));
}

TEST(Matches, ANameSpelledLikeThePatternMatches) {
  EXPECT_TRUE(PythonGlob("[id].js").matches("[id].js"));
  EXPECT_TRUE(PythonGlob("[id].js").matches("i.js"));
}

TEST(Matches, ManyStarsDoNotTakeForever) {
  const std::string name(5000, 'a');
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  EXPECT_FALSE(PythonGlob(pattern + "b").matches(name));
  EXPECT_TRUE(PythonGlob(pattern).matches(name));
}

}  // namespace
}  // namespace ixian::pattern
