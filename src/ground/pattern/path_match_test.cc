#include "pattern/path_match.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace ixian::pattern {
namespace {

TEST(MatchPath, IsThatOfGo) {
  struct Case {
    const char* pattern;
    const char* name;
    bool matches;
  };
  // Rows of the table that documents filepath.Match.
  for (const Case& c : {Case{"abc", "abc", true},
                        Case{"*", "abc", true},
                        Case{"*c", "abc", true},
                        Case{"a*", "ab/c", false},
                        Case{"a*/b", "abc/b", true},
                        Case{"a*/b", "a/c/b", false},
                        Case{"a*b*c*d*e*/f", "axbxcxdxexxx/f", true},
                        Case{"a*b*c*d*e*/f", "axbxcxdxexxx/fff", false},
                        Case{"a*b?c*x", "abxbbxdbxebxczzx", true},
                        Case{"a*b?c*x", "abxbbxdbxebxczzy", false},
                        Case{"ab[c]", "abc", true},
                        Case{"ab[b-d]", "abc", true},
                        Case{"ab[e-g]", "abc", false},
                        Case{"ab[^c]", "abc", false},
                        Case{"ab[^e-g]", "abc", true},
                        Case{"a\\*b", "a*b", true},
                        Case{"a\\*b", "ab", false},
                        Case{"a?b", "a☺b", true},
                        Case{"a[^a]b", "a☺b", true},
                        Case{"a???b", "a☺b", false},
                        Case{"[a-ζ]*", "α", true},
                        Case{"*[a-ζ]", "A", false},
                        Case{"a?b", "a/b", false},
                        Case{"a*b", "a/b", false},
                        Case{"[\\]a]", "]", true},
                        Case{"[\\-]", "-", true},
                        Case{"[x\\-]", "z", false},
                        Case{"*x", "xxx", true},
                        Case{"", "", true},
                        Case{"", "a", false}}) {
    EXPECT_EQ(match_path(c.pattern, c.name), c.matches) << c.pattern << " " << c.name;
  }
  for (const char* pattern : {"[]a]", "[-]", "[x-]", "[-x]", "[", "[^", "[^bc", "a[", "a\\"}) {
    EXPECT_THROW(match_path(pattern, "a"), std::invalid_argument) << pattern;
  }
}

TEST(CleanPath, IsThatOfGo) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "."},        {"abc", "abc"}, {"a/", "a"},         {"a//b", "a/b"},        {"./a", "a"},
      {"a/./b", "a/b"}, {"a/..", "."},  {"a/../..", ".."},   {"../../a", "../../a"}, {"/..", "/"},
      {"/../a", "/a"},  {"/", "/"},     {"a/b/../c", "a/c"}, {"../a/..", ".."},      {"/a/../..", "/"}};
  for (const auto& [path, clean] : cases) EXPECT_EQ(clean_path(path), clean) << path;
}

TEST(HasWildcards, LooksPastBackslashes) {
  EXPECT_TRUE(has_wildcards("a*"));
  EXPECT_TRUE(has_wildcards("[a]"));
  EXPECT_FALSE(has_wildcards("a\\*"));
  EXPECT_FALSE(has_wildcards("a/b"));
}

}  // namespace
}  // namespace ixian::pattern
