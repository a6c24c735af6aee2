#include "stages/scope.h"

#include <gtest/gtest.h>

namespace ixian::stages {
namespace {

using Texts = std::vector<std::string>;
using Variables = std::vector<Variable>;

// A file, its global scope, and the scope after all instructions of its last stage.
struct Evaluated {
  dockerfile::Dockerfile file;
  GlobalScope global;
  StageScope scope;
  std::vector<StageScope::Resolved> resolved;

  explicit Evaluated(const std::string& text, ScopeOptions options = {}, const Texts& base = {"PATH=/bin"})
      : file(dockerfile::parse(text, "Dockerfile")), global(file, std::move(options)), scope(global, base) {
    for (const dockerfile::Instruction& instruction : file.stages.back().instructions) {
      resolved.push_back(scope.resolve(instruction));
    }
  }

  template <typename Kind>
  const Kind& last() const {
    return std::get<Kind>(resolved.back().instruction.body);
  }
};

ScopeOptions args(std::map<std::string, std::string> build_args) {
  ScopeOptions options;
  options.build_args = std::move(build_args);
  return options;
}

std::string refusal(const std::string& text, ScopeOptions options = {}) {
  try {
    const Evaluated evaluated(text, std::move(options));
  } catch (const base::Error& error) {
    return error.message();
  }
  return "";
}

TEST(GlobalScope, HasTheAutomaticArgs) {
  ScopeOptions options;
  options.target_platform = "linux/arm/v7";
  options.build_platform = "linux/amd64";
  const Evaluated e("FROM scratch AS final\n", options);
  EXPECT_EQ(e.global.value("TARGETPLATFORM"), "linux/arm/v7");
  EXPECT_EQ(e.global.value("TARGETOS"), "linux");
  EXPECT_EQ(e.global.value("TARGETARCH"), "arm");
  EXPECT_EQ(e.global.value("TARGETVARIANT"), "v7");
  EXPECT_EQ(e.global.value("BUILDPLATFORM"), "linux/amd64");
  EXPECT_EQ(e.global.value("BUILDVARIANT"), "");
  EXPECT_EQ(e.global.value("TARGETSTAGE"), "final");
  EXPECT_EQ(Evaluated("FROM scratch\n").global.value("TARGETSTAGE"), "default");
  options.target_stage = "x";
  options.build_args["TARGETARCH"] = "mips";
  const Evaluated other("FROM scratch\n", options);
  EXPECT_EQ(other.global.value("TARGETSTAGE"), "x");
  EXPECT_EQ(other.global.value("TARGETARCH"), "mips");
}

TEST(GlobalScope, ArgsBeforeFromHaveDefaultsThatSeeEarlierOnes) {
  const std::string text = "ARG V=12 N\nARG I=debian:${V}-$TARGETARCH\nFROM ${I}${N:-x}\n";
  const Evaluated e(text);
  EXPECT_EQ(e.global.expand(e.file.stages[0].base).text, "debian:12-amd64x");
  const Evaluated given(text, args({{"V", "11"}, {"N", "y"}}));
  EXPECT_EQ(given.global.expand(given.file.stages[0].base).text, "debian:11-amd64y");
}

TEST(GlobalScope, KnowsWhichBuildArgsItUses) {
  const Evaluated e("ARG V\nFROM scratch\n");
  for (const char* name :
       {"V", "TARGETARCH", "http_proxy", "NO_PROXY", "SOURCE_DATE_EPOCH", "BUILDKIT_INLINE_CACHE"}) {
    EXPECT_TRUE(e.global.uses_build_arg(name)) << name;
  }
  EXPECT_FALSE(e.global.uses_build_arg("W"));
  EXPECT_FALSE(e.global.uses_build_arg("Http_Proxy"));
}

TEST(GlobalScope, ReadsTheEpoch) {
  EXPECT_EQ(Evaluated("FROM scratch\n").global.source_date_epoch(), std::nullopt);
  EXPECT_EQ(Evaluated("FROM scratch\n", args({{"SOURCE_DATE_EPOCH", "17"}})).global.source_date_epoch(), 17);
  EXPECT_EQ(Evaluated("ARG SOURCE_DATE_EPOCH=18\nFROM scratch\n").global.source_date_epoch(), 18);
  EXPECT_EQ(Evaluated("FROM scratch\n", args({{"SOURCE_DATE_EPOCH", ""}})).global.source_date_epoch(),
            std::nullopt);
  EXPECT_THROW(Evaluated("FROM scratch\n", args({{"SOURCE_DATE_EPOCH", "today"}})).global.source_date_epoch(),
               base::Error);
}

TEST(GlobalScope, OffersProxiesInBothSpellings) {
  const Evaluated e("FROM scratch\n", args({{"http_proxy", "p"}, {"OTHER", "x"}}));
  EXPECT_EQ(e.global.proxy_environment(), (Variables{{"HTTP_PROXY", "p"}, {"http_proxy", "p"}}));
  EXPECT_EQ(e.scope.value("http_proxy"), std::nullopt);
}

TEST(GlobalScope, ProxiesOfTheMachineReachNoArgAndGiveWayToArguments) {
  ScopeOptions options = args({{"https_proxy", "given"}});
  options.proxies = {{"HTTP_PROXY", "p"}, {"HTTPS_PROXY", "q"}};
  const Evaluated e("FROM scratch\nARG HTTP_PROXY\n", options);
  EXPECT_EQ(
      e.global.proxy_environment(),
      (Variables{
          {"HTTPS_PROXY", "given"}, {"HTTP_PROXY", "p"}, {"http_proxy", "p"}, {"https_proxy", "given"}}));
  EXPECT_EQ(e.scope.value("HTTP_PROXY"), std::nullopt);
}

TEST(StageScope, BeginsWithTheEnvironmentOfTheBase) {
  const Evaluated e("FROM a\nENV X=$A-$B\n", {}, {"A=1", "PATH=/x", "E="});
  EXPECT_EQ(e.scope.value("X"), "1-");
  EXPECT_EQ(e.scope.image_environment(), (Texts{"A=1", "PATH=/x", "E=", "X=1-"}));
  const Evaluated scratch("FROM scratch\n", {}, {});
  EXPECT_EQ(scratch.scope.image_environment(),
            Texts{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"});
}

TEST(StageScope, EnvSeesTheValuesFromBeforeTheInstruction) {
  const Evaluated e("FROM a\nENV abc=hello\nENV abc=bye def=$abc\nENV ghi=$abc\n");
  EXPECT_EQ(e.scope.value("def"), "hello");
  EXPECT_EQ(e.scope.value("ghi"), "bye");
}

TEST(StageScope, GlobalArgsMustBeDeclaredAgain) {
  const std::string text = "ARG V=1\nFROM a\nENV X=[$V]\nARG V\nENV Y=[$V]\n";
  const Evaluated e(text);
  EXPECT_EQ(e.scope.value("X"), "[]");
  EXPECT_EQ(e.scope.value("Y"), "[1]");
  EXPECT_EQ(Evaluated(text, args({{"V", "2"}})).scope.value("Y"), "[2]");
  EXPECT_EQ(Evaluated("ARG V=1\nFROM a\nARG V=3\n").scope.value("V"), "3");
}

TEST(StageScope, AutomaticArgsMustBeDeclared) {
  const Evaluated e("FROM a\nENV X=$TARGETARCH\nARG TARGETARCH\nENV Y=$TARGETARCH\n");
  EXPECT_EQ(e.scope.value("X"), "");
  EXPECT_EQ(e.scope.value("Y"), "amd64");
}

TEST(StageScope, ArgsAreNotOfTheImage) {
  const Evaluated e("FROM a\nARG A=1 B\nENV C=$A\n");
  EXPECT_EQ(e.scope.image_environment(), (Texts{"PATH=/bin", "C=1"}));
  EXPECT_EQ(e.scope.run_environment(), (Variables{{"PATH", "/bin"}, {"A", "1"}, {"C", "1"}}));
  EXPECT_EQ(e.scope.declared_args(), (Variables{{"A", "1"}, {"B", ""}}));
}

TEST(StageScope, OnlyDeclaredBuildArgsCount) {
  const Evaluated e("FROM a\nARG A=$B\nARG B=x\n", args({{"A", "1"}, {"C", "3"}}));
  EXPECT_EQ(e.scope.run_environment(), (Variables{{"PATH", "/bin"}, {"A", "1"}, {"B", "x"}}));
  EXPECT_EQ(e.scope.used_build_args(), std::set<std::string>{"A"});
}

TEST(StageScope, TheLaterOfEnvAndArgCounts) {
  EXPECT_EQ(Evaluated("FROM a\nARG A=1\nENV A=2\n").scope.value("A"), "2");
  const Evaluated e("FROM a\nENV A=2\nARG A=1\n");
  EXPECT_EQ(e.scope.value("A"), "1");
  EXPECT_EQ(e.scope.image_environment(), (Texts{"PATH=/bin", "A=2"}));
}

TEST(StageScope, TheDefaultsOfOneArgInstructionSeeEachOther) {
  EXPECT_EQ(Evaluated("FROM a\nARG A=1 B=$A$A\n").scope.value("B"), "11");
}

TEST(StageScope, AStageThatStandsOnAnotherInheritsItsArgs) {
  const Evaluated e("FROM a AS b\nARG A=1\nENV B=2\n");
  StageScope child = e.scope;
  const dockerfile::Dockerfile file = dockerfile::parse("FROM x\nENV C=$A$B\n", "Dockerfile");
  child.resolve(file.stages[0].instructions[0]);
  EXPECT_EQ(child.value("C"), "12");
}

TEST(StageScope, SaysWhatIsUsedAndWhatIsUndefined) {
  const Evaluated e("FROM a\nARG D\nENV X=$PATH$D$U${W:-x}\n");
  EXPECT_EQ(e.resolved.back().used, std::set<std::string>{"PATH"});
  EXPECT_EQ(e.resolved.back().undefined, (std::set<std::string>{"U", "W"}));
}

TEST(Resolve, CommandsAreNotExpanded) {
  EXPECT_EQ(Evaluated("FROM a\nRUN echo $PATH\n").last<dockerfile::Run>().command.words, Texts{"echo $PATH"});
  EXPECT_EQ(Evaluated("FROM a\nCMD [\"$PATH\"]\n").last<dockerfile::Cmd>().command.words, Texts{"$PATH"});
  EXPECT_EQ(Evaluated("FROM a\nONBUILD USER $PATH\n").last<dockerfile::OnBuild>().trigger, "USER $PATH");
}

TEST(Resolve, CopyAndAddExpandEachWordAlone) {
  const Evaluated e("FROM a\nENV S=\"x y\"\nCOPY --chown=$S --chmod=7${Z:-55} --exclude=$S $S \"q\" $S/\n");
  const dockerfile::Copy& copy = e.last<dockerfile::Copy>();
  EXPECT_EQ(copy.chown.text, "x y");
  EXPECT_EQ(copy.chmod.text, "755");
  EXPECT_EQ(copy.excludes[0].text, "$S");
  ASSERT_EQ(copy.sources.size(), 2u);
  EXPECT_EQ(copy.sources[1].text, "q");
  EXPECT_EQ(copy.sources[0].text, "x y");
  EXPECT_EQ(copy.destination.text, "x y/");
}

TEST(Resolve, TheContentOfHeredocsKeepsItsQuotes) {
  const Evaluated e("FROM a\nENV V=v\nCOPY <<x <<\"y\" /d/\n\"$V\" '$V' \\$V\nx\n$V\ny\n");
  EXPECT_EQ(e.last<dockerfile::Copy>().inline_files[0].content, "\"v\" 'v' $V\n");
  EXPECT_EQ(e.last<dockerfile::Copy>().inline_files[1].content, "$V\n");
}

TEST(Resolve, LabelsExpandNamesAndValues) {
  const Evaluated e("FROM a\nENV V=v\nLABEL \"$V.x\"=\"a $V\" c='$V'\n");
  EXPECT_EQ(e.last<dockerfile::Label>().labels[0].key.text, "v.x");
  EXPECT_EQ(e.last<dockerfile::Label>().labels[0].value.text, "a v");
  EXPECT_EQ(e.last<dockerfile::Label>().labels[1].value.text, "$V");
}

TEST(Resolve, ExposeSplitsWordsAndRanges) {
  EXPECT_EQ(
      Evaluated("FROM a\nENV P=\"80 90/UDP\"\nEXPOSE $P 7000-7002/sctp\n").last<dockerfile::Expose>().ports,
      (Texts{"80/tcp", "90/udp", "7000/sctp", "7001/sctp", "7002/sctp"}));
  EXPECT_EQ(refusal("FROM a\nEXPOSE 80 x\n").substr(0, 16), "Dockerfile:2:11:");
  EXPECT_NE(refusal("FROM a\nEXPOSE 1-65535 1-65535 1-65535 1-65535\n").find("more ports than there are"),
            std::string::npos);
}

TEST(Resolve, SettingsAreExpanded) {
  EXPECT_EQ(Evaluated("FROM a\nUSER u${X:-1}\n").last<dockerfile::User>().user.text, "u1");
  EXPECT_EQ(Evaluated("FROM a\nWORKDIR /a\\ b/$PATH\n").last<dockerfile::Workdir>().path.text, "/a b//bin");
  EXPECT_EQ(Evaluated("FROM a\nVOLUME $PATH /y\n").last<dockerfile::Volume>().paths[0].text, "/bin");
  EXPECT_EQ(Evaluated("FROM a\nSTOPSIGNAL ${X:-sigrtmin+3}\n").last<dockerfile::StopSignal>().signal.text,
            "sigrtmin+3");
}

TEST(Resolve, MountsAreFilledIn) {
  const Evaluated e("FROM a\nENV T=/t\nRUN --mount=type=cache,target=$T,sharing=locked x\n");
  ASSERT_EQ(e.last<dockerfile::Run>().mounts.size(), 1u);
  EXPECT_EQ(e.last<dockerfile::Run>().mounts[0].target, "/t");
  EXPECT_EQ(e.last<dockerfile::Run>().mounts[0].sharing, dockerfile::Sharing::kLocked);
}

TEST(Resolve, PointsAtTheWordThatMakesNoSense) {
  // Quotes do not hold the words of a COPY together; a JSON array does.
  EXPECT_EQ(refusal("FROM a\nCOPY \"a b\" c\n"), "Dockerfile:2:6: a double quote is not closed");
  EXPECT_EQ(refusal("FROM a\nSTOPSIGNAL FOO\n"), "Dockerfile:2:12: unknown signal: \"FOO\"");
  EXPECT_EQ(refusal("FROM a\nENV a=b c=${d\n"), "Dockerfile:2:14: a closing } is missing");
  EXPECT_EQ(refusal("FROM a\nUSER ${u:?who}\n"), "Dockerfile:2:11: u: who");
  EXPECT_EQ(refusal("FROM a\nVOLUME $nothing\n"), "Dockerfile:2:8: empty path for VOLUME");
  EXPECT_EQ(refusal("FROM a\nENV $nothing=x\n"), "Dockerfile:2:5: empty name");
  EXPECT_EQ(refusal("FROM a\nCOPY --chmod=8 a b\n").substr(0, 16), "Dockerfile:2:14:");
  EXPECT_EQ(refusal("FROM a\nCOPY --exclude=[ a b\n").substr(0, 16), "Dockerfile:2:16:");
  EXPECT_EQ(refusal("FROM a\nCOPY https://x/y b\n"), "Dockerfile:2:6: COPY cannot copy from a URL");
  EXPECT_EQ(
      refusal("FROM a\nADD --checksum=sha256:a b c\n"),
      "Dockerfile:2:16: --checksum needs a URL or a git repository as source, not files of the context");
  EXPECT_EQ(refusal("FROM a\nADD ftp://x b\n").substr(0, 15), "Dockerfile:2:5:");
  EXPECT_EQ(refusal("ARG x=${y\nFROM a\n"), "Dockerfile:1:10: a closing } is missing");
}

TEST(Resolve, AStageExpandsToABoundedSize) {
  std::string text = "FROM a\nENV a=0123456789abcdef\n";
  for (int i = 0; i < 30; ++i) text += "ENV a=$a$a\n";
  EXPECT_NE(refusal(text).find("expands to more than 1 MiB"), std::string::npos);
  text = "FROM a\nENV a=0123456789abcdef\n";
  for (int i = 0; i < 15; ++i) text += "ENV a=$a$a\n";
  for (int i = 0; i < 200; ++i) text += "USER $a\n";
  EXPECT_NE(refusal(text).find("expand to more than 64 MiB"), std::string::npos);
}

TEST(GlobalScope, KnowsBuildArgumentsOfBuildKit) {
  const auto scope_with = [](std::map<std::string, std::string> build_args) {
    ScopeOptions options;
    options.build_args = std::move(build_args);
    return GlobalScope(dockerfile::parse("FROM a\n", "Dockerfile"), options);
  };
  EXPECT_EQ(scope_with({{"BUILDKIT_SANDBOX_HOSTNAME", "ci.local"}}).sandbox_hostname(), "ci.local");
  EXPECT_FALSE(scope_with({{"BUILDKIT_SANDBOX_HOSTNAME", ""}}).sandbox_hostname());
  EXPECT_THROW(scope_with({{"BUILDKIT_SANDBOX_HOSTNAME", "a\nb"}}).sandbox_hostname(), base::Error);
  EXPECT_EQ(scope_with({}).cache_mount_prefix(), "");

  const GlobalScope global = scope_with({{"BUILDKIT_CACHE_MOUNT_NS", "shop"}});
  const auto file =
      dockerfile::parse("FROM a\nRUN --mount=type=cache,id=k,target=/c --mount=type=ssh x\n", "Dockerfile");
  StageScope scope(global, {});
  const auto run = std::get<dockerfile::Run>(scope.resolve(file.stages[0].instructions[0]).instruction.body);
  EXPECT_EQ(run.mounts[0].id, "shop/k");
  EXPECT_EQ(run.mounts[1].target, "/run/buildkit/ssh_agent.0");
}

}  // namespace
}  // namespace ixian::stages
