#include "files/trust.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "testing/temp_folder.h"

namespace ixian::files {
namespace {

using ::testing::HasSubstr;

TEST(Trust, WhatIsOursOrRootsAndNobodyElseMayWriteIsTrusted) {
  const ixian::testing::TempFolder folder;
  folder.write("file", "x");
  ::chmod((folder / "file").c_str(), 0644);
  EXPECT_EQ(why_untrusted(folder / "file"), "");
  EXPECT_EQ(why_untrusted("/etc/passwd"), "");
  EXPECT_EQ(why_untrusted("/tmp"), "");  // everybody may write to it, and nobody to what others have there
  EXPECT_EQ(why_untrusted("/dev/null"), "");
  EXPECT_EQ(why_untrusted(folder / "none"), "");
}

TEST(Trust, WhatEverybodyMayWriteToIsNot) {
  const ixian::testing::TempFolder folder;
  folder.write("file", "x");
  ::chmod((folder / "file").c_str(), 0666);
  EXPECT_THAT(why_untrusted(folder / "file"), HasSubstr("everybody may write"));
  ::chmod(folder.path().c_str(), 0777);
  EXPECT_THAT(why_untrusted(folder.path()), HasSubstr("everybody may write"));
}

TEST(Trust, WhatBelongsToSomebodyElseIsNot) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const ixian::testing::TempFolder folder;
  folder.write("file", "x");
  ASSERT_EQ(::chown((folder / "file").c_str(), 23456, 23456), 0);
  EXPECT_THAT(why_untrusted(folder / "file"), HasSubstr("23456"));
  EXPECT_EQ(why_untrusted(folder / "file", {23456}), "");
}

TEST(Trust, IsToldOnce) {
  const ixian::testing::TempFolder folder;
  folder.write("file", "x");
  ::chmod((folder / "file").c_str(), 0666);
  int count = 0;
  listen_for_untrusted([&](const std::string&) { ++count; });
  warn_if_untrusted(folder / "file");
  warn_if_untrusted(folder / "file");
  listen_for_untrusted(nullptr);
  EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace ixian::files
