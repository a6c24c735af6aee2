// Which files are in a key, and what of them.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>

#include "keys/stage_key.h"
#include "task/file_hasher.h"
#include "testing/image_project.h"

namespace ixian::keys {
namespace {

using base::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StageContext : public ::testing::Test {
 protected:
  // The stage `web` reads what the lines say.
  task::StageDeclaration& declare(const std::string& lines, const std::string& base = "debian:12") {
    return project.add("web", "FROM " + base + "\n" + lines);
  }
  template <typename Edit>
  bool changes_key(const Edit& edit) {
    const std::string before = project.key("web");
    edit();
    return project.key("web") != before;
  }
  std::string at(const std::string& path) const { return project.folder / path; }

  testing::ImageProject project;
};

TEST_F(StageContext, HoldsExactlyTheFilesThatAreCopied) {
  project.write("src/a", "1");
  project.write("src/deep/b", "2", true);
  project.write("other", "3");
  declare("COPY src /src\n");
  EXPECT_EQ(project.inputs("web")["context"], (Json{{"src/a", "100644 " + base::sha256_hex("1")},
                                                    {"src/deep/b", "100755 " + base::sha256_hex("2")}}));
}

TEST_F(StageContext, ContentChangesTheKey) {
  project.write("a", "1");
  declare("COPY a /\n");
  EXPECT_TRUE(changes_key([&] { project.write("a", "2"); }));
}

TEST_F(StageContext, NamedContextsCountByWhatTheyHold) {
  project.write("shared/f", "1");
  project.write("shared/.dockerignore", "left-out\n");
  task::StageDeclaration& stage = declare("COPY --from=Shared f /\n");
  stage.contexts = {{"shared", "", "", at("shared")}};
  EXPECT_EQ(project.inputs("web")["contexts"]["shared=f"], "100644 " + base::sha256_hex("1"));
  EXPECT_THAT(project.inputs("web")["context"], IsEmpty());
  EXPECT_FALSE(changes_key([&] { project.write("shared/left-out", "1"); }));
  EXPECT_TRUE(changes_key([&] { project.write("shared/f", "2"); }));
  EXPECT_FALSE(changes_key([&] {
    std::filesystem::rename(at("shared"), at("elsewhere"));
    stage.contexts[0].folder = at("elsewhere");
  }));
  EXPECT_TRUE(changes_key([&] { stage.contexts = {{"shared", "mine/shared"}}; }));
}

TEST_F(StageContext, ANamedContextThatIsNotReadDoesNotCount) {
  project.write("shared/f", "1");
  task::StageDeclaration& stage = declare("RUN x\n");
  const std::string before = project.key("web");
  stage.contexts = {{"shared", "", "", at("shared")}, {"alpine", "mine/alpine"}};
  EXPECT_EQ(project.key("web"), before);
  stage.contexts = {{"debian:12", "mine/debian"}};
  EXPECT_NE(project.key("web"), before);
}

TEST_F(StageContext, TheExecutableBitChangesTheKey) {
  project.write("a", "1");
  declare("COPY a /\n");
  EXPECT_TRUE(changes_key([&] { ::chmod(at("a").c_str(), 0744); }));
}

TEST_F(StageContext, ALinksTargetChangesTheKey) {
  project.write("d/a", "1");
  std::filesystem::create_symlink("a", at("d/link"));
  declare("COPY d /\n");
  EXPECT_TRUE(changes_key([&] {
    std::filesystem::remove(at("d/link"));
    std::filesystem::create_symlink("./a", at("d/link"));
  }));
}

TEST_F(StageContext, AFileAddedOrRemovedChangesTheKey) {
  project.write("d/a", "1");
  declare("COPY d /\n");
  EXPECT_TRUE(changes_key([&] { project.write("d/b", ""); }));
  EXPECT_TRUE(changes_key([&] { std::filesystem::remove(at("d/a")); }));
}

TEST_F(StageContext, AFolderWithoutFilesDoesNot) {
  project.write("d/a", "1");
  declare("COPY d* /\nRUN --mount=source=d,target=/d x\n");
  EXPECT_FALSE(changes_key([&] {
    std::filesystem::create_directories(at("d/empty/deep"));
    std::filesystem::create_directories(at("dd"));
  }));
  EXPECT_THAT(project.reads("web"), ElementsAre("d/a"));
  declare("COPY dd /\n");
  EXPECT_THAT(project.reads("web"), ElementsAre("dd/"));
}

TEST_F(StageContext, AnEmptyContextIsToldFromNone) {
  declare("COPY . /\n");
  EXPECT_THAT(project.reads("web"), ElementsAre("./"));
}

TEST_F(StageContext, TimesAndModesThatGitDoesNotKnowDoNot) {
  project.write("d/a", "1");
  declare("COPY d /\n");
  EXPECT_FALSE(changes_key([&] {
    ::chmod(at("d/a").c_str(), 0660);
    ::chmod(at("d").c_str(), 0700);
    const timespec times[2] = {{1, 0}, {1, 0}};
    ::utimensat(AT_FDCWD, at("d/a").c_str(), times, 0);
    ::setxattr(at("d/a").c_str(), "user.note", "x", 1, 0);
  }));
}

TEST_F(StageContext, TheOwnerDoesNot) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  project.write("a", "1");
  declare("COPY a /\n");
  EXPECT_FALSE(changes_key([&] { EXPECT_EQ(::chown(at("a").c_str(), 12, 34), 0); }));
}

TEST_F(StageContext, AFileThatIsNotReadDoesNot) {
  project.write("a", "1");
  project.write("b", "1");
  declare("COPY a /\n");
  EXPECT_FALSE(changes_key([&] { project.write("b", "2"); }));
}

TEST_F(StageContext, OfAStageThatIsNotNeededDoesNot) {
  project.write("a", "1");
  declare("COPY a /\nFROM debian:12\n");
  EXPECT_FALSE(changes_key([&] { project.write("a", "2"); }));
}

TEST_F(StageContext, OfAStageThatFilesAreCopiedFromDoes) {
  project.write("a", "1");
  project.add("web", "FROM debian:12 AS made\nCOPY a /\nFROM scratch\nCOPY --from=made /a /\n");
  EXPECT_TRUE(changes_key([&] { project.write("a", "2"); }));
}

TEST_F(StageContext, AnIgnoreRuleThatMattersDoesAndOneThatDoesNotDoesNot) {
  project.write("d/a", "1");
  project.write("d/b.pyc", "1");
  declare("COPY d /\n");
  EXPECT_TRUE(changes_key([&] { project.write(".dockerignore", "**/*.pyc\n"); }));
  EXPECT_THAT(project.reads("web"), ElementsAre("d/a"));
  EXPECT_FALSE(changes_key([&] { project.write(".dockerignore", "# why\n**/*.pyc\nnone\n"); }));
}

TEST_F(StageContext, TheDockerfilesOwnIgnoreFileComesFirst) {
  project.write("d/a", "1");
  project.write("d/b", "1");
  project.write(".dockerignore", "d/a\n");
  project.write("Dockerfile.web.dockerignore", "d/b\n");
  declare("COPY d /\n").dockerfile_path = at("Dockerfile.web");
  EXPECT_THAT(project.reads("web"), ElementsAre("d/a"));
}

TEST_F(StageContext, WhatTheProjectExcludesIsNotThere) {
  project.write("a", "1");
  project.write(".builder/state", "1");
  project.write(".dockerignore", "!.builder\n");
  project.excluded = {"/.builder", "/.dockerignore"};
  declare("COPY . /\n");
  EXPECT_THAT(project.reads("web"), ElementsAre("a"));
}

TEST_F(StageContext, ExcludesAreObeyed) {
  project.write("d/a", "1");
  project.write("d/b.md", "1");
  declare("COPY --exclude=*.md d /\n");
  EXPECT_THAT(project.reads("web"), ElementsAre("d/a"));
}

TEST_F(StageContext, WildcardsAndParentsAreObeyed) {
  project.write("x/a.txt", "1");
  project.write("x/a.md", "1");
  project.write("y/b.txt", "1");
  declare("COPY --parents ./*/*.txt /\n");
  EXPECT_THAT(project.reads("web"), ElementsAre("x/a.txt", "y/b.txt"));
}

TEST_F(StageContext, TheNameOfALinkThatAWildcardFoundChangesTheKey) {
  project.write("real", "1");
  std::filesystem::create_symlink("real", at("a.txt"));
  declare("COPY *.txt /dst/\n");
  EXPECT_TRUE(changes_key([&] { std::filesystem::rename(at("a.txt"), at("b.txt")); }));
  EXPECT_THAT(project.reads("web"), ElementsAre("b.txt", "real"));
}

TEST_F(StageContext, LocalSourcesOfAddAreReadAndOthersAreNot) {
  project.write("a.tar", "1");
  declare("ADD a.tar https://example.com/b.tar https://example.com/c.git#v1 git@example.com:d.git /\n");
  EXPECT_THAT(project.reads("web"), ElementsAre("a.tar"));
}

TEST_F(StageContext, HeredocsReadNothing) {
  declare("COPY <<a <<b /dst/\n1\na\n2\nb\n");
  EXPECT_THAT(project.reads("web"), IsEmpty());
}

TEST_F(StageContext, AMountOfTheContextIsRead) {
  project.write("src/a", "1");
  project.write("b", "1");
  declare("RUN --mount=type=bind,source=src,target=/src x\n");
  EXPECT_THAT(project.reads("web"), ElementsAre("src/a"));
  declare("RUN --mount=target=/src x\n");
  EXPECT_THAT(project.reads("web"), ElementsAre("b", "src/a"));
}

TEST_F(StageContext, OtherMountsReadNothing) {
  project.write("a", "1");
  declare(
      "RUN --mount=type=cache,target=/c --mount=type=tmpfs,target=/t --mount=type=secret,id=s "
      "--mount=from=debian:12,target=/d x\n");
  EXPECT_THAT(project.reads("web"), IsEmpty());
}

TEST_F(StageContext, AVariableThatIsKnownNamesTheFile) {
  project.write("a1", "1");
  project.write("b1", "1");
  declare("ARG V=2\nENV NAME=b$V\nCOPY a$V ${NAME} /\n").build_args["V"] = "1";
  EXPECT_THAT(project.reads("web"), ElementsAre("a1", "b1"));
}

TEST_F(StageContext, APlatformArgumentNamesTheFile) {
  project.write("bin/arm64", "1");
  project.write("bin/s390x", "1");
  declare("ARG TARGETARCH\nCOPY bin/$TARGETARCH /\n").platform = "linux/arm64";
  EXPECT_THAT(project.reads("web"), ElementsAre("bin/arm64"));
}

TEST_F(StageContext, AVariableOfAForeignImageNamesTheFile) {
  project.write("a", "1");
  project.write("b", "1");
  project.bases["debian:12"].environment = {{{"VERSION", "a"}}, true};
  for (const std::string lines :
       {"COPY $VERSION /\n", "ARG VERSION\nCOPY $VERSION /\n", "ENV V=$VERSION\nCOPY $V /\n",
        "ADD $VERSION /\n", "COPY ${VERSION:?} /\n", "ENV $VERSION=a\nCOPY $a /\n",
        "RUN --mount=target=/m,source=$VERSION x\n"}) {
    declare(lines);
    EXPECT_THAT(project.reads("web"), ElementsAre("a")) << lines;
  }
}

TEST_F(StageContext, AnImageWhoseNameIsKnownLateMakesAllFilesCount) {
  project.write("a", "1");
  project.write("b", "1");
  project.add("base", "FROM debian:12\n");
  project.add("web", "ARG FROM_TAG\nFROM other:$FROM_TAG\nCOPY a /\n").stage_args = {
      {"FROM_TAG", "build_base", task::StageArgument::Part::kTag}};
  EXPECT_THAT(project.reads("web"), ElementsAre("a", "b"));
}

TEST_F(StageContext, AVariableThatNothingSetsOnScratchIsEmpty) {
  project.write("a", "1");
  project.write("b", "1");
  declare("COPY a$VERSION /\n", "scratch");
  EXPECT_THAT(project.reads("web"), ElementsAre("a"));
}

TEST_F(StageContext, ARemoteSourceWithAVariableStaysRemote) {
  project.write("a", "1");
  declare("ADD https://example.com/$VERSION.tar /\n");
  EXPECT_THAT(project.reads("web"), IsEmpty());
}

TEST_F(StageContext, WordsThatOnlyTheBaseCanMakeGoodAreNoError) {
  declare("VOLUME $PGDATA\nSTOPSIGNAL $SIG\nEXPOSE $PORT\nWORKDIR ${HOME:?}\nUSER $WHO\n");
  EXPECT_EQ(project.refusal("web"), "");
}

TEST_F(StageContext, TheEnvironmentOfAStageOfTheProjectIsKnown) {
  project.write("a", "1");
  project.write("b", "1");
  project.add("base", "FROM debian:12\nENV NAME=a\nARG HIDDEN=b\n");
  project.add("web", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY $NAME /\n", {"base"});
  EXPECT_THAT(project.reads("web"), ElementsAre("a"));
  project["web"].dockerfile = "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY $HIDDEN /\n";
  EXPECT_THAT(project.reads("web"), ElementsAre("a", "b"));
}

TEST_F(StageContext, AStagesNameInAPathMakesAllFilesCount) {
  project.write("a", "1");
  project.add("base", "FROM debian:12\n");
  project.add("web", "FROM debian:12\nARG BASE_IMAGE\nCOPY dir/$BASE_IMAGE /\n", {"base"});
  EXPECT_THAT(project.reads("web"), ElementsAre("a"));
}

TEST_F(StageContext, TriggersOfAStageOfTheProjectAreRead) {
  project.write("a", "1");
  project.write("b", "1");
  project.add("base", "FROM debian:12\nONBUILD ARG V=1\nONBUILD COPY a /\nONBUILD COPY --from=tool:1 /x /\n");
  project.add("web", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n", {"base"}).build_args["V"] = "2";
  const ResolvedStage keyed = project.keyed("web");
  EXPECT_EQ(keyed.inputs["context"].size(), 1u);
  EXPECT_EQ(keyed.inputs["arguments"]["V"], "2");
  EXPECT_THAT(keyed.foreign_images, ElementsAre("tool:1"));
  EXPECT_THAT(project.reads("base"), IsEmpty());
  EXPECT_THAT(project.sink.logs(), IsEmpty());
}

TEST_F(StageContext, AContextIsOnlyNeededWhereItIsRead) {
  declare("RUN x\n").context = "/nowhere/at/all";
  EXPECT_EQ(project.refusal("web"), "");
  declare("COPY a /\n").context = "";
  EXPECT_THAT(project.refusal("web"), HasSubstr("Dockerfile.web:2:1: no build context"));
}

TEST_F(StageContext, FilesThatTheTaskNamesCount) {
  declare("RUN x\n").files = {"conf"};
  project.files["conf"] = {{"conf", "100644 1"}};
  EXPECT_TRUE(changes_key([&] { project.files["conf"] = {{"conf", "100644 2"}}; }));
}

TEST_F(StageContext, FilesOutsideTheProjectAreNamedFromItsContext) {
  declare("RUN x\n").files = {"../conf"};
  const std::string parent = std::filesystem::path(project.folder.path()).parent_path();
  project.files["../conf"] = {{parent + "/conf", "100644 1"}};
  EXPECT_EQ(project.inputs("web")["files"], (Json{{"../conf", "100644 1"}}));
}

TEST_F(StageContext, WarnsOnceOfGitsFolderThatIsRead) {
  project.write(".git/HEAD", "1");
  project.write("a", "1");
  declare("COPY a /\n");
  project.key("web");
  EXPECT_THAT(project.sink.logs(), IsEmpty());
  declare("COPY . /\n");
  const task::TaskGraph graph = project.graph();
  StageResolver keys(graph, project.sources());
  keys.of(0);
  keys.forget();
  keys.of(0);
  EXPECT_THAT(project.sink.logs(), ElementsAre(HasSubstr("add .git to .dockerignore")));
}

TEST_F(StageContext, CountsTheBytesOfEachFileOnce) {
  project.write("a", "123");
  project.write("b", "12345");
  declare("COPY a /x\nCOPY a b /y/\n");
  EXPECT_EQ(project.keyed("web").context_bytes, 8u);
}

TEST_F(StageContext, UnchangedFilesAreNotReadAgain) {
  for (int i = 0; i < 20; ++i) project.write("f" + std::to_string(i), std::to_string(i));
  declare("COPY . /\n");
  const std::string uncached = project.key("web");
  const testing::TempFolder state;
  const files::CacheClock later{[] { return files::CacheClock::system_now_ns() + 3'600'000'000'000; }};
  for (const std::uint64_t reads : {20u, 0u}) {
    task::FileHasher hasher(project.folder.path(), {}, state / "cache", 1, later);
    KeyCallbacks sources = project.sources();
    sources.content_digest = [&](int fd, const std::string& name) { return hasher.content_digest(fd, name); };
    const task::TaskGraph graph = project.graph();
    EXPECT_EQ(StageResolver(graph, std::move(sources)).of(0).key, uncached);
    EXPECT_EQ(hasher.counts().read, reads);
  }
}

}  // namespace
}  // namespace ixian::keys
