#include "rootfs/resolve_in_root.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "testing/temp_folder.h"

namespace ixian::rootfs {
namespace {

namespace fs = std::filesystem;

class Confined : public ::testing::Test {
 protected:
  Confined() : root_fd_(::open(root_.path().c_str(), O_PATH | O_DIRECTORY)) {
    fs::create_directories(root_ / "usr/lib");
    root_.write("usr/file", "inside");
  }
  std::string inside(std::string_view path) { return resolve_in_root(root_fd_.get(), path).inside(); }

  testing::TempFolder root_;
  files::UniqueFd root_fd_;
};

TEST_F(Confined, FollowsLinksInside) {
  fs::create_symlink("/usr/lib", root_ / "absolute");
  fs::create_symlink("usr", root_ / "relative");
  EXPECT_EQ(inside("/absolute"), "/usr/lib");
  EXPECT_EQ(inside("relative/lib/../file"), "/usr/file");
}

TEST_F(Confined, NeverLeavesTheRoot) {
  fs::create_symlink("/../../etc/passwd", root_ / "up");
  fs::create_symlink("..", root_ / "usr/parent");
  EXPECT_EQ(inside("/up"), "/etc/passwd");
  EXPECT_EQ(inside("../../../usr/file"), "/usr/file");
  EXPECT_EQ(inside("usr/parent/usr/parent/../../usr"), "/usr");
}

TEST_F(Confined, TellsWhatIsMissingBehindADanglingLink) {
  fs::create_symlink("/run/stub/resolv.conf", root_ / "resolv.conf");
  const ConfinedPath path = resolve_in_root(root_fd_.get(), "/resolv.conf");
  EXPECT_EQ(path.found, "");
  EXPECT_EQ(path.missing, (std::vector<std::string>{"run", "stub", "resolv.conf"}));
  EXPECT_EQ(inside("/run/../usr/new"), "/usr/new");
}

TEST_F(Confined, RefusesRingsAndWaysThroughFiles) {
  fs::create_symlink("ring", root_ / "ring");
  EXPECT_THROW(inside("/ring"), base::Error);
  EXPECT_THROW(inside("/usr/file/below"), base::Error);
}

TEST_F(Confined, OpensWhatItFoundAndNothingElse) {
  const ConfinedPath path = resolve_in_root(root_fd_.get(), "/usr/file");
  EXPECT_TRUE(open_inside(root_fd_.get(), path, O_RDONLY).valid());
  fs::remove(root_ / "usr/file");
  fs::create_symlink("/etc/passwd", root_ / "usr/file");
  EXPECT_FALSE(open_inside(root_fd_.get(), path, O_RDONLY).valid());
}

}  // namespace
}  // namespace ixian::rootfs
