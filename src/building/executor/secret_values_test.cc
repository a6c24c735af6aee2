#include "executor/secret_values.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"
#include "testing/temp_folder.h"

namespace ixian::executor {
namespace {

TEST(SecretValues, APipeIsReadOnceAndGivenToAll) {
  const ixian::testing::TempFolder folder;
  const engine::SecretSource source{"token", folder / "pipe", ""};
  ASSERT_EQ(::mkfifo(source.file.c_str(), 0600), 0);
  std::thread writer([&] {
    const files::UniqueFd pipe(::open(source.file.c_str(), O_WRONLY | O_CLOEXEC));
    EXPECT_EQ(::write(pipe.get(), "hush", 4), 4);
  });
  SecretValues values;
  check_secret(source);
  EXPECT_EQ(values.get(source).reveal(), "hush");
  writer.join();
  EXPECT_EQ(values.get(source).reveal(), "hush");
}

TEST(SecretValues, WhatIsNotThereOrTooLargeIsAnError) {
  const ixian::testing::TempFolder folder;
  SecretValues values;
  EXPECT_THROW(check_secret({"a", folder / "none", ""}), base::Error);
  EXPECT_THROW(values.get({"a", folder / "none", ""}), base::Error);
  EXPECT_THROW(check_secret({"a", "", "IXIAN_NO_SUCH_VARIABLE"}), base::Error);
  folder.write("large", std::string(kLargestSecret + 1, 'x'));
  EXPECT_THROW(values.get({"a", folder / "large", ""}), base::Error);
  EXPECT_THROW(values.get({"a", "/dev/zero", ""}), base::Error);
}

}  // namespace
}  // namespace ixian::executor
