#include "cli/completion.h"

#include <gtest/gtest.h>

namespace ixian::cli {
namespace {

using Words = std::vector<std::string>;

const std::vector<OptionSpec>& shell_flags() {
  static const std::vector<OptionSpec> table = {
      {.name = "--progress",
       .kind = OptionKind::kValue,
       .metavar = "FORMAT",
       .choices = {{"plain", "lines"}, {"json"}, {"rawjson", "", "Say json."}},
       .universal = true},
      {.name = "--force"},
  };
  return table;
}

const CommandSpec& make() {
  static const CommandSpec spec{
      .name = "make",
      .arguments =
          {{.metavar = "DIR", .completer = Completer::kDirectory},
           {.metavar = "STAGE", .least = 0, .most = ArgumentSpec::kAny, .completer = Completer::kStage}},
      .options = {{.name = "--target",
                   .letter = 't',
                   .kind = OptionKind::kValue,
                   .metavar = "STAGE",
                   .completer = Completer::kStage},
                  {.name = "--tag", .kind = OptionKind::kValue, .metavar = "NAME", .repeatable = true},
                  {.name = "--output",
                   .kind = OptionKind::kFields,
                   .metavar = "DEST",
                   .fields = {{.key = "type", .choices = {{"oci"}, {"tar"}}},
                              {.key = "dest", .metavar = "FILE", .completer = Completer::kFile}}},
                  {.name = "--sbom",
                   .kind = OptionKind::kValue,
                   .metavar = "BOOL",
                   .optional_value = true,
                   .hidden = true},
                  {.name = "--old", .hidden = true}}};
  return spec;
}

std::vector<Candidate> stages(Completer what, const ParsedCommand&) {
  if (what != Completer::kStage) return {};
  return {{"base", ""}, {"build", ""}, {"test", ""}};
}

Words texts(const Completion& completion) {
  Words found;
  for (const Candidate& each : completion.candidates) found.push_back(each.text);
  return found;
}

Completion completed(const Words& words, const std::string& current) {
  return complete_arguments(make(), shell_flags(), words, current, stages);
}

TEST(CompletionTest, OptionsThatMeanSomethingAndAreNotGivenYet) {
  EXPECT_EQ(texts(completed({}, "--")), (Words{"--target", "--tag", "--output", "--progress"}));
  EXPECT_EQ(texts(completed({"--tag", "a", "--target=b"}, "--ta")), (Words{"--tag"}));
}

TEST(CompletionTest, ValuesInTheNextWordAndInTheSame) {
  EXPECT_EQ(texts(completed({"--target"}, "b")), (Words{"base", "build"}));
  EXPECT_EQ(texts(completed({"-t"}, "t")), (Words{"test"}));
  EXPECT_EQ(texts(completed({}, "--target=te")), (Words{"--target=test"}));
  EXPECT_EQ(texts(completed({".", "--progress"}, "")), (Words{"plain", "json"}));
  EXPECT_TRUE(texts(completed({"--tag"}, "")).empty());
}

TEST(CompletionTest, FieldsAndTheirValues) {
  EXPECT_EQ(texts(completed({"--output"}, "")), (Words{"type=", "dest="}));
  EXPECT_EQ(texts(completed({"--output"}, "type=o")), (Words{"type=oci"}));
  EXPECT_EQ(texts(completed({}, "--output=type=oci,d")), (Words{"--output=type=oci,dest="}));
  EXPECT_TRUE(completed({"--output"}, "type=oci,dest=x").files);
}

TEST(CompletionTest, ArgumentsByTheirPlace) {
  EXPECT_TRUE(completed({}, "").directories);
  EXPECT_EQ(texts(completed({"."}, "b")), (Words{"base", "build"}));
  EXPECT_EQ(texts(completed({".", "base"}, "t")), (Words{"test"}));
  EXPECT_TRUE(texts(completed({"--"}, "--ta")).empty());
}

TEST(CompletionTest, AnOptionWhoseValueMayBeMissingTakesNoWord) {
  EXPECT_TRUE(completed({"--sbom"}, "").directories);
  EXPECT_EQ(texts(completed({"--sbom", "."}, "b")), (Words{"base", "build"}));
}

TEST(CompletionTest, OffersWhatBeginsWithWhatWasTyped) {
  EXPECT_EQ(texts(beginning_with("b", {{"base", ""}, {"test", ""}, {"build", ""}})),
            (Words{"base", "build"}));
  EXPECT_EQ(texts(beginning_with("", {{"base", ""}})), (Words{"base"}));
}

TEST(CompletionTest, Subcommands) {
  const CommandSpec image{.name = "image",
                          .subcommands = {{.name = "ls", .summary = "List"}, {.name = "rm"}}};
  const Completion names = complete_arguments(image, shell_flags(), {}, "l", stages);
  ASSERT_EQ(texts(names), (Words{"ls"}));
  EXPECT_EQ(names.candidates[0].summary, "List");
  EXPECT_EQ(texts(complete_arguments(image, shell_flags(), {"ls"}, "--p", stages)), (Words{"--progress"}));
}

TEST(CompletionTest, WhatIsHandedOnIsFiles) {
  const CommandSpec plan{
      .arguments = {{.metavar = "TASK", .completer = Completer::kStage},
                    {.metavar = "ARGS", .least = 0, .most = ArgumentSpec::kAny, .rest = true}},
      .options = {{.name = "--json", .anywhere = true}, {.name = "--own"}}};
  EXPECT_EQ(texts(complete_arguments(plan, shell_flags(), {}, "te", stages)), (Words{"test"}));
  EXPECT_TRUE(complete_arguments(plan, shell_flags(), {"test"}, "x", stages).files);
  EXPECT_EQ(texts(complete_arguments(plan, shell_flags(), {"test"}, "--", stages)), (Words{"--json"}));
}

TEST(CompletionTest, FlagsBeforeTheTask) {
  std::size_t count = 0;
  const auto leading = [&](const Words& words, const std::string& current) {
    const auto found = complete_leading(shell_flags(), words, current, count);
    return found ? texts(*found) : Words{"none"};
  };
  EXPECT_EQ(leading({}, "--f"), (Words{"--force"}));
  EXPECT_EQ(leading({"--progress"}, "p"), (Words{"plain"}));
  EXPECT_EQ(leading({}, "--progress=j"), (Words{"--progress=json"}));
  EXPECT_EQ(leading({"--progress", "json", "--force"}, "b"), (Words{"none"}));
  EXPECT_EQ(count, 3u);
  EXPECT_EQ(leading({"task"}, "--f"), (Words{"none"}));
}

TEST(CompletionTest, ALineForEachCandidate) {
  EXPECT_EQ(completion_lines({{{"a", "first"}, {"b", ""}, {"c\n", "no line"}}, true, false}),
            ":files\na\tfirst\nb\n");
}

}  // namespace
}  // namespace ixian::cli
