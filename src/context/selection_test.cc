#include "context/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/xattr.h>

#include <filesystem>

#include "base/json.h"
#include "base/sha256.h"
#include "context/disk_view.h"
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
  const DiskView view(folder.path());
  EXPECT_THAT(select(view, {"two"}, {})[0].links, ElementsAre("two", "one"));
  EXPECT_THAT(select(view, {"o*/a"}, {})[0].links, ElementsAre("one"));
  EXPECT_THAT(select(view, {"real"}, {})[0].links, IsEmpty());
}

// Keys are made of it, so it may never change.
TEST(DigestOf, IsThatOfOneCanonicalDocument) {
  const testing::TempFolder folder;
  std::filesystem::create_directory(folder / "src");
  folder.write("src/a", "1");
  folder.write("src/b\xff", "2");
  folder.write("c", "3");
  const DiskView view(folder.path());
  auto selection = select(view, {"src", "c"}, {});
  to_git_modes(selection);
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
  const DiskView view(folder.path());
  auto selection = select(view, {"a"}, {});
  to_git_modes(selection);
  const oci::TarEntry& entry = selection[0].files[0].entry;
  EXPECT_EQ(entry.mode, 0755u);
  EXPECT_EQ(entry.uid, 0u);
  EXPECT_THAT(entry.xattrs, IsEmpty());
}

}  // namespace
}  // namespace ixian::context
