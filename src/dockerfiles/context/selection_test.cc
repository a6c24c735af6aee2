#include "context/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/xattr.h>

#include <algorithm>
#include <filesystem>

#include "base/json.h"
#include "base/sha256.h"
#include "context/directory_view.h"
#include "context/git_mode_view.h"
#include "testing/temp_folder.h"

namespace ixian::context {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Select, TellsTheLinksThatLedToASource) {
  const testing::TempFolder folder;
  std::filesystem::create_directory(folder / "real");
  folder.write("real/a", "1");
  std::filesystem::create_symlink("real", folder / "one");
  std::filesystem::create_symlink("one/a", folder / "two");
  const DirectoryView view(folder.path());
  EXPECT_THAT(select(view, {"two"}, {})[0].links, ElementsAre("two", "one"));
  EXPECT_THAT(select(view, {"o*/a"}, {})[0].links, ElementsAre("one"));
  EXPECT_THAT(select(view, {"real"}, {})[0].links, IsEmpty());
}

class Sources : public ::testing::Test {
 protected:
  // Where each file goes, as "NAME" or, with --parents, "PREFIX/NAME": all that a COPY decides by.
  std::vector<std::string> taken(const std::string& source, bool parents = true,
                                 const std::vector<std::string>& excludes = {}) const {
    SelectionOptions options;
    options.parents = parents;
    options.excludes = exclude_rules(excludes);
    std::vector<std::string> all;
    for (const SelectedSource& one : select(DirectoryView(folder_.path()), {source}, options)) {
      for (const SelectedFile& file : one.files) {
        if (file.entry.type == tar::TarType::kFolder) continue;
        const std::string place = one.is_folder ? file.relative : one.name;
        all.push_back(join_path(one.prefix, place));
      }
    }
    std::sort(all.begin(), all.end());
    return all;
  }

  void write(const std::string& path) {
    std::filesystem::create_directories((folder_ / path).substr(0, (folder_ / path).rfind('/')));
    folder_.write(path, path);
  }

  testing::TempFolder folder_;
};

TEST_F(Sources, KeepWhatIsBehindThePivotHoweverItIsSpelt) {
  for (const char* path : {"x/y/a.txt", "x/y/b.md", "x2/y/c.txt", "x/deep/er/a.txt"}) write(path);
  for (const char* source :
       {"x/./y/*.txt", "./x/./y/*.txt", "/x/./y/*.txt", "x//./y/*.txt", "././x/./y/*.txt", "x/.//y/*.txt",
        "../x/./y/a.*", "x/./y/[a].txt", "x/./y/?.txt", "[x]/./y/*.txt"}) {
    const bool first_is_dot = std::string(source).starts_with("././");
    EXPECT_THAT(taken(source), ElementsAre(first_is_dot ? "x/y/a.txt" : "y/a.txt")) << source;
  }
  EXPECT_THAT(taken("x*/./y"), ElementsAre("y/a.txt", "y/b.md", "y/c.txt"));
  EXPECT_THAT(taken("?/./y/a.txt"), ElementsAre("y/a.txt")) << "there is none in x2";
  EXPECT_THAT(taken("x/./**/*.txt"), ElementsAre("deep/er/a.txt", "y/a.txt"));
  EXPECT_THAT(taken("*/./**/*.txt"), ElementsAre("deep/er/a.txt", "y/a.txt", "y/c.txt"));
  EXPECT_THAT(taken("**/./*.txt"), IsEmpty())
      << "before the pivot ** is one folder, and none holds such a file";
  EXPECT_THAT(taken("x/./"), ElementsAre("deep/er/a.txt", "y/a.txt", "y/b.md"));
  EXPECT_THAT(taken("./x/y/a.txt"), ElementsAre("x/y/a.txt")) << "a ./ at the beginning is no pivot";
}

TEST_F(Sources, HaveTwoAsterisksForAnyDepthOnlyWithParents) {
  for (const char* path : {"z.txt", "a/z.txt", "a/b/z.txt", "a/b/c.md"}) write(path);
  EXPECT_THAT(taken("**/*.txt"), ElementsAre("a/b/z.txt", "a/z.txt", "z.txt"));
  EXPECT_THAT(taken("**.txt"), ElementsAre("a/b/z.txt", "a/z.txt", "z.txt"));
  EXPECT_THAT(taken("a/**"), ElementsAre("a/b/c.md", "a/b/z.txt", "a/z.txt"));
  const DirectoryView view(folder_.path());
  const auto paths = [&](const char* source) {
    std::vector<std::string> all;
    for (const auto& one : select(view, {source}, {})) all.push_back(one.files[0].path);
    return all;
  };
  EXPECT_THAT(paths("**/*.txt"), ElementsAre("a/z.txt"));
  EXPECT_THAT(paths("**/**/*.txt"), ElementsAre("a/b/z.txt"));
  EXPECT_THAT(paths("**.txt"), ElementsAre("z.txt"));
  EXPECT_THAT(paths("a/**"), ElementsAre("a/b", "a/z.txt"));
}

TEST_F(Sources, AreExcludedByThePathsThatAreKept) {
  for (const char* path : {"x/y/a.txt", "x/y/b.md", "x/c.txt", "x/.git/d"}) write(path);
  EXPECT_THAT(taken("x", true, {"*.txt"}), ElementsAre("x/.git/d", "x/c.txt", "x/y/a.txt", "x/y/b.md"));
  EXPECT_THAT(taken("x", true, {"x/*.txt", "**/.git"}), ElementsAre("x/y/a.txt", "x/y/b.md"));
  EXPECT_THAT(taken("x/./y", true, {"y/*.md"}), ElementsAre("y/a.txt"));
  EXPECT_THAT(taken("x", false, {"*.txt"}), ElementsAre(".git/d", "y/a.txt", "y/b.md"));
  EXPECT_THAT(taken("x", false, {"y", "!y/b.md"}), ElementsAre(".git/d", "c.txt", "y/b.md"));
  EXPECT_THAT(taken("x/y/*", false, {"**/*.md"}), ElementsAre("a.txt"));
}

// Keys are made of it, so it may never change.
TEST(DigestOf, IsThatOfOneCanonicalDocument) {
  const testing::TempFolder folder;
  std::filesystem::create_directory(folder / "src");
  folder.write("src/a", "1");
  folder.write("src/b\xff", "2");
  folder.write("c", "3");
  const GitModeView view(std::make_shared<DirectoryView>(folder.path()), kFixedTime);
  auto selection = select(view, {"src", "c"}, {});
  base::Cancellation cancellation;
  const auto file = [](const char* path, const char* content) {
    return base::Json{{"path", path}, {"type", "0"}, {"mode", 0644}, {"content", base::sha256_hex(content)}};
  };
  const auto source = [](bool is_folder, const char* name, base::Json files) {
    return base::Json{{"name", name},
                      {"folder", is_folder},
                      {"prefix", ""},
                      {"folders", base::Json::array()},
                      {"files", files}};
  };
  const base::Json document = {source(true, "", {file("a", "1"), file("b\\xff", "2")}),
                               source(false, "c", {file("", "3")})};
  EXPECT_EQ(digest_of(view, selection, {false, 1}, cancellation),
            base::sha256_hex(base::canonical_json(document)));
  std::vector<SelectedSource> nothing;
  EXPECT_EQ(digest_of(view, nothing, {false, 1}, cancellation), base::sha256_hex("[]"));
}

TEST(GitModes, KeepNothingThatGitDoesNotKnow) {
  const testing::TempFolder folder;
  const std::string file = folder.write("a", "1", true);
  if (::setxattr(file.c_str(), "user.note", "x", 1, 0) != 0) GTEST_SKIP() << "no extended attributes here";
  const GitModeView view(std::make_shared<DirectoryView>(folder.path()), kFixedTime);
  auto selection = select(view, {"a"}, {});
  const tar::TarEntry& entry = selection[0].files[0].entry;
  EXPECT_EQ(entry.mode, 0755u);
  EXPECT_EQ(entry.uid, 0u);
  EXPECT_THAT(entry.xattrs, IsEmpty());
}

}  // namespace
}  // namespace ixian::context
