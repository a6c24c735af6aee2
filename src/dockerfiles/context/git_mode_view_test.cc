// A checkout looks the same whatever the machine made of it.

#include "context/git_mode_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "context/selection.h"
#include "testing/memory_view.h"

namespace ixian::context {
namespace {

base::Cancellation never;

std::string digest_of_all(std::shared_ptr<const FileView> view) {
  const GitModeView git(std::move(view), kFixedTime);
  auto selection = select(git, {"."}, {});
  return digest_of(git, selection, {true, 1}, never);
}

std::shared_ptr<testing::MemoryView> checkout(std::uint32_t folder, std::uint32_t file, std::uint32_t program,
                                              std::uint32_t owner) {
  auto view = std::make_shared<testing::MemoryView>();
  view->folder("src", folder, owner).file("src/a", "a", file, owner).file("run", "r", program, owner);
  return view;
}

TEST(GitModeView, KnowsNeitherUmaskNorOwner) {
  EXPECT_EQ(digest_of_all(checkout(0755, 0644, 0755, 0)), digest_of_all(checkout(0700, 0600, 0711, 1000)));
}

TEST(GitModeView, KnowsWhatCanBeExecuted) {
  EXPECT_NE(digest_of_all(checkout(0755, 0644, 0755, 0)), digest_of_all(checkout(0755, 0644, 0644, 0)));
}

TEST(GitModeView, GivesEveryFileOneTimeAndNoOtherName) {
  const GitModeView git(checkout(0755, 0644, 0755, 0), 1234);
  const auto entry = git.find("src/a");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->mtime, 1234);
  EXPECT_EQ(entry->mtime_ns, 0u);
  EXPECT_EQ(git.hard_link_group("src/a"), "");
  EXPECT_EQ(git.find("none"), std::nullopt);
}

TEST(GitModeView, HasNoFolderThatGitDoesNotKnow) {
  const auto plain = checkout(0755, 0644, 0755, 0);
  const auto more = checkout(0755, 0644, 0755, 0);
  more->folder("src/none").folder("none").folder("none/deep").folder("none/deep/deeper");
  EXPECT_EQ(digest_of_all(plain), digest_of_all(more));
  const GitModeView git(more, kFixedTime);
  EXPECT_THAT(git.children(""), ::testing::ElementsAre("run", "src"));
  EXPECT_THAT(git.children("none"), ::testing::IsEmpty());
  EXPECT_THAT(select(git, {"n*"}, {}), ::testing::IsEmpty());
  EXPECT_EQ(select(git, {"none"}, {})[0].files.size(), 1u);
}

}  // namespace
}  // namespace ixian::context
