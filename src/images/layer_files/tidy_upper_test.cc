#include "layer_files/tidy_upper.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include <cstdlib>

#include "base/error.h"
#include "layer_files/from_tree.h"
#include "testing/layer_blob.h"
#include "testing/temp_folder.h"

namespace ixian::layer_files {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A lower directory, and an upper one that a test fills as overlayfs would have.
class TidyUpper : public ::testing::Test {
 protected:
  TidyUpper() {
    shell(
        "mkdir lower upper && cd lower && mkdir -p d/e && echo 1 > d/a && echo 2 > d/b && echo 3 > d/e/c && "
        "ln d/a "
        "d/h && ln -s a l && find . -exec touch -h -d @1000000000.5 {} +");
  }
  void shell(const std::string& script) {
    ASSERT_EQ(std::system(("cd " + folder_.path() + " && { " + script + "; }").c_str()), 0) << script;
  }
  bool set(const std::string& path, const char* name, const std::string& value) {
    return ::setxattr((folder_ / path).c_str(), name, value.data(), value.size(), 0) == 0;
  }
  std::vector<std::string> layer() {
    base::Cancellation cancellation;
    std::string blob;
    files::TextSink sink(blob);
    root_ = tidy_upper(folder_ / "upper", {folder_ / "lower"}, Marks::kUser, options_, cancellation);
    const auto written = from_upper(folder_ / "upper", Marks::kUser, root_, sink, options_, cancellation);
    std::vector<std::string> lines;
    for (const auto& each : written.listing.entries())
      lines.push_back(std::string(1, static_cast<char>(each.type)) + " " + each.path);
    return lines;
  }
  std::string error() {
    try {
      layer();
    } catch (const base::Error& error) {
      return error.message();
    }
    return "";
  }

  testing::TempFolder folder_;
  layer::WriteOptions options_;
  bool root_ = false;
};

TEST_F(TidyUpper, LeavesOutWhatIsAsItWas) {
  shell("cp -a lower/. upper && touch upper/d/e upper");
  EXPECT_THAT(layer(), IsEmpty());
  EXPECT_EQ(testing::tree_text(folder_ / "upper"), "");
  EXPECT_FALSE(root_);
}

TEST_F(TidyUpper, KeepsWhatHasChangedInAnyWay) {
  shell(
      "cp -a lower/d upper && cd upper/d && printf '4\\n' > b && touch -r ../../lower/d/b b && touch e/c && "
      "chmod 700 "
      "e");
  EXPECT_THAT(layer(), ElementsAre("d d", "f d/b", "d d/e", "f d/e/c"));
}

TEST_F(TidyUpper, KeepsAllNamesOfAFileTogether) {
  shell("cp -a lower/d upper && ln upper/d/a upper/d/z");
  EXPECT_THAT(layer(), ElementsAre("d d", "f d/a", "h d/h", "h d/z"));
}

TEST_F(TidyUpper, ReplacesOpaqueMarksByWhatIsBelow) {
  shell("mkdir -p upper/d/e upper/f && echo x > upper/d/a && mknod upper/l c 0 0 && mknod upper/never c 0 0");
  if (!set("upper/d", "user.overlay.opaque", "y")) GTEST_SKIP() << "no user attributes here";
  ASSERT_TRUE(set("upper/f", "user.overlay.opaque", "y"));
  EXPECT_THAT(layer(), ElementsAre("d d", "f d/a", "w d/b", "d d/e", "w d/e/c", "w d/h", "d f", "w l"));
  EXPECT_THAT(testing::tree_text(folder_ / "upper"), ::testing::Not(HasSubstr("opaque")));
}

TEST_F(TidyUpper, TakesTheMarksOfItsOwnMountAlone) {
  shell("mkdir upper/d && touch upper/f");
  if (!set("upper/d", "user.overlay.overlay.opaque", "y")) GTEST_SKIP() << "no user attributes here";
  ASSERT_TRUE(set("upper/f", "user.overlay.overlay.metacopy", ""));
  EXPECT_THAT(layer(), ElementsAre("d d", "f f"));
  ASSERT_TRUE(set("upper/f", "user.overlay.metacopy", ""));
  EXPECT_THAT(error(), HasSubstr("metacopy=on"));
}

TEST_F(TidyUpper, LeavesTimesAsTheLayerHasThem) {
  shell("echo x > upper/f && mkdir upper/n && touch -d @1500000000.25 upper/f upper/n");
  EXPECT_THAT(layer(), ElementsAre("f f", "d n"));
  for (const char* name : {"upper/f", "upper/n"}) {
    struct stat status = {};
    ASSERT_EQ(::stat((folder_ / name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mtim.tv_sec, 1500000000);
    EXPECT_EQ(status.st_mtim.tv_nsec, 0);
  }
  options_.latest_mtime = 1200000000;
  layer();
  struct stat status = {};
  ASSERT_EQ(::stat((folder_ / "upper/n").c_str(), &status), 0);
  EXPECT_EQ(status.st_mtim.tv_sec, 1200000000);
}

TEST_F(TidyUpper, LeavesNoSocketsAndHidesWhatTheyReplaced) {
  shell("mkdir upper/d");
  for (const char* name : {"upper/s", "upper/d/b"}) {
    const files::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    (folder_ / name).copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  EXPECT_THAT(layer(), ElementsAre("d d", "w d/b"));
}

TEST_F(TidyUpper, SaysWhetherTheRootHasChanged) {
  shell("chmod 711 upper && touch upper/f");
  EXPECT_THAT(layer(), ElementsAre("d ", "f f"));
}

// The mask stands where the bits of the group are, and is not what the group may do.
TEST_F(TidyUpper, DropsAccessControlLists) {
  shell("touch upper/k && chmod 600 upper/k");
  const auto entry = [](std::uint16_t tag, std::uint16_t permissions, std::uint32_t id) {
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &tag, 2);
    std::memcpy(bytes.data() + 2, &permissions, 2);
    std::memcpy(bytes.data() + 4, &id, 4);
    return bytes;
  };
  const std::string list = std::string("\2\0\0\0", 4) + entry(1, 6, ~0u) + entry(2, 6, 1000) +
                           entry(4, 0, ~0u) + entry(16, 6, ~0u) + entry(32, 0, ~0u);
  if (!set("upper/k", "system.posix_acl_access", list)) GTEST_SKIP() << "no access control lists here";
  struct stat status = {};
  ASSERT_EQ(::stat((folder_ / "upper/k").c_str(), &status), 0);
  ASSERT_EQ(status.st_mode & 07777, 0660u);
  EXPECT_THAT(layer(), ElementsAre("f k"));
  ASSERT_EQ(::stat((folder_ / "upper/k").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_LT(::getxattr((folder_ / "upper/k").c_str(), "system.posix_acl_access", nullptr, 0), 0);
}

}  // namespace
}  // namespace ixian::layer_files
