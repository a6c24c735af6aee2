#include "files/text_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "files/fs.h"
#include "testing/temp_folder.h"

namespace ixian::files {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class TextFile : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "context/sub");
    folder_.write("context/sub/file", "inside");
    folder_.write("secret", "root:$6$secret");
    fs::create_directory_symlink(context(""), folder_ / "other-name");
  }
  std::string context(const std::string& name) const { return folder_ / ("context/" + name); }
  std::optional<std::string> read(const std::string& name) {
    return read_text(context(name), folder_ / "context");
  }
  std::string error_of(const std::string& name, base::ErrorCode code) {
    try {
      read(name);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), code) << error.message();
      EXPECT_THAT(error.message(), ::testing::Not(HasSubstr("$6$")));
      return error.message();
    }
    return "";
  }

  ixian::testing::TempFolder folder_;
};

TEST_F(TextFile, LinksAreFollowedInside) {
  fs::create_symlink("sub/file", context("link"));
  fs::create_symlink("/sub/file", context("absolute"));
  EXPECT_EQ(read("link"), "inside");
  EXPECT_EQ(read("absolute"), "inside");
  EXPECT_EQ(read("none"), std::nullopt);
}

TEST_F(TextFile, NoLinkLeadsOut) {
  fs::create_symlink(folder_ / "secret", context("absolute"));
  fs::create_symlink("../secret", context("relative"));
  fs::create_directory_symlink(folder_.path(), context("folder"));
  fs::create_symlink("/proc/self/cwd/secret", context("magic"));
  for (const char* name : {"absolute", "relative", "magic", "folder/secret"})
    EXPECT_THAT(error_of(name, base::ErrorCode::kUsage), HasSubstr("does not resolve")) << name;
  EXPECT_EQ(read("folder/none"), std::nullopt);
  // However the folder is called.
  EXPECT_THROW(read_text(context("absolute"), folder_ / "other-name"), base::Error);
}

TEST_F(TextFile, WhatIsNamedElsewhereLeadsWhereItLeads) {
  fs::create_symlink(folder_ / "secret", folder_ / "link");
  EXPECT_EQ(read_text(folder_ / "link", folder_ / "context"), "root:$6$secret");
  EXPECT_EQ(read_text(folder_ / "none", folder_ / "context"), std::nullopt);
}

TEST_F(TextFile, OnlyARegularFileWillDo) {
  ASSERT_EQ(::mkfifo(context("pipe").c_str(), 0600), 0);  // nobody writes: who opened it would wait for ever
  EXPECT_THAT(error_of("pipe", base::ErrorCode::kUsage), HasSubstr("not a regular file"));
  EXPECT_THAT(error_of("sub", base::ErrorCode::kUsage), HasSubstr("not a regular file"));
}

TEST_F(TextFile, TheSizeIsAskedBeforeAnythingIsRead) {
  // Sparse: who read it would be at it for minutes.
  const UniqueFd large(::open(context("large").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(::ftruncate(large.get(), off_t{1} << 42), 0);
  EXPECT_THAT(error_of("large", base::ErrorCode::kTaskFailed), HasSubstr("larger than 1 MiB"));
  EXPECT_THROW(read_text("/dev/zero", folder_ / "context"), base::Error);
}

TEST_F(TextFile, APipeThatWasNamedIsReadToItsEnd) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ASSERT_EQ(::write(ends[1], "FROM scratch\n", 13), 13);
  ::close(ends[1]);
  EXPECT_EQ(read_text("/proc/self/fd/" + std::to_string(ends[0]), folder_ / "context"), "FROM scratch\n");
  ::close(ends[0]);
}

}  // namespace
}  // namespace ixian::files
