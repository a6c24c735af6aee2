#include "stages/lint.h"

#include <gtest/gtest.h>

namespace ixian::stages {
namespace {

using Texts = std::vector<std::string>;

LintReport report(const std::string& text, const LintInputs& inputs = {}) {
  const dockerfile::Dockerfile file = dockerfile::parse(text, "Dockerfile");
  return lint(file, GlobalScope(file, {}), inputs);
}

// "LINE RULE" each.
Texts found(const std::string& text, const LintInputs& inputs = {}) {
  Texts result;
  for (const Warning& warning : report(text, inputs).warnings) {
    result.push_back(std::to_string(warning.at.line) + " " + warning.rule);
  }
  return result;
}

std::string message(const std::string& text) {
  const LintReport result = report(text);
  return result.warnings.empty() ? "" : result.warnings.front().message;
}

TEST(Lint, FindsNothingInAGoodFile) {
  EXPECT_EQ(found("ARG V=12\nFROM debian:${V} AS build\nARG TARGETARCH\nWORKDIR /a\nRUN x\n"
                  "FROM scratch\nENV A=1\nCOPY --from=build /a /b\nCMD [\"a\"]\n"),
            Texts{});
}

TEST(Lint, Casing) {
  EXPECT_EQ(found("FROM a AS Build\n"), Texts{"1 StageNameCasing"});
  EXPECT_EQ(found("FROM a as b\n"), Texts{"1 FromAsCasing"});
  EXPECT_EQ(found("from a AS b\n"), Texts{"1 FromAsCasing"});
  EXPECT_EQ(found("FROM a\nRUN x\nrun y\nRun z\n"),
            (Texts{"3 ConsistentInstructionCasing", "4 ConsistentInstructionCasing"}));
  EXPECT_EQ(message("from a\nrun x\nRUN y\n"),
            "Command 'RUN' should match the case of the command majority (lowercase)");
}

TEST(Lint, StageNames) {
  EXPECT_EQ(found("FROM a AS x\nFROM b AS x\n"), Texts{"2 DuplicateStageName"});
  EXPECT_EQ(found("FROM a AS scratch\nFROM b AS context\n"),
            (Texts{"1 ReservedStageName", "2 ReservedStageName"}));
}

TEST(Lint, Commands) {
  EXPECT_EQ(found("FROM a\nCMD x\nENTRYPOINT y\n"),
            (Texts{"2 JSONArgsRecommended", "3 JSONArgsRecommended"}));
  EXPECT_EQ(found("FROM a\nSHELL [\"b\"]\nCMD x\n"), Texts{});
  EXPECT_EQ(found("FROM a\nCMD [\"x\"]\nCMD [\"y\"]\nFROM a\nCMD [\"z\"]\n"),
            Texts{"2 MultipleInstructionsDisallowed"});
  EXPECT_EQ(found("FROM a\nHEALTHCHECK NONE\nHEALTHCHECK CMD x\nENTRYPOINT []\nENTRYPOINT []\n"),
            (Texts{"2 MultipleInstructionsDisallowed", "4 MultipleInstructionsDisallowed"}));
}

TEST(Lint, OldForms) {
  EXPECT_EQ(found("FROM a\nMAINTAINER x\n"), Texts{"2 MaintainerDeprecated"});
  EXPECT_EQ(found("FROM a\nENV x y\nLABEL x y\n"),
            (Texts{"2 LegacyKeyValueFormat", "3 LegacyKeyValueFormat"}));
  EXPECT_EQ(found("FROM a\nRUN x \\\n\ny\n"), Texts{"4 NoEmptyContinuation"});
}

TEST(Lint, Variables) {
  const LintInputs known{{{0, {{"HOME=/root"}, "", ""}}}, nullptr};
  EXPECT_EQ(found("FROM a\nENV X=$HOEM\n", known), Texts{"2 UndefinedVar"});
  EXPECT_EQ(report("FROM a\nENV X=$HOEM\n", known).warnings[0].message,
            "Usage of undefined variable '$HOEM' (did you mean $HOME?)");
  EXPECT_EQ(found("FROM a\nARG A\nENV X=$HOME$A$PATH\n", known), Texts{});
  EXPECT_EQ(found("FROM a\nENV X=$HOEM\n"), Texts{});
  EXPECT_EQ(found("FROM scratch AS x\nENV A=1\nFROM x\nENV B=$A$C\n"), Texts{"4 UndefinedVar"});
}

TEST(Lint, ArgsInFrom) {
  EXPECT_EQ(found("ARG TAG=1\nFROM a:${TGA:-x}\n"), Texts{"2 UndefinedArgInFrom"});
  EXPECT_EQ(message("ARG TAG=1\nFROM a:${TGA:-x}\n"),
            "FROM argument 'TGA' is not declared (did you mean TAG?)");
  EXPECT_EQ(found("FROM --platform=$TARGETPLATFORM a\n"), Texts{"1 RedundantTargetPlatform"});
  EXPECT_EQ(found("FROM --platform=$BUILDPLATFORM a\n"), Texts{});
  EXPECT_EQ(found("FROM --platform=linux/amd64 a AS b\n"), Texts{"1 FromPlatformFlagConstDisallowed"});
  EXPECT_EQ(found("FROM --platform=linux/amd64 a AS b_amd64\n"), Texts{});
  EXPECT_EQ(found("ARG TAG\nFROM a:$TAG\n"), Texts{"2 InvalidDefaultArgInFrom"});
}

TEST(Lint, RelativeWorkdirs) {
  EXPECT_EQ(found("FROM a\nWORKDIR x\nWORKDIR y\n"), Texts{"2 WorkdirRelativePath"});
  EXPECT_EQ(found("FROM a AS b\nWORKDIR /x\nWORKDIR y\nFROM b\nWORKDIR z\n"), Texts{});
}

TEST(Lint, Secrets) {
  EXPECT_EQ(found("FROM a\nARG API_KEY\nENV github_token=x AUTHOR=y\n"),
            (Texts{"2 SecretsUsedInArgOrEnv", "3 SecretsUsedInArgOrEnv"}));
  EXPECT_EQ(found("FROM a\nARG PUBLIC_KEY TOKEN_FILE KEYBOARD\n"), Texts{});
}

TEST(Lint, Ports) {
  EXPECT_EQ(found("FROM a\nEXPOSE 80/TCP\nEXPOSE 80:80\n"),
            (Texts{"2 ExposeProtoCasing", "3 ExposeInvalidFormat"}));
}

TEST(Lint, CopiesOfWhatIsIgnored) {
  const pattern::IgnoreRules ignored = pattern::IgnoreRules::parse("secret\n", ".dockerignore");
  EXPECT_EQ(found("FROM a\nCOPY secret /x\nADD ./secret/y /x\nCOPY --from=b secret /x\n", {{}, &ignored}),
            (Texts{"2 CopyIgnoredFile", "3 CopyIgnoredFile"}));
}

TEST(Lint, RulesCanBeSkipped) {
  EXPECT_EQ(found("# check=skip=StageNameCasing,FromAsCasing\nFROM a as B\nMAINTAINER x\n"),
            Texts{"3 MaintainerDeprecated"});
  EXPECT_EQ(found("# check=skip=all\nFROM a as B\n"), Texts{});
  EXPECT_EQ(found("FROM a\n# check=skip=MaintainerDeprecated\nMAINTAINER x\nMAINTAINER y\n"),
            Texts{"4 MaintainerDeprecated"});
}

// As today's BuildKit tells it, which was asked.
TEST(Lint, DescriptionsBeginWithTheName) {
  const std::string asked = "# check=experimental=InvalidDefinitionDescription\n";
  const std::string file =
      "# bar this\nARG foo=bar\n# BasE x\nFROM a AS base\n# bad\nARG version=1\n# bad\nARG a=b c=d\n"
      "# c good\nARG a=b c=d\n# bad\n\nARG e\n# bad\n#\nARG f\n# f x\nARG f\n";
  EXPECT_EQ(found(file), Texts{});
  Texts messages;
  for (const Warning& warning : report(asked + file).warnings) {
    EXPECT_EQ(warning.rule, "InvalidDefinitionDescription");
    messages.push_back(std::to_string(warning.at.line) + " " + warning.message);
  }
  const std::string follow = " should follow the format: `# ";
  EXPECT_EQ(messages, (Texts{"3 Comment for ARG" + follow + "foo <description>`",
                             "5 Comment for FROM" + follow + "base <description>`",
                             "7 Comment for ARG" + follow + "version <description>`",
                             "9 Comment for ARG" + follow + "<arg_key> <description>`",
                             "14 Comment for ARG" + follow + "e <description>`"}));
  const std::string wrong = "# bad\nFROM a AS base\n# bad\nENV a=b\n";
  const Texts told = {"3 InvalidDefinitionDescription"};
  EXPECT_EQ(found("# check=experimental=all\n" + wrong), told);
  EXPECT_EQ(found("# check=skip=all;experimental=all\n" + wrong), told);
  EXPECT_EQ(found("# check=skip=InvalidDefinitionDescription;experimental=all\n" + wrong), told);
  EXPECT_EQ(found("# check=experimental=Other\n" + wrong), Texts{});
  EXPECT_EQ(found("FROM a\n# check=experimental=all\n# bad\nARG a\n"), Texts{});
  EXPECT_EQ(found("# check=experimental=all\n# bad\nFROM a\n# bad\nONBUILD ARG b\n"), Texts{});
  EXPECT_THROW(report("# check=experimental\nFROM a\n"), base::Error);
}

TEST(Lint, WarningsCanBeErrors) {
  EXPECT_TRUE(report("# check=error=true\nFROM a as b\n").is_error);
  EXPECT_FALSE(report("# check=error=true\nFROM a AS b\n").is_error);
  EXPECT_FALSE(report("FROM a as b\n").is_error);
  EXPECT_THROW(report("# check=frob\nFROM a\n"), base::Error);
  EXPECT_THROW(report("# check=error=perhaps\nFROM a\n"), base::Error);
}

TEST(Lint, EmptyContinuationsAreOfTheLastLine) {
  EXPECT_EQ(found("FROM a\nRUN x \\\n\n  y \\\n\n  z\nRUN x\n"), Texts{"6 NoEmptyContinuation"});
}

TEST(Lint, PlatformsOfBasesAreThoseThatWereAskedFor) {
  const auto base = [](const char* platform, const char* wanted) {
    return LintInputs{{{0, {{}, platform, wanted}}}, nullptr};
  };
  EXPECT_EQ(found("FROM a\n", base("linux/amd64", "linux/arm64")), Texts{"1 InvalidBaseImagePlatform"});
  EXPECT_EQ(
      report("FROM a\n", base("linux/amd64", "linux/arm64")).warnings[0].message,
      "Base image a was pulled with platform \"linux/amd64\", expected \"linux/arm64\" for current build");
  EXPECT_EQ(found("FROM a\n", base("linux/arm/v6", "linux/arm/v7")), Texts{});
  EXPECT_EQ(found("FROM a\n", base("", "linux/arm/v7")), Texts{});
}

TEST(Lint, IgnoredFiles) {
  const auto rules = pattern::IgnoreRules::parse("*\n", ".dockerignore");
  EXPECT_EQ(found("FROM scratch\nCOPY . .\n", {{}, &rules}), Texts{"2 CopyIgnoredFile"});
  EXPECT_EQ(found("FROM scratch\nADD / .\n", {{}, &rules}), Texts{"2 CopyIgnoredFile"});
  EXPECT_EQ(found("FROM scratch\nENV F=f\nCOPY $F .\n", {{}, &rules}), Texts{"3 CopyIgnoredFile"});
  const auto some = pattern::IgnoreRules::parse("a\n", ".dockerignore");
  EXPECT_EQ(found("FROM scratch\nCOPY . .\nCOPY ./a b .\n", {{}, &some}), Texts{"3 CopyIgnoredFile"});
  const auto excepted = pattern::IgnoreRules::parse("*\n!b\n", ".dockerignore");
  EXPECT_EQ(found("FROM scratch\nCOPY . .\nCOPY a .\n", {{}, &excepted}), Texts{});
}

TEST(Lint, AStageThatCannotBeEvaluatedIsLookedAtUpToThere) {
  EXPECT_EQ(found("FROM scratch AS Broken\nCOPY $x ${y:?no y} /\nFROM scratch AS Fine\nCOPY $z /\n"),
            (Texts{"1 StageNameCasing", "3 StageNameCasing", "4 UndefinedVar"}));
}

TEST(Lint, NeverSuggestsWhatWasWritten) {
  EXPECT_EQ(message("FROM scratch\nENV a=1\nENV p=${a}${b} b=2\n"), "Usage of undefined variable '$b'");
  EXPECT_EQ(message("FROM scratch\nENV bb=1 p=${bbb}\n"),
            "Usage of undefined variable '$bbb' (did you mean $bb?)");
}

}  // namespace
}  // namespace ixian::stages
