#include "cli/parser.h"

#include <gtest/gtest.h>

namespace ixian::cli {
namespace {

using Words = std::vector<std::string>;

const std::vector<OptionSpec>& flags() {
  static const std::vector<OptionSpec> table = {
      {.name = "--log",
       .kind = OptionKind::kValue,
       .metavar = "LEVEL",
       .choices = {{"DEBUG"}, {"INFO"}, {"WARNING", "", "", true}},
       .any_case = true,
       .universal = true},
      {.name = "--force"},
      {.name = "--show", .refusal = "`ix {0}` cannot show: {1} is refused."},
      {.name = "--jobs", .letter = 'j', .kind = OptionKind::kValue, .metavar = "N"},
  };
  return table;
}

const CommandSpec& mix() {
  static const CommandSpec spec{
      .name = "mix",
      .arguments = {{.metavar = "FROM"}, {.metavar = "TO", .least = 0, .most = 2}},
      .options = {{.name = "--tag",
                   .letter = 't',
                   .kind = OptionKind::kValue,
                   .metavar = "NAME",
                   .repeatable = true},
                  {.name = "--fast", .conflicts = {"--slow"}},
                  {.name = "--slow"},
                  {.name = "--mode",
                   .kind = OptionKind::kValue,
                   .metavar = "MODE",
                   .choices = {{"soft"}, {"hard"}, {"raw", "", "Say soft."}}},
                  {.name = "--quiet", .letter = 'q', .instead = "Write --log NONE."},
                  {.name = "--view", .kind = OptionKind::kValue, .metavar = "X", .instead = "Look."},
                  {.name = "--debug", .letter = 'D', .hidden = true, .also = {"--log", "DEBUG"}},
                  {.name = "--rm", .letter = 'r', .inert = true},
                  {.name = "--sbom", .kind = OptionKind::kValue, .optional_value = true, .hidden = true}},
      .obeys = {"--jobs"},
      .refuses = {{"--force", "Write --slow."}}};
  return spec;
}

const CommandSpec& plan() {
  static const CommandSpec spec{
      .name = "plan",
      .arguments = {{.metavar = "TASK"},
                    {.metavar = "ARGS", .least = 0, .most = ArgumentSpec::kAny, .rest = true}},
      .options = {{.name = "--json", .anywhere = true}},
      .obeys = {"--force"}};
  return spec;
}

const CommandSpec& image() {
  static const CommandSpec spec{
      .name = "image",
      .subcommands = {{.name = "ls", .arguments = {{.metavar = "PLACE", .least = 0}}}, {.name = "rm"}}};
  return spec;
}

ParsedCommand parsed(const CommandSpec& spec, const Words& words) {
  return parse_command(spec, flags(), words);
}

std::string error_of(const CommandSpec& spec, const Words& words) {
  const ParsedCommand line = parsed(spec, words);
  return line.error ? line.error->message() : "";
}

Words values(const ParsedCommand& line, std::string_view name) {
  Words found;
  for (const ParsedOption& each : line.options) {
    if (each.spec->name == name) found.push_back(each.value);
  }
  return found;
}

TEST(ParserTest, AValueIsWrittenInFiveWays) {
  EXPECT_EQ(values(parsed(mix(), {"--tag", "a", "--tag=b=c", "-t", "d", "-te", "-t=f", "x"}), "--tag"),
            (Words{"a", "b=c", "d", "e", "f"}));
}

TEST(ParserTest, AnEmptyValueIsNotTheNextWord) {
  EXPECT_EQ(error_of(mix(), {"--tag=", "x"}), "--tag needs a value");
  EXPECT_EQ(error_of(mix(), {"x", "--tag"}), "--tag needs a value");
}

TEST(ParserTest, OptionsKeepTheirOrderAndStandAnywhere) {
  const ParsedCommand line = parsed(mix(), {"a", "--fast", "b", "-tx", "--", "--slow"});
  EXPECT_EQ(line.arguments, (Words{"a", "b", "--slow"}));
  ASSERT_EQ(line.options.size(), 2u);
  EXPECT_EQ(line.options[1].value, "x");
  EXPECT_FALSE(line.error);
}

TEST(ParserTest, AFlagTakesTrueAndFalse) {
  EXPECT_TRUE(parsed(mix(), {"x", "--fast=true"}).has("--fast"));
  EXPECT_FALSE(parsed(mix(), {"x", "--fast", "--fast=false"}).has("--fast"));
  EXPECT_EQ(error_of(mix(), {"x", "--fast=maybe"}),
            "invalid value \"maybe\" for --fast (expected: true, false)");
}

TEST(ParserTest, AFlagTakesTheBooleansOfGo) {
  for (const char* yes : {"1", "t", "T", "true", "TRUE", "True"})
    EXPECT_EQ(parsed(mix(), {"x", std::string("--fast=") + yes}).value("--fast"), "true") << yes;
  for (const char* no : {"0", "f", "F", "false", "FALSE", "False"})
    EXPECT_EQ(parsed(mix(), {"x", std::string("--fast=") + no}).value("--fast"), "false") << no;
  EXPECT_NE(error_of(mix(), {"x", "--fast="}), "");
}

TEST(ParserTest, LettersOfFlagsStandTogether) {
  const ParsedCommand line = parsed(mix(), {"-rDt", "a", "-Dtb", "-rD=false", "x"});
  EXPECT_EQ(values(line, "--rm"), (Words{"true", "true"}));
  EXPECT_EQ(values(line, "--debug"), (Words{"true", "true", "false"}));
  EXPECT_EQ(values(line, "--tag"), (Words{"a", "b"}));
  EXPECT_EQ(line.arguments, Words{"x"});
  EXPECT_NE(error_of(mix(), {"x", "-rX"}).find("-X"), std::string::npos);
}

TEST(ParserTest, AnOptionMayStandForAFlagOfIx) {
  const ParsedCommand line = parsed(mix(), {"-D", "x"});
  ASSERT_EQ(line.globals.size(), 1u);
  EXPECT_EQ(line.globals[0].spec->name, "--log");
  EXPECT_EQ(line.globals[0].value, "DEBUG");
  EXPECT_TRUE(parsed(mix(), {"--debug=false", "x"}).globals.empty());
}

TEST(ParserTest, ARefusedFlagThatIsFalseAsksForNothing) {
  EXPECT_EQ(error_of(mix(), {"x", "--quiet=false"}), "");
  EXPECT_NE(error_of(mix(), {"x", "--quiet=true"}), "");
  EXPECT_NE(error_of(mix(), {"x", "--view=false"}), "");
}

TEST(ParserTest, WhatIsUnknownGetsASuggestion) {
  EXPECT_EQ(error_of(mix(), {"x", "--fsat"}), "unknown flag for `ix mix`: --fsat (did you mean --fast?)");
  EXPECT_NE(error_of(mix(), {"x", "--job=3"}).find("(did you mean --jobs?)"), std::string::npos);
  EXPECT_EQ(error_of(mix(), {"x", "--mode", "hrad"}),
            "invalid value \"hrad\" for --mode (expected: soft, hard)");
  EXPECT_EQ(error_of(image(), {"lss"}), "unknown command: ix image lss (did you mean ls?)");
}

TEST(ParserTest, WhatIsRefusedSaysWhatToWriteInstead) {
  EXPECT_EQ(error_of(mix(), {"x", "-q"}), "`ix mix` does not accept --quiet");
  EXPECT_EQ(error_of(mix(), {"x", "--mode=raw"}), "--mode does not accept raw");
  EXPECT_EQ(error_of(mix(), {"x", "--force"}), "--force has no effect on `ix mix`");
  EXPECT_EQ(error_of(mix(), {"x", "--show"}), "`ix mix` cannot show: --show is refused.");
}

TEST(ParserTest, OptionsThatExcludeEachOther) {
  EXPECT_EQ(error_of(mix(), {"x", "--slow", "--fast"}), "--fast and --slow cannot be used together");
  EXPECT_EQ(error_of(mix(), {"x", "--slow", "--fast=false"}), "");
}

TEST(ParserTest, AnOptionWhoseValueMayBeLeftOutTakesNoOtherWord) {
  const ParsedCommand line = parsed(mix(), {"--sbom", "x"});
  EXPECT_EQ(line.arguments, Words{"x"});
  EXPECT_EQ(line.value("--sbom"), "true");
}

TEST(ParserTest, ArgumentsAreCounted) {
  EXPECT_EQ(error_of(mix(), {}), "`ix mix` takes at least 1 argument, got 0");
  EXPECT_EQ(error_of(mix(), {"a", "b", "c", "d"}), "unexpected argument \"d\" for `ix mix`");
}

TEST(ParserTest, FlagsOfIxStandBehindACommandToo) {
  const ParsedCommand line = parsed(mix(), {"-j4", "x", "--log", "debug"});
  ASSERT_EQ(line.globals.size(), 2u);
  EXPECT_EQ(line.globals[0].value, "4");
  EXPECT_EQ(line.globals[1].value, "debug");
  EXPECT_EQ(parsed(mix(), {"x", "--log=warning"}).globals.size(), 1u);
  EXPECT_EQ(error_of(mix(), {"x", "--log=loud"}), "invalid value \"loud\" for --log (expected: DEBUG, INFO)");
}

TEST(ParserTest, WhatFollowsATaskIsHandedOn) {
  const ParsedCommand line =
      parsed(plan(), {"--force", "build", "--force", "-x", "--json", "--", "y", "--help"});
  EXPECT_EQ(line.globals.size(), 1u);
  EXPECT_EQ(line.arguments, Words{"build"});
  EXPECT_EQ(line.rest, (Words{"--force", "-x", "--", "y", "--help"}));
  EXPECT_TRUE(line.has("--json"));
  EXPECT_FALSE(line.help);
}

TEST(ParserTest, HelpIsAskedForWhateverIsMissing) {
  EXPECT_TRUE(parsed(mix(), {"--help"}).help);
  EXPECT_FALSE(parsed(mix(), {"-h"}).error);
  EXPECT_EQ(parsed(image(), {"ls", "--help"}).path, "image ls");
}

TEST(ParserTest, ASubcommandHasTheFlagsBeforeItsName) {
  const ParsedCommand line = parsed(image(), {"--log=DEBUG", "ls", "x"});
  EXPECT_EQ(line.path, "image ls");
  EXPECT_EQ(line.globals.size(), 1u);
  EXPECT_EQ(error_of(image(), {"--force", "ls"}), "--force has no effect on `ix image ls`");
  EXPECT_EQ(error_of(image(), {}), "`ix image` needs a command");
}

TEST(ParserTest, LeadingFlagsEndAtTheFirstOtherWord) {
  const LeadingOptions leading = parse_leading(flags(), {"--force", "-j", "2", "task", "--force"});
  EXPECT_EQ(leading.options.size(), 2u);
  EXPECT_EQ(leading.count, 3u);
  EXPECT_EQ(parse_leading(flags(), {"--", "--task"}).count, 1u);
  try {
    parse_leading(flags(), {"--forec", "x"});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(), "unknown flag: --forec (did you mean --force?)");
  }
}

TEST(ParserTest, SomeOptionsCanBeTakenOutOfOthersWords) {
  Words words = {"a", "--log", "INFO", "--force", "--", "--log=DEBUG"};
  EXPECT_EQ(take_options(flags(), {"--log"}, words).size(), 1u);
  EXPECT_EQ(words, (Words{"a", "--force", "--", "--log=DEBUG"}));
}

}  // namespace
}  // namespace ixian::cli
