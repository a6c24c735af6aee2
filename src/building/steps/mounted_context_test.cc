#include "steps/mounted_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "context/directory_view.h"
#include "files/fs.h"
#include "testing/temp_folder.h"

namespace ixian::steps {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class MountedContextTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* folder : {"context/d", "context/a1", "context/a[1]", "outside", "work"})
      fs::create_directories(folder_ / folder);
    folder_.write("context/d/file", "INSIDE");
    folder_.write("outside/file", "OUTSIDE");
    view_ = std::make_shared<context::DirectoryView>(folder_ / "context");
  }
  void swap_for_link(const std::string& name, const std::string& target) {
    fs::rename(folder_ / ("context/" + name), folder_ / "away");
    fs::create_symlink(target, folder_ / ("context/" + name));
  }
  std::string copy_error(MountedContext& mounted, const std::string& source) {
    try {
      mounted.copy(source, folder_ / "work/copy");
    } catch (const base::Error& error) {
      return error.message() + error.context();
    }
    return "";
  }

  ixian::testing::TempFolder folder_;
  base::Cancellation cancellation_;
  files::StatCache known_{folder_ / "file-cache"};
  std::shared_ptr<context::DirectoryView> view_;
};

TEST_F(MountedContextTest, ACopyIsWhatTheKeyHolds) {
  fs::create_symlink("file", folder_ / "context/d/link");
  fs::permissions(folder_ / "context/d", fs::perms(0500));
  MountedContext mounted(view_, known_, cancellation_);
  const std::string digest = mounted.digest("d");
  mounted.copy("d", folder_ / "work/d");
  MountedContext again(std::make_shared<context::DirectoryView>(folder_ / "work"), known_, cancellation_);
  EXPECT_EQ(again.digest("d"), digest);
}

// A folder that was seen and is a link by now is neither followed nor taken for an empty one.
TEST_F(MountedContextTest, AFolderThatBecomesALinkIsAnError) {
  MountedContext mounted(view_, known_, cancellation_);
  mounted.digest("d");
  swap_for_link("d", folder_ / "outside");
  EXPECT_THAT(copy_error(mounted, "d"), HasSubstr("d/file"));
  EXPECT_FALSE(fs::exists(folder_ / "work/copy/file") && fs::file_size(folder_ / "work/copy/file") > 0);
  EXPECT_EQ(files::read_file(folder_ / "outside/file"), "OUTSIDE");
}

TEST_F(MountedContextTest, AFileThatBecomesALinkIsAnError) {
  MountedContext mounted(view_, known_, cancellation_);
  mounted.digest("d/file");
  swap_for_link("d/file", folder_ / "outside/file");
  EXPECT_NE(copy_error(mounted, "d/file"), "");
}

TEST_F(MountedContextTest, AFileThatChangesIsNamedAndTheRemedyToo) {
  MountedContext mounted(view_, known_, cancellation_);
  mounted.digest("");
  folder_.write("context/d/file", "INSIDE and more");
  EXPECT_THAT(copy_error(mounted, ""), ::testing::AllOf(HasSubstr("d/file"), HasSubstr(".dockerignore")));
  try {
    mounted.check("");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("d/file"));
    EXPECT_THAT(error.context(), HasSubstr(".dockerignore"));
  }
}

TEST_F(MountedContextTest, ASourceIsAPathAndNoPattern) {
  folder_.write("context/a[1]/file", "brackets");
  folder_.write("context/a1/file", "none");
  MountedContext mounted(view_, known_, cancellation_);
  mounted.copy("a[1]", folder_ / "work/copy");
  EXPECT_EQ(files::read_file(folder_ / "work/copy/file"), "brackets");
}

}  // namespace
}  // namespace ixian::steps
