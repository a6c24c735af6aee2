#include "dockerfile/expand.h"

#include <gtest/gtest.h>

#include <map>

#include "base/source_text.h"

namespace ixian::dockerfile {
namespace {

using Texts = std::vector<std::string>;

std::optional<std::string> value(std::string_view name) {
  static const std::map<std::string, std::string, std::less<>> values = {
      {"a", "one"},        {"empty", ""}, {"two", "x y"}, {"file", "src/lib/a.tar.gz"},
      {"lines", "ab\ncb"}, {"_1", "u"}};
  const auto found = values.find(name);
  if (found == values.end()) return std::nullopt;
  return found->second;
}

std::string text(std::string_view word, const ExpandMode& mode = {}) {
  return expand(word, value, mode).text;
}

std::string refusal(std::string_view word) {
  try {
    expand(word, value);
  } catch (const ExpandError& error) {
    return std::to_string(error.offset()) + ": " + error.what();
  }
  return "";
}

TEST(Expand, ReplacesVariables) {
  EXPECT_EQ(text("$a"), "one");
  EXPECT_EQ(text("${a}"), "one");
  EXPECT_EQ(text("x${a}y$a-$_1.$a"),
            "xoney"
            "one-u.one");
  EXPECT_EQ(text("[$unset]"), "[]");
  EXPECT_EQ(text("$"), "$");
  EXPECT_EQ(text("$(a) $/"), "$(a) $/");
  EXPECT_EQ(text("$12x"), "x");
}

TEST(Expand, KnowsDefaultsAndAlternatives) {
  EXPECT_EQ(text("${a:-d} ${empty:-d} ${unset:-d}"), "one d d");
  EXPECT_EQ(text("${a-d} ${empty-d} ${unset-d}"), "one  d");
  EXPECT_EQ(text("${a:+d} ${empty:+d} ${unset:+d}"), "d  ");
  EXPECT_EQ(text("${a+d} ${empty+d} ${unset+d}"), "d d ");
  EXPECT_EQ(text("${unset:-${unset:-$a}}"), "one");
  EXPECT_EQ(text("${unset:-'}'}"), "}");
  EXPECT_EQ(text("${unset:-\\}}"), "}");
}

TEST(Expand, RefusesUnsetVariablesWhereAsked) {
  EXPECT_EQ(text("${a:?x}${empty?x}"), "one");
  EXPECT_EQ(refusal("${unset:?}"), "9: unset: is not allowed to be unset");
  EXPECT_EQ(refusal("${empty:?}"), "9: empty: is not allowed to be empty");
  EXPECT_EQ(refusal("${unset?give $a}"), "8: unset: give one");
}

TEST(Expand, TrimsPrefixes) {
  EXPECT_EQ(text("${file#*/}"), "lib/a.tar.gz");
  EXPECT_EQ(text("${file##*/}"), "a.tar.gz");
  EXPECT_EQ(text("${file#s?c}"), "/lib/a.tar.gz");
  EXPECT_EQ(text("${file#lib}"), "src/lib/a.tar.gz");
  EXPECT_EQ(text("${a#\\*}"), "one");
}

TEST(Expand, TrimsSuffixes) {
  EXPECT_EQ(text("${file%.*}"), "src/lib/a.tar");
  EXPECT_EQ(text("${file%%.*}"), "src/lib/a");
  EXPECT_EQ(text("${file%.g?}"), "src/lib/a.tar");
  EXPECT_EQ(text("${file%$a}"), "src/lib/a.tar.gz");
  EXPECT_EQ(text("${unset%x}"), "");
}

TEST(Expand, ReplacesPatterns) {
  EXPECT_EQ(text("${file/a/A}"), "src/lib/A.tar.gz");
  EXPECT_EQ(text("${file//a/A}"), "src/lib/A.tAr.gz");
  EXPECT_EQ(text("${file//\\//:}"), "src:lib:a.tar.gz");
  EXPECT_EQ(text("${file/l*r/$a}"), "src/one.gz");
  EXPECT_EQ(text("${a//n/}"), "oe");
  EXPECT_EQ(text("${a//x/y}"), "one");
  EXPECT_EQ(text("${lines//?b/_}"), "_\n_");
  EXPECT_EQ(text("${lines/*/_}"), "_\ncb");
}

TEST(Expand, TakesQuotesAway) {
  EXPECT_EQ(text("\"$a\" '$a'"), "one $a");
  EXPECT_EQ(text("\"a\\\"b\\$c\\d\""), "a\"b$c\\d");
  EXPECT_EQ(text("\\$a \\\\ \\x"), "$a \\ x");
  EXPECT_EQ(text("x\\"), "x");
}

TEST(Expand, ObeysTheEscapeCharacter) {
  ExpandMode mode;
  mode.escape = '`';
  EXPECT_EQ(text("`$a \\$a c:\\x", mode), "$a \\one c:\\x");
}

TEST(Expand, SplitsWordsAtWhiteSpaceThatIsNotQuoted) {
  EXPECT_EQ(expand("a  $two \"$two\" b\\ c '' ", value).words, (Texts{"a", "x", "y", "x y", "b c"}));
  EXPECT_EQ(expand("p${two}q", value).words, (Texts{"px", "yq"}));
  EXPECT_EQ(expand("a${unset:-b}c", value).words, Texts{"abc"});
}

TEST(Expand, SaysWhichVariablesItAskedFor) {
  const Expansion expansion = expand("$a ${unset:-$two} $other", value);
  EXPECT_EQ(expansion.found, (std::set<std::string>{"a", "two"}));
  EXPECT_EQ(expansion.missing, (std::set<std::string>{"other", "unset"}));
}

TEST(Expand, KeepsWhatTheModeSays) {
  ExpandMode mode;
  mode.quotes_are_plain = true;
  EXPECT_EQ(text("\"$a\" 'it''s $a\\$a", mode), "\"one\" 'it''s one$a");
  mode = {};
  mode.keep_unset = true;
  EXPECT_EQ(text("$unset ${unset} ${unset:-$a} ${unset//x/y} ${unset#z} $a", mode),
            "$unset ${unset} ${unset:-one} ${unset//x/y} ${unset#z} one");
  mode = {};
  mode.keep_quotes = mode.keep_escapes = true;
  EXPECT_EQ(text("'a' \"$a\" \\$a", mode), "'a' \"one\" \\$a");
}

TEST(Expand, RefusesWhatIsMalformed) {
  EXPECT_EQ(refusal("ab'c"), "2: a single quote is not closed");
  EXPECT_EQ(refusal("\"c"), "0: a double quote is not closed");
  EXPECT_EQ(refusal("${a"), "3: a closing } is missing");
  EXPECT_EQ(refusal("${"), "2: a closing } is missing");
  EXPECT_EQ(refusal("${a:-b"), "6: a closing } is missing");
  EXPECT_EQ(refusal("${a/b}"), "6: a / is missing in ${");
  EXPECT_EQ(refusal("${}"), "2: ${ must be followed by the name of a variable");
  EXPECT_EQ(refusal("${{a}}"), "2: ${ must be followed by the name of a variable");
  EXPECT_EQ(refusal("${a:b}"), "4: expected -, + or ? after : in ${…}");
  EXPECT_EQ(refusal("${a^b}").substr(0, 8), "3: inval");
  EXPECT_EQ(refusal("${a#\\x}").substr(0, 3), "4: ");
}

TEST(Expand, IsBoundedInDepthSizeAndTime) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "${unset:-";
  EXPECT_NE(refusal(deep).find("nested more than 64 levels deep"), std::string::npos);

  const std::string large(base::kMostBytes / 2, 'x');
  const auto lookup = [&](std::string_view) { return std::optional<std::string>(large); };
  EXPECT_THROW(expand("$v$v$v", lookup), ExpandError);
  EXPECT_THROW(expand("${v//x/$v}", lookup), ExpandError);

  std::string stars = "${v#";
  for (int i = 0; i < 2000; ++i) stars += "*x";
  EXPECT_THROW(expand(stars + "y}", lookup), ExpandError);
  const auto shorter = [](std::string_view) { return std::optional<std::string>(std::string(1000, 'x')); };
  EXPECT_EQ(expand("${v#*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*y}", shorter).text.size(), 1000u);
}

TEST(Expand, NeedsNothingForPlainWords) {
  EXPECT_FALSE(needs_expansion("a/b:c", '\\'));
  EXPECT_TRUE(needs_expansion("a$b", '\\'));
  EXPECT_TRUE(needs_expansion("a\\b", '\\'));
  EXPECT_FALSE(needs_expansion("a\\b", '`'));
}

}  // namespace
}  // namespace ixian::dockerfile
