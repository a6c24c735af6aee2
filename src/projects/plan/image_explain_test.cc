#include "plan/image_explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sha256.h"
#include "plan/line_difference.h"
#include "testing/image_project.h"

namespace ixian::plan {
namespace {

using base::Json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ImageChanges : public ::testing::Test {
 protected:
  ImageChanges() {
    project.add("base", "FROM debian:12\n");
    project.add("web", "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nARG V=1\nCOPY src /src\nRUN make\n", {"base"});
    project.write("src/a", "1");
    project.write("src/b", "1");
  }

  // What the edit changes for `name`, as "what: how".
  template <typename Edit>
  std::vector<std::string> changes(const Edit& edit, const std::string& name = "web") {
    const Json before = project.inputs(name);
    edit();
    return told(before, project.inputs(name));
  }
  static std::vector<std::string> told(const Json& before, const Json& now) {
    std::vector<std::string> lines;
    for (const auto& change : image_changes(before, now)) lines.push_back(change.what + ": " + change.how);
    return lines;
  }

  testing::ImageProject project;
};

TEST_F(ImageChanges, OfEqualInputsAreNone) {
  EXPECT_THAT(changes([] {}), IsEmpty());
}

TEST_F(ImageChanges, NameEachFile) {
  EXPECT_THAT(changes([&] {
                project.write("src/a", "2");
                std::filesystem::remove(project.folder / "src/b");
                project.write("src/c", "1");
              }),
              ElementsAre("src/a: changed", "src/b: removed", "src/c: added"));
}

TEST_F(ImageChanges, TellThatAFileBecameExecutable) {
  EXPECT_THAT(changes([&] { project.write("src/a", "1", true); }), ElementsAre("src/a: became executable"));
}

TEST_F(ImageChanges, ShowTheLinesOfTheDockerfile) {
  EXPECT_THAT(changes([&] {
                project["web"].dockerfile =
                    "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nARG V=1\nUSER me\nCOPY src /src\nRUN make -j\n";
              }),
              ElementsAre("Dockerfile:4: added: USER me", "Dockerfile:6: RUN make → RUN make -j"));
}

TEST_F(ImageChanges, ShowOnlySomeOfManyLines) {
  const auto lines = changes([&] {
    for (int i = 0; i < 100; ++i) project["web"].dockerfile += "RUN " + std::to_string(i) + "\n";
  });
  EXPECT_THAT(lines, SizeIs(37));
  EXPECT_EQ(lines.back(), "Dockerfile: and 64 more lines");
}

TEST_F(ImageChanges, NameArguments) {
  EXPECT_THAT(changes([&] { project["web"].build_args["V"] = "2"; }), ElementsAre("build arg V: added"));
  EXPECT_THAT(changes([&] { project["web"].build_args["V"] = "3"; }), ElementsAre("build arg V: 2 → 3"));
  EXPECT_THAT(changes([&] { project["web"].build_args.clear(); }), ElementsAre("build arg V: removed"));
}

TEST_F(ImageChanges, NameAStageOnceThoughAnArgumentStandsForIt) {
  EXPECT_THAT(changes([&] { project["base"].dockerfile += "RUN x\n"; }), ElementsAre("stage base: changed"));
}

TEST_F(ImageChanges, NameAForeignImage) {
  EXPECT_THAT(changes([&] { project.digests["debian:12"] = "1"; }, "base"),
              ElementsAre("debian:12: new digest"));
  EXPECT_THAT(
      changes([&] { project["base"].dockerfile = "# 13\nFROM debian:13\n"; }, "base"),
      ElementsAre("debian:12: removed", "debian:13: added", "Dockerfile:2: FROM debian:12 → FROM debian:13"));
}

TEST_F(ImageChanges, NameAnArgumentThatGotAValueInsteadOfAStage) {
  EXPECT_THAT(
      changes([&] { project["web"].build_args["BASE_IMAGE"] = "debian:12"; }),
      ElementsAre("stage base: removed", "debian:12: added", "Dockerfile:2: FROM base → FROM debian:12"));
}

TEST_F(ImageChanges, NamePlatformAndWhatAnotherTargetNeeds) {
  project["web"].platform = "linux/s390x";
  project["web"].dockerfile += "FROM scratch AS other\nCOPY --from=0 /src /dst\n";
  EXPECT_THAT(changes([&] {
                project["web"].platform = "linux/riscv64";
                project["web"].target = "0";
              }),
              ElementsAre("platform: linux/s390x → linux/riscv64", "Dockerfile:6: removed: FROM scratch",
                          "Dockerfile:7: removed: COPY --from=stage 0 /src /dst"));
}

TEST_F(ImageChanges, OfAnotherSchemaAreThatAlone) {
  Json before = project.inputs("web");
  before["schema"] = 1;
  before["dockerfile"] = "FROM x\n";
  EXPECT_THAT(told(before, project.inputs("web")),
              ElementsAre("ix: another version, which computes cache keys in another way"));
}

TEST_F(ImageChanges, TakeAnythingFromARegistry) {
  const Json now = project.inputs("web");
  for (const Json& odd :
       {Json(), Json(1), Json::array({1}),
        Json{
            {"schema", 2}, {"context", 1}, {"images", {1, {{"name", 2}}}}, {"shown", {{"lines", {-1, "x"}}}}},
        Json{{"schema", 2}, {"dockerfile", {1, {{"do", {1, {1, {{{"escaped", {1}}}}}}}}}}, {"shown", 1}},
        Json{{"schema", 2}, {"dockerfile", {{"escaped", {1}}}}, {"arguments", {{"V", {{"stage", 1}}}}}}}) {
    EXPECT_FALSE(image_changes(odd, now).empty());
    EXPECT_FALSE(image_changes(now, odd).empty());
  }
}

TEST_F(ImageChanges, ShowNoControlCharacters) {
  const Json stage = {{"from", "\x1b[2J"}, {"do", {{{"RUN\x1b"}, {"\x1b"}}}}};
  const Json before = {{"dockerfile", {stage}}, {"context", {{"\x1b]", "x\x1b"}}}};
  for (const std::string& line : told(before, {{"context", {{"\x1b]", "y"}}}}))
    EXPECT_EQ(line.find('\x1b'), std::string::npos) << line;
}

// Removed "-x", added "+y", both "-x+y", in order.
std::string line_changes(const std::vector<std::string>& before, const std::vector<std::string>& now) {
  std::string text;
  for (const auto& each : line_differences(before, now)) {
    text += std::to_string(each.line);
    if (each.before) text += "-" + *each.before;
    if (each.now) text += "+" + *each.now;
    text += " ";
  }
  return text;
}

TEST(LineDifferences, AreTheFewest) {
  EXPECT_EQ(line_changes({"a", "b", "c"}, {"a", "b", "c"}), "");
  EXPECT_EQ(line_changes({"a", "b", "c"}, {"a", "c"}), "2-b ");
  EXPECT_EQ(line_changes({"a", "c"}, {"a", "b", "c"}), "2+b ");
  EXPECT_EQ(line_changes({"a", "b", "c", "d", "e"}, {"b", "x", "d", "y", "z"}), "1-a 2-c+x 4-e+y 5+z ");
  EXPECT_EQ(line_changes({}, {"a"}), "1+a ");
}

TEST(LineDifferences, OfVeryLongTextsAreAllFromFirstToLast) {
  std::vector<std::string> before(3000, "x");
  std::vector<std::string> now(3000, "y");
  for (std::size_t i = 1; i < before.size(); i += 2) before[i] = now[i] = "same";
  now.back() = "z";
  EXPECT_EQ(line_differences(before, now).size(), 3000u);
}

}  // namespace
}  // namespace ixian::plan
