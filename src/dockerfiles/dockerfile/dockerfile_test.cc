#include "dockerfile/dockerfile.h"

#include <gtest/gtest.h>

#include "dockerfile/run_command.h"

namespace ixian::dockerfile {
namespace {

Dockerfile read(const std::string& text) {
  return parse(text, "Dockerfile");
}

// The only instruction of a stage.
template <typename Kind>
Kind only(const std::string& line) {
  const Dockerfile file = read("FROM scratch\n" + line);
  EXPECT_EQ(file.stages.at(0).instructions.size(), 1u) << line;
  return std::get<Kind>(file.stages.at(0).instructions.at(0).body);
}

std::string refusal(const std::string& text) {
  try {
    read(text);
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kTaskFailed);
    return error.message();
  }
  return "";
}

// Of one instruction after a FROM, without the name of the file.
std::string refused(const std::string& line) {
  const std::string message = refusal("FROM scratch\n" + line);
  return message.starts_with("Dockerfile:") ? message.substr(11) : message;
}

std::vector<std::string> texts(const std::vector<base::Word>& words) {
  std::vector<std::string> result;
  for (const base::Word& word : words) result.push_back(word.text);
  return result;
}

using Texts = std::vector<std::string>;

TEST(Parse, StagesHaveNamesBasesAndPlatforms) {
  const Dockerfile file =
      read("FROM debian:12 AS Build\nRUN make\nFROM --platform=linux/arm64 build\ncopy a b\n");
  ASSERT_EQ(file.stages.size(), 2u);
  EXPECT_EQ(file.stages[0].name, "build");
  EXPECT_EQ(file.stages[0].written_name, "Build");
  EXPECT_EQ(file.stages[0].base.text, "debian:12");
  EXPECT_EQ(file.stages[1].name, "");
  EXPECT_EQ(file.stages[1].base.text, "build");
  EXPECT_EQ(file.stages[1].platform.text, "linux/arm64");
  EXPECT_EQ(file.stages[1].instructions[0].name, "copy");
  EXPECT_EQ(file.stages[1].instructions[0].where.begin, (base::Position{4, 1}));
}

TEST(Parse, OnlyArgMayStandBeforeTheFirstFrom) {
  const Dockerfile file = read("ARG A=1\narg B\nFROM scratch\n");
  EXPECT_EQ(file.global_args.size(), 2u);
  EXPECT_EQ(refusal("RUN x\nFROM a"),
            "Dockerfile:1:1: RUN is before the first FROM, where only ARG is allowed");
}

TEST(Parse, AFileWithoutFromIsRefused) {
  for (const char* text : {"", "\n\n", "# only this\n", "ARG A\n", "\\\n"}) {
    EXPECT_EQ(refusal(text), "Dockerfile: no FROM in this Dockerfile, nothing to build") << text;
  }
}

TEST(Parse, AnErrorShowsTheLineWithACaret) {
  try {
    read("FROM a\n\n  COPY --form=b c d\n");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(), "Dockerfile:3:8: unknown flag for COPY: --form (did you mean --from?)");
    EXPECT_EQ(error.context(), "  3 |   COPY --form=b c d\n    |        ^");
  }
}

TEST(Parse, AnErrorInAContinuedLinePointsAtTheLineItIsIn) {
  EXPECT_EQ(
      refusal("FROM a\nENV a=b \\\n  # comment\n  c=d \\\n    e\n"),
      "Dockerfile:5:5: missing = in \"e\": ENV takes name=value, with quotes around a value with spaces");
}

TEST(Parse, ColumnsCountCharacters) {
  EXPECT_EQ(refusal("FROM a\nENV ä=ö x\n").substr(0, 15), "Dockerfile:2:9:");
}

TEST(Parse, UnknownInstructionsAreRefusedWithWhatMayBeMeant) {
  EXPECT_EQ(refused("RNU x"), "2:1: unknown instruction: RNU (did you mean RUN?)");
  EXPECT_EQ(refused("frobnicate x"), "2:1: unknown instruction: frobnicate");
}

TEST(Parse, FlagsAreCheckedForEveryInstruction) {
  EXPECT_EQ(refused("CMD --foo x"), "2:5: unknown flag for CMD: --foo");
  EXPECT_EQ(refused("ENV --foo a=b"), "2:5: unknown flag for ENV: --foo");
  EXPECT_EQ(refused("COPY --from=a --from=b c d"), "2:15: duplicate flag: --from");
  EXPECT_EQ(refused("COPY --from a b"), "2:6: --from needs a value: --from=…");
  EXPECT_EQ(refused("COPY --link=maybe a b"),
            "2:13: invalid value \"maybe\" for --link (expected: true, false)");
  EXPECT_EQ(refused("FROM --plattform=x y"),
            "2:6: unknown flag for FROM: --plattform (did you mean --platform?)");
}

TEST(Parse, FlagsMayBeQuotedAndTwoDashesEndThem) {
  EXPECT_EQ(only<Copy>("COPY --chown=\"a b\" x y").chown.text, "a b");
  EXPECT_EQ(only<Copy>("COPY --chown=a\\ b x y").chown.text, "a b");
  EXPECT_EQ(texts(only<Copy>("COPY -- --x y").sources), Texts{"--x"});
  EXPECT_EQ(only<dockerfile::Run>("RUN -- --x").command.words, Texts{"--x"});
  EXPECT_EQ(only<dockerfile::Run>("RUN -x").command.words, Texts{"-x"});
}

TEST(Parse, LinesAreContinuedByTheEscapeCharacter) {
  EXPECT_EQ(only<dockerfile::Run>("RUN a \\\n  b \\  \n\tc").command.words, Texts{"a   b \tc"});
  EXPECT_EQ(only<dockerfile::Run>("RUN a \\\\").command.words, Texts{"a \\\\"});
  EXPECT_EQ(only<dockerfile::Run>("RUN a \\").command.words, Texts{"a"});
  EXPECT_EQ(only<dockerfile::Run>("RUN a\\\r\nb\r\n").command.words, Texts{"ab"});
}

TEST(Parse, CommentsAndEmptyLinesMayStandInAContinuedLine) {
  const Dockerfile file = read("FROM a\nRUN x \\\n# no\n\n   # nor this\ny\n");
  EXPECT_EQ(std::get<dockerfile::Run>(file.stages[0].instructions[0].body).command.words, Texts{"x y"});
  ASSERT_EQ(file.empty_continuations.size(), 1u);
  EXPECT_EQ(file.empty_continuations[0].line, 6);
}

TEST(Parse, AHashWithinALineIsNoComment) {
  EXPECT_EQ(only<dockerfile::Run>("RUN echo # x").command.words, Texts{"echo # x"});
}

TEST(Parse, TheCommentsAboveAnInstructionAreKept) {
  const Dockerfile file = read("FROM a\n# old\n#\n# one\n  # two\nRUN x\n");
  EXPECT_EQ(file.stages[0].instructions[0].comments, (Texts{"one", "two"}));
}

TEST(Parse, AByteOrderMarkIsSkipped) {
  EXPECT_EQ(read("\xef\xbb\xbf# escape=`\nFROM a\n").directives.escape, '`');
}

TEST(Directives, StandAboveAllElse) {
  const Dockerfile file =
      read("# syntax=docker/dockerfile:1\n#check=skip=all\n# Escape = `\nFROM a\nRUN x `\ny\\\n");
  EXPECT_EQ(file.directives.syntax, "docker/dockerfile:1");
  EXPECT_EQ(file.directives.check, "skip=all");
  EXPECT_EQ(file.directives.escape, '`');
  EXPECT_EQ(std::get<dockerfile::Run>(file.stages[0].instructions[0].body).command.words, Texts{"x y\\"});
}

TEST(Directives, EndAtTheFirstOtherLine) {
  for (const char* text : {"# a comment\n# escape=`\nFROM a", "\n# escape=`\nFROM a", "FROM a\n# escape=`\n",
                           "# other=x\n# escape=`\nFROM a"}) {
    EXPECT_EQ(read(text).directives.escape, '\\') << text;
  }
}

TEST(Directives, AreRefusedTwiceAndWithAnEscapeThatIsNone) {
  EXPECT_EQ(refusal("# escape=`\n# escape=\\\nFROM a"), "Dockerfile:2:1: duplicate directive: escape");
  EXPECT_EQ(refusal("# escape=x\nFROM a"),
            "Dockerfile:1:1: invalid escape character \"x\" (expected: \\ or `)");
}

TEST(From, TakesAnImageAndPerhapsAName) {
  EXPECT_EQ(refusal("FROM"), "Dockerfile:1:1: FROM takes an image or a stage, then at most AS and a name");
  EXPECT_EQ(refusal("FROM a b"),
            "Dockerfile:1:8: FROM takes an image or a stage, then at most AS and a name");
  EXPECT_EQ(refusal("FROM a OF b").substr(0, 15), "Dockerfile:1:8:");
  EXPECT_EQ(
      refusal("FROM a AS 1b"),
      "Dockerfile:1:11: invalid stage name \"1b\" (expected: a letter, then letters, digits, _, . and -)");
  EXPECT_EQ(read("FROM a as B.c-d_1").stages[0].name, "b.c-d_1");
  EXPECT_EQ(refusal("FROM --platform= a"), "Dockerfile:1:17: --platform is empty");
}

TEST(Run, IsShellTextOrAJsonArray) {
  EXPECT_TRUE(only<dockerfile::Run>("RUN echo hi  &&  x").command.shell);
  EXPECT_EQ(only<dockerfile::Run>("RUN echo hi  &&  x").command.words, Texts{"echo hi  &&  x"});
  const dockerfile::Run json = only<dockerfile::Run>("RUN [\"a\", \"b \\u00e4\\n\\\"\" ,\"\\ud83d\\ude00\"]");
  EXPECT_FALSE(json.command.shell);
  EXPECT_EQ(json.command.words, (Texts{"a", "b ä\n\"", "😀"}));
  for (const char* text : {"[ -d /x ] && y", "['a']", "[\"a\"", "[\"a\",]", "[\"a\"] b", "[\"a\\x\"]"}) {
    EXPECT_TRUE(only<dockerfile::Run>(std::string("RUN ") + text).command.shell) << text;
  }
  EXPECT_EQ(refused("RUN [\"a\", 1]"), "2:5: only strings are allowed in this JSON array");
  EXPECT_EQ(refused("RUN"), "2:1: RUN needs a command");
  EXPECT_EQ(refused("RUN []"), "2:5: RUN needs a command");
}

TEST(Run, HasANetworkAndASecurity) {
  EXPECT_EQ(only<dockerfile::Run>("RUN x").network, NetworkMode::kDefault);
  EXPECT_EQ(only<dockerfile::Run>("RUN --network=none x").network, NetworkMode::kNone);
  EXPECT_EQ(only<dockerfile::Run>("RUN --network=host x").network, NetworkMode::kHost);
  EXPECT_TRUE(only<dockerfile::Run>("RUN --security=insecure x").insecure);
  EXPECT_FALSE(only<dockerfile::Run>("RUN --security=sandbox x").insecure);
  EXPECT_EQ(refused("RUN --network=nnoe x"),
            "2:15: invalid value \"nnoe\" for --network (expected: default, none, host)");
  EXPECT_EQ(refused("RUN --network= x"),
            "2:15: invalid value \"\" for --network (expected: default, none, host)");
  const auto devices =
      only<dockerfile::Run>("RUN --device=v.com/gpu=0 --device=name=v.com/x,required y").devices;
  ASSERT_EQ(devices.size(), 2u);
  EXPECT_EQ(devices[0].name, "v.com/gpu=0");
  EXPECT_FALSE(devices[0].required);
  EXPECT_EQ(devices[1].name, "v.com/x");
  EXPECT_TRUE(devices[1].required);
  EXPECT_EQ(refused("RUN --device=gpu y"),
            "2:14: --device: invalid device \"gpu\" (expected: VENDOR/CLASS=NAME)");
  EXPECT_EQ(refused("RUN --security=x y"),
            "2:16: invalid value \"x\" for --security (expected: sandbox, insecure)");
}

TEST(Run, MountsAreCheckedWhenTheyHoldNoVariables) {
  EXPECT_EQ(only<dockerfile::Run>("RUN --mount=type=cache,target=/a --mount=type=$x,target=/b x")
                .mount_flags.size(),
            2u);
  EXPECT_EQ(refused("RUN --mount=type=cahce,target=/a x"),
            "2:13: --mount: invalid value \"cahce\" for type (expected: bind, cache, tmpfs, secret, ssh)");
}

TEST(Heredoc, OfARunIsItsContent) {
  const dockerfile::Run run = only<dockerfile::Run>("RUN <<EOF\necho a\n\n# not a comment\n  b\nEOF\n");
  ASSERT_EQ(run.heredocs.size(), 1u);
  EXPECT_EQ(run.heredocs[0].name, "EOF");
  EXPECT_EQ(run.heredocs[0].content, "echo a\n\n# not a comment\n  b\n");
  EXPECT_TRUE(run.heredocs[0].expand);
  EXPECT_TRUE(is_one_heredoc(run));
  EXPECT_EQ(run_command(run, {}).argv, (Texts{"/bin/sh", "-c", "echo a\n\n# not a comment\n  b\n"}));
}

TEST(Heredoc, WithAShebangIsAScript) {
  const RunCommand command =
      run_command(only<dockerfile::Run>("RUN <<EOF\n#!/bin/x\nhi\nEOF\n"), {"sh", "-c"});
  EXPECT_EQ(command.argv, (Texts{"sh", "-c", "/dev/pipes/EOF"}));
  ASSERT_TRUE(command.script);
  EXPECT_EQ(command.script->path, "/dev/pipes/EOF");
  EXPECT_EQ(command.script->content, "#!/bin/x\nhi\n");
}

TEST(Heredoc, InALongerCommandIsForTheShell) {
  const dockerfile::Run run = only<dockerfile::Run>("RUN cat <<A >x && cat 3<<-\"B\" >y\na\nA\n\tb\n\tB\n");
  ASSERT_EQ(run.heredocs.size(), 2u);
  EXPECT_TRUE(run.heredocs[1].strip_tabs);
  EXPECT_FALSE(run.heredocs[1].expand);
  EXPECT_EQ(run_command(run, {}).argv.back(), "cat <<A >x && cat 3<<-\"B\" >y\na\nA\n\tb\nB");
}

TEST(Heredoc, TabsAreTakenAwayWhereItSaysSo) {
  EXPECT_EQ(run_command(only<dockerfile::Run>("RUN <<-EOF\n\t\ta\n\t b\n\tEOF\n"), {}).argv.back(),
            "a\n b\n");
}

TEST(Heredoc, OfACopyIsAFile) {
  const Copy copy = only<Copy>("COPY <<a <<'b' c /to/\n$x\na\n$y\nb\n");
  ASSERT_EQ(copy.inline_files.size(), 2u);
  EXPECT_EQ(copy.inline_files[0].name, "a");
  EXPECT_EQ(copy.inline_files[0].content, "$x\n");
  EXPECT_TRUE(copy.inline_files[0].expand);
  EXPECT_EQ(copy.inline_files[1].content, "$y\n");
  EXPECT_FALSE(copy.inline_files[1].expand);
  EXPECT_EQ(texts(copy.sources), Texts{"c"});
  EXPECT_EQ(copy.destination.text, "/to/");
  EXPECT_EQ(only<Add>("ADD <<-x /y\n\t\ta\n\tx\n").inline_files[0].content, "a\n");
}

TEST(Heredoc, MustEndAndHaveAProperName) {
  EXPECT_EQ(refused("RUN <<EOF\nx\n EOF"), "2:1: heredoc <<EOF has no end (expected: a line \"EOF\")");
  EXPECT_EQ(refused("COPY a <<EOF\nEOF\n"), "2:8: COPY needs a destination after its heredoc");
  EXPECT_EQ(refused("COPY <<../x /y\n../x\n"), "2:6: invalid file name for a heredoc: ../x");
  EXPECT_EQ(refused("COPY <<x <<x /y/\na\nx\nb\nx\n"),
            "2:10: heredoc x is a duplicate, or in a line with an open quote");
  EXPECT_EQ(refused("RUN <<../x\n#!/x\n../x\n"), "2:5: invalid name for a heredoc: ../x");
}

TEST(Heredoc, IsOnlyWhereItCanBe) {
  EXPECT_TRUE(only<dockerfile::Run>("RUN [\"a\", \"<<EOF\"]").heredocs.empty());
  EXPECT_EQ(texts(only<Copy>("COPY [\"<<a\", \"b\"]").sources), Texts{"<<a"});
  EXPECT_TRUE(only<dockerfile::Run>("RUN cat <<<word").heredocs.empty());
  EXPECT_TRUE(only<dockerfile::Run>("RUN echo \"<<EOF\" '<<x'").heredocs.empty());
  EXPECT_EQ(only<Cmd>("CMD cat <<EOF").command.words, Texts{"cat <<EOF"});
  EXPECT_EQ(only<dockerfile::Run>("RUN echo $((1<<2))").command.words, Texts{"echo $((1<<2))"});
}

TEST(Heredoc, TheInstructionAfterItIsRead) {
  const Dockerfile file = read("FROM a\nRUN <<EOF\nFROM b\nEOF\nUSER x\n");
  EXPECT_EQ(file.stages.size(), 1u);
  EXPECT_EQ(file.stages[0].instructions.size(), 2u);
  EXPECT_EQ(file.stages[0].instructions[0].where.last_line, 4);
  EXPECT_EQ(file.stages[0].instructions[1].where.begin.line, 5);
}

TEST(Copy, HasItsFlags) {
  const Copy copy =
      only<Copy>("COPY --from=x --chown=1:2 --chmod=755 --link --parents --exclude=*.o --exclude=b a b c");
  EXPECT_EQ(copy.from.text, "x");
  EXPECT_EQ(copy.chown.text, "1:2");
  EXPECT_EQ(copy.chmod.text, "755");
  EXPECT_TRUE(copy.link);
  EXPECT_TRUE(copy.parents);
  EXPECT_EQ(texts(copy.excludes), (Texts{"*.o", "b"}));
  EXPECT_EQ(texts(copy.sources), (Texts{"a", "b"}));
  EXPECT_FALSE(only<Copy>("COPY --link=false a b").link);
}

TEST(Copy, MayBeAJsonArrayForNamesWithSpaces) {
  const Copy copy = only<Copy>("COPY [\"a b\", \"c\"]");
  EXPECT_EQ(texts(copy.sources), Texts{"a b"});
  EXPECT_EQ(copy.sources[0].at, (base::Position{2, 7}));
  EXPECT_EQ(copy.destination.text, "c");
}

TEST(Copy, NeedsASourceAndADestination) {
  EXPECT_EQ(refused("COPY a"), "2:6: COPY needs at least 2 arguments: sources and a destination");
  EXPECT_EQ(refused("ADD"), "2:1: ADD needs at least 2 arguments: sources and a destination");
  EXPECT_EQ(refused("COPY --from=$x a b"), "2:13: --from cannot have variables");
}

TEST(Add, HasItsFlags) {
  const Add add =
      only<Add>("ADD --keep-git-dir --checksum=sha256:aa --unpack=false --chown=a https://x/y /z");
  EXPECT_EQ(add.keep_git_dir, true);
  EXPECT_EQ(add.unpack, false);
  EXPECT_EQ(add.checksum.text, "sha256:aa");
  EXPECT_EQ(only<Add>("ADD a b").unpack, std::nullopt);
  EXPECT_EQ(refused("ADD --from=x a b"), "2:5: unknown flag for ADD: --from");
}

TEST(Env, HasTwoForms) {
  const Env env = only<Env>("ENV a=1 b=\"x y\" c=x\\ y d='$z' e=");
  ASSERT_EQ(env.variables.size(), 5u);
  EXPECT_EQ(env.variables[1].value.text, "\"x y\"");
  EXPECT_EQ(env.variables[2].value.text, "x\\ y");
  EXPECT_EQ(env.variables[3].key.text, "d");
  EXPECT_EQ(env.variables[4].value.text, "");
  EXPECT_FALSE(env.variables[0].legacy);

  const Env legacy = only<Env>("ENV a  b c=d");
  ASSERT_EQ(legacy.variables.size(), 1u);
  EXPECT_TRUE(legacy.variables[0].legacy);
  EXPECT_EQ(legacy.variables[0].value.text, "b c=d");
  EXPECT_EQ(refused("ENV a"), "2:5: ENV needs a value: name=value.");
  EXPECT_EQ(refused("ENV"), "2:1: ENV needs at least 1 name=value");
  EXPECT_EQ(refused("ENV =x"), "2:5: missing name before =");
}

TEST(Arg, MayHaveSeveralWithAndWithoutDefaults) {
  const Arg arg = only<Arg>("ARG a b= c=\"x y\"");
  ASSERT_EQ(arg.declarations.size(), 3u);
  EXPECT_FALSE(arg.declarations[0].value);
  EXPECT_EQ(arg.declarations[1].value->text, "");
  EXPECT_EQ(arg.declarations[2].value->text, "\"x y\"");
  EXPECT_EQ(refused("ARG"), "2:1: ARG needs at least 1 name");
  EXPECT_EQ(refused("ARG =a"), "2:5: missing name before =");
}

TEST(Label, IsLikeEnv) {
  EXPECT_EQ(only<Label>("LABEL \"a.b\"=c d=e").labels[0].key.text, "\"a.b\"");
  EXPECT_TRUE(only<Label>("LABEL a b").labels[0].legacy);
}

TEST(Healthcheck, HasItsOptions) {
  const Healthcheck check = only<Healthcheck>(
      "HEALTHCHECK --interval=1m30s --timeout=500ms --start-period=1h --start-interval=2s --retries=3 CMD a "
      "b");
  EXPECT_EQ(check.interval, std::chrono::seconds(90));
  EXPECT_EQ(check.timeout, std::chrono::milliseconds(500));
  EXPECT_EQ(check.start_period, std::chrono::hours(1));
  EXPECT_EQ(check.start_interval, std::chrono::seconds(2));
  EXPECT_EQ(check.retries, 3);
  EXPECT_EQ(healthcheck_test(check), (Texts{"CMD-SHELL", "a b"}));
  EXPECT_EQ(healthcheck_test(only<Healthcheck>("HEALTHCHECK cmd [\"a\",\"b\"]")), (Texts{"CMD", "a", "b"}));
  EXPECT_EQ(healthcheck_test(only<Healthcheck>("HEALTHCHECK --interval=1s none")), Texts{"NONE"});
}

TEST(Healthcheck, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(refused("HEALTHCHECK"), "2:1: HEALTHCHECK needs NONE, or CMD and a command");
  EXPECT_EQ(refused("HEALTHCHECK NONE x"), "2:18: HEALTHCHECK NONE takes no arguments");
  EXPECT_EQ(refused("HEALTHCHECK CMD"), "2:13: HEALTHCHECK CMD needs a command");
  EXPECT_EQ(refused("HEALTHCHECK CMD []"), "2:13: HEALTHCHECK CMD needs a command");
  EXPECT_EQ(refused("HEALTHCHECK curl x"),
            "2:13: invalid argument \"curl\" of HEALTHCHECK (expected: NONE, or CMD and a command)");
  EXPECT_EQ(refused("HEALTHCHECK --interval=5 CMD x"),
            "2:24: invalid value \"5\" for --interval (expected: a duration such as 30s, 1m30s or 500ms)");
  EXPECT_EQ(refused("HEALTHCHECK --timeout=1us CMD x"), "2:23: --timeout cannot be less than 1ms");
  EXPECT_EQ(refused("HEALTHCHECK --retries=-1 CMD x"),
            "2:23: invalid value \"-1\" for --retries (expected: a number, 0 or more)");
}

TEST(OnBuild, KeepsItsTriggerAsWritten) {
  EXPECT_EQ(only<OnBuild>("ONBUILD  run  a  b ").trigger, "run  a  b");
  EXPECT_EQ(only<OnBuild>("ONBUILD COPY <<x /y\na\nx\n").trigger, "COPY <<x /y\na\nx");
  EXPECT_EQ(only<OnBuild>("ONBUILD RUN a \\\n b").trigger, "RUN a  b");
}

TEST(OnBuild, RefusesIllegalTriggersAtOnce) {
  EXPECT_EQ(refused("ONBUILD"), "2:1: ONBUILD needs an instruction");
  EXPECT_EQ(refused("ONBUILD ONBUILD RUN x"), "2:9: ONBUILD cannot be a trigger of ONBUILD");
  EXPECT_EQ(refused("ONBUILD FROM x"), "2:9: FROM cannot be a trigger of ONBUILD");
  EXPECT_EQ(refused("ONBUILD maintainer x"), "2:9: MAINTAINER cannot be a trigger of ONBUILD");
  EXPECT_EQ(refused("ONBUILD RNU x"), "2:9: unknown instruction: RNU (did you mean RUN?)");
  EXPECT_EQ(refused("ONBUILD COPY a"), "2:14: COPY needs at least 2 arguments: sources and a destination");
}

TEST(Trigger, IsReadFromAnImage) {
  const Trigger trigger = parse_trigger("COPY <<x /y\na\nx", "ONBUILD of debian");
  EXPECT_EQ(std::get<Copy>(trigger.instruction.body).inline_files[0].content, "a\n");
  EXPECT_THROW(parse_trigger("FROM x", "ONBUILD of a"), base::Error);
  EXPECT_THROW(parse_trigger("RUN x\nRUN y", "ONBUILD of a"), base::Error);
  EXPECT_THROW(parse_trigger("", "ONBUILD of a"), base::Error);
}

TEST(Shell, IsAJsonArrayOnly) {
  EXPECT_EQ(only<Shell>("SHELL [\"a\", \"-c\"]").words, (Texts{"a", "-c"}));
  EXPECT_EQ(refused("SHELL a -c"), "2:7: SHELL needs a JSON array, such as `SHELL [\"/bin/bash\", \"-c\"]`");
  EXPECT_EQ(refused("SHELL []"), "2:7: SHELL needs at least 1 word in its array");
}

TEST(Cmd, MayBeEmptied) {
  EXPECT_EQ(argv(only<Cmd>("CMD []").command, {}), Texts{});
  EXPECT_EQ(argv(only<Entrypoint>("ENTRYPOINT []").command, {}), Texts{});
  EXPECT_EQ(argv(only<Cmd>("CMD a b").command, {"bash", "-c"}), (Texts{"bash", "-c", "a b"}));
}

TEST(Settings, AreWords) {
  EXPECT_EQ(only<User>("USER a:$b").user.text, "a:$b");
  EXPECT_EQ(only<Workdir>("WORKDIR /a b").path.text, "/a b");
  EXPECT_EQ(only<StopSignal>("STOPSIGNAL SIGTERM").signal.text, "SIGTERM");
  EXPECT_EQ(only<Maintainer>("MAINTAINER A B <a@b>").name, "A B <a@b>");
  EXPECT_EQ(texts(only<Expose>("EXPOSE 80 443/tcp $p").words), (Texts{"$p", "443/tcp", "80"}));
  EXPECT_EQ(texts(only<Volume>("VOLUME /a /b").paths), (Texts{"/a", "/b"}));
  EXPECT_EQ(texts(only<Volume>("VOLUME [\"/a b\"]").paths), Texts{"/a b"});
  EXPECT_EQ(refused("VOLUME"), "2:1: VOLUME needs at least 1 path");
  EXPECT_EQ(refused("VOLUME [\" \"]"), "2:9: empty path for VOLUME");
  for (const char* name : {"USER", "WORKDIR", "STOPSIGNAL", "MAINTAINER"}) {
    EXPECT_EQ(refused(name), std::string("2:1: ") + name + " needs an argument");
  }
  EXPECT_EQ(refused("EXPOSE"), "2:1: EXPOSE needs at least 1 port");
}

TEST(Limits, AFileOfMoreThanAMebibyteIsRefused) {
  EXPECT_EQ(refusal("FROM a\n#" + std::string(base::kMostBytes, 'x')), "Dockerfile is larger than 1 MiB");
}

TEST(Limits, LongLinesAreReadInReasonableTime) {
  std::string line = "FROM a\nENV";
  while (line.size() < base::kMostBytes - 100) line += " a=\\\n b=c";
  EXPECT_GT(std::get<Env>(read(line).stages[0].instructions[0].body).variables.size(), 10000u);
  EXPECT_NE(refusal("FROM a\nRUN " + std::string(base::kMostBytes - 100, '[')), "x");
}

}  // namespace
}  // namespace ixian::dockerfile
