#include "stages/outline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stages/call_answers.h"
#include "stages/lint_rules.h"

namespace ixian::stages {
namespace {

using ::testing::HasSubstr;

constexpr const char* kShop =
    "# VERSION of the shop\n"
    "ARG VERSION=3\n"
    "ARG UNUSED=1\n"
    "ARG SUITE=slim\n"
    "ARG BASE=debian:${SUITE}\n"
    "\n"
    "# build compiles it\n"
    "FROM ${BASE} AS build\n"
    "ARG VERSION\n"
    "# MODE is how it is compiled\n"
    "ARG MODE\n"
    "ARG TARGETARCH\n"
    "RUN --mount=type=secret,id=token --mount=type=ssh --mount=type=cache,target=/root/.cache x\n"
    "\n"
    "FROM alpine AS other\n"
    "ARG OTHER=1\n"
    "\n"
    "# runtime is what runs\n"
    "FROM --platform=linux/arm64 scratch AS runtime\n"
    "COPY --from=build /x /x\n"
    "RUN --mount=type=secret,id=token,required \\\n"
    "    y\n";

Outline outline_of(const std::string& text, const std::string& target,
                   std::map<std::string, std::string> build_args = {}) {
  const dockerfile::Dockerfile file = dockerfile::parse(text, "Dockerfile");
  ScopeOptions options;
  options.build_args = std::move(build_args);
  return outline(file, GlobalScope(file, options), target);
}

TEST(Outline, ShowsTheParametersOfATargetAndOfWhatItNeeds) {
  EXPECT_EQ(outline_text(outline_of(kShop, "", {{"MODE", "fast"}})),
            "TARGET:       runtime\n"
            "DESCRIPTION:  is what runs\n"
            "\n"
            "BUILD ARG   VALUE         DESCRIPTION\n"
            "VERSION     3             of the shop\n"
            "SUITE       slim\n"
            "BASE        debian:slim\n"
            "MODE        fast          is how it is compiled\n"
            "\n"
            "SECRET   REQUIRED\n"
            "token    true\n"
            "\n"
            "SSH       REQUIRED\n"
            "default\n"
            "\n"
            "CACHE MOUNT\n"
            "/root/.cache\n");
}

TEST(Outline, KnowsOnlyWhatItsTargetTakes) {
  const Outline other = outline_of(kShop, "OTHER");
  EXPECT_EQ(other.description, "");
  ASSERT_EQ(other.arguments.size(), 1u);
  EXPECT_EQ(other.arguments[0].value, "1");
  EXPECT_TRUE(other.secrets.empty());
  EXPECT_THROW(outline_of(kShop, "none"), base::Error);
  EXPECT_EQ(outline_text(outline_of("FROM scratch\n", "")), "");
}

TEST(Outline, IsJsonForPrograms) {
  const base::Json json = outline_json(outline_of(kShop, ""), "FROM x");
  EXPECT_EQ(json["name"], "runtime");
  EXPECT_EQ(json["args"][0]["location"]["ranges"][0]["start"]["line"], 2);
  EXPECT_EQ(json["args"][0]["description"], "of the shop");
  EXPECT_EQ(json["secrets"][0]["required"], true);
  EXPECT_EQ(json["secrets"][0]["location"]["ranges"][0]["end"]["line"], 22);
  EXPECT_FALSE(json["ssh"][0].contains("required"));
  EXPECT_EQ(json["cache"][0]["ID"], "/root/.cache");
  EXPECT_EQ(json["sources"][0], "RlJPTSB4");
}

TEST(Targets, AreTheStagesWithTheirComments) {
  const auto targets = list_targets(dockerfile::parse(std::string(kShop) + "FROM build\n", "Dockerfile"));
  EXPECT_EQ(targets_text(targets),
            "TARGET      DESCRIPTION\n"
            "build       compiles it\n"
            "other\n"
            "runtime     is what runs\n"
            "(default)\n");
  const base::Json json = targets_json(targets, "");
  EXPECT_EQ(json["targets"][2]["base"], "scratch");
  EXPECT_EQ(json["targets"][2]["platform"], "linux/arm64");
  EXPECT_EQ(json["targets"][3]["default"], true);
  EXPECT_FALSE(json["targets"][3].contains("name"));
}

LintReport check(const std::string& text, std::map<std::string, std::string> build_args = {}) {
  ScopeOptions options;
  options.build_args = std::move(build_args);
  return check_file(text, "Dockerfile", options);
}

TEST(Check, IsToldAsBuildxTellsIt) {
  const std::string text = "FROM scratch\nLABEL a=1\nCMD a \\\n  b\nLABEL c=1\nLABEL d=1\n";
  EXPECT_EQ(check_text(check(text), {"Dockerfile", text}),
            "Check complete, 1 warning has been found!\n"
            "\n"
            "WARNING: JSONArgsRecommended - "
            "https://docs.docker.com/go/dockerfile/rule/json-args-recommended/\n"
            "JSON arguments recommended for CMD to prevent unintended behavior related to OS signals\n"
            "Dockerfile:3\n"
            "--------------------\n"
            "   2 |     LABEL a=1\n"
            "   3 | >>> CMD a \\\n"
            "   4 | >>>   b\n"
            "   5 |     LABEL c=1\n"
            "--------------------\n");
  EXPECT_EQ(check_text(check("FROM scratch\n"), {"Dockerfile", ""}), "Check complete, no warnings found.\n");
  const base::Json json = check_json(check(text), {"Dockerfile", text});
  EXPECT_EQ(json["warnings"][0]["location"]["ranges"][0]["end"]["line"], 4);
  EXPECT_EQ(json["warnings"][0]["ruleName"], "JSONArgsRecommended");
}

TEST(Check, TellsWhatStandsBeforeAnErrorAndTheError) {
  const LintReport report = check("from scratch AS a\nCOPPY a b\n");
  ASSERT_EQ(report.warnings.size(), 1u);
  EXPECT_EQ(report.warnings[0].rule, "FromAsCasing");
  ASSERT_TRUE(report.failure);
  EXPECT_THAT(report.failure->message(), HasSubstr("COPPY"));
  EXPECT_THAT(check_json(report, {"Dockerfile", ""})["buildError"]["message"], HasSubstr("COPPY"));
}

TEST(Check, ABuildArgumentCountsInPlaceOfTheDirective) {
  const std::string text = "# check=error=true\nFROM scratch\nCMD a\n";
  EXPECT_TRUE(check(text).is_error);
  EXPECT_FALSE(check(text, {{"BUILDKIT_DOCKERFILE_CHECK", "skip=none"}}).is_error);
  EXPECT_TRUE(check(text, {{"BUILDKIT_DOCKERFILE_CHECK", "skip=all"}}).warnings.empty());
  const LintReport wrong = check(text, {{"BUILDKIT_DOCKERFILE_CHECK", "x"}});
  ASSERT_TRUE(wrong.failure);
  EXPECT_THAT(wrong.failure->message(), HasSubstr("BUILDKIT_DOCKERFILE_CHECK"));
}

TEST(LintRules, HaveAPageEach) {
  ASSERT_NE(find_lint_rule("FromAsCasing"), nullptr);
  EXPECT_EQ(find_lint_rule("FromAsCasing")->url(),
            "https://docs.docker.com/go/dockerfile/rule/from-as-casing/");
  EXPECT_EQ(find_lint_rule("None"), nullptr);
}

}  // namespace
}  // namespace ixian::stages
