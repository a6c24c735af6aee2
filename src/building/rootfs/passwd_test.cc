#include "rootfs/passwd.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/error.h"
#include "testing/temp_folder.h"

namespace ixian::rootfs {
namespace {

namespace fs = std::filesystem;

class Users : public ::testing::Test {
 protected:
  Users() {
    fs::create_directory(root_ / "etc");
    root_.write(
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nanna:x:1000:1001::/home/anna:/bin/sh\n77:x:7:7::/seven:/bin/sh\n"
        "broken line\nhuge:x:99999999999:1::/:\n");
    root_.write("etc/group", "root:x:0:\nstaff:x:50:anna,otto\naudio:x:29:anna\nanna:x:1001:anna\n");
  }
  FoundUser find(std::string_view text) { return find_user(root_.path(), text); }

  testing::TempFolder root_;
};

TEST_F(Users, ANameHasItsGroupsAndHome) {
  const FoundUser found = find("anna");
  EXPECT_EQ(found.user.uid, 1000u);
  EXPECT_EQ(found.user.gid, 1001u);
  EXPECT_EQ(found.user.groups, (std::vector<gid_t>{29, 50}));
  EXPECT_EQ(found.home, "/home/anna");
}

TEST_F(Users, AGroupThatIsNamedIsTheOnlyOne) {
  EXPECT_EQ(find("anna:staff").user.gid, 50u);
  EXPECT_TRUE(find("anna:staff").user.groups.empty());
  EXPECT_EQ(find("anna:123").user.gid, 123u);
}

TEST_F(Users, NumbersNeedNoFiles) {
  fs::remove_all(root_ / "etc");
  EXPECT_EQ(find("4242").user.uid, 4242u);
  EXPECT_EQ(find("4242").user.gid, 0u);
  EXPECT_EQ(find("4242").home, "/");
  EXPECT_EQ(find("1:2").user.gid, 2u);
  EXPECT_EQ(find("").user.uid, 0u);
}

TEST_F(Users, ANumberFindsItsLineButANameComesFirst) {
  EXPECT_EQ(find("1000").user.gid, 1001u);
  EXPECT_EQ(find("77").user.uid, 7u);
}

TEST_F(Users, WhoIsNotThereIsAnError) {
  EXPECT_THROW(find("otto"), base::Error);
  EXPECT_THROW(find("anna:nobody"), base::Error);
  EXPECT_THROW(find("huge"), base::Error);
  EXPECT_THROW(find("4294967295"), base::Error);
  EXPECT_THROW(find("99999999999999999999"), base::Error);
  EXPECT_THROW(find_group(root_.path(), "nobody"), base::Error);
  EXPECT_EQ(find_group(root_.path(), "audio"), 29u);
}

TEST_F(Users, TheFilesOfTheMachineAreNotRead) {
  fs::remove(root_ / "etc/passwd");
  fs::create_symlink("/../../../../../../etc/passwd", root_ / "etc/passwd");
  EXPECT_THROW(find("root"), base::Error);  // a ring inside
  fs::remove_all(root_ / "etc");
  fs::create_symlink("/etc", root_ / "etc");
  EXPECT_THROW(find("root"), base::Error);
}

TEST_F(Users, EndlessAndStrangeFilesAreRefused) {
  fs::resize_file(root_ / "etc/passwd", 17u << 20);
  EXPECT_THROW(find("anna"), base::Error);
  fs::remove(root_ / "etc/passwd");
  ASSERT_EQ(::mkfifo((root_ / "etc/passwd").c_str(), 0600), 0);
  EXPECT_THROW(find("anna"), base::Error);
}

}  // namespace
}  // namespace ixian::rootfs
