#include "context/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/xattr.h>

#include <filesystem>

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
