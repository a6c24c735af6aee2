#include "run/build_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "run/registry_prune.h"
#include "testing/memory_repo.h"
#include "testing/sample_image.h"
#include "testing/temp_folder.h"

namespace ixian::run {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

std::string key(char digit) {
  return std::string(64, digit);
}

class Records : public ::testing::Test {
 protected:
  // A build of one stage, at a second of its own.
  void build(const std::string& branch, char digit, std::vector<std::string> cache = {}) {
    put_image(repo_, "runtime-" + key(digit), ixian::testing::sample_image(std::string(1, digit)));
    write_record(repo_,
                 {branch,
                  {{"runtime",
                    "r.local/shop:runtime-" + key(digit),
                    key(digit),
                    {{"digit", std::string(1, digit)}},
                    std::move(cache)}}},
                 next());
  }

  std::chrono::system_clock::time_point next() {
    now_ += std::chrono::milliseconds(1);
    return now_ - std::chrono::milliseconds(1);
  }

  std::vector<std::string> removed(std::size_t builds) {
    std::vector<std::string> tags;
    for (const auto& each : plan_registry_prune(repo_, builds, never_).remove) tags.push_back(each.tag);
    return tags;
  }

  ixian::testing::MemoryRepo repo_{"r.local/shop"};
  base::Cancellation never_;
  // 2026-11-26T02:00:00Z
  std::chrono::system_clock::time_point now_{std::chrono::seconds(1'795'658'400)};
};

TEST_F(Records, AreReadBackAsTheyWereWritten) {
  build("feature/login", 'a', {"cache-1"});
  const auto tags = record_tags(repo_.tags());
  ASSERT_EQ(tags.size(), 1u);
  EXPECT_TRUE(tags[0].tag.starts_with("build-feature-login-20261126T020000000Z-")) << tags[0].tag;
  EXPECT_EQ(tags[0].branch, "feature-login");
  const auto record = read_record(repo_, tags[0].tag);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->branch, "feature/login");
  EXPECT_EQ(record->stages.at(0).inputs.at("digit"), "a");
  EXPECT_THAT(record->stages.at(0).cache, ElementsAre("cache-1"));
}

TEST_F(Records, OfEqualInputsHaveOneBlob) {
  const BuildRecord record{"main", {{"runtime", "r.local/shop:runtime-" + key('a'), key('a'), {}, {}}}};
  write_record(repo_, record, now_);
  const int puts = repo_.counts().blob_puts;
  write_record(repo_, record, now_ + std::chrono::milliseconds(1));
  EXPECT_EQ(repo_.counts().blob_puts, puts);
  EXPECT_EQ(record_tags(repo_.tags()).size(), 2u);
}

TEST_F(Records, OfDifferentBuildsInOneSecondAreTwo) {
  const auto record = [](char digit) {
    return BuildRecord{
        "main",
        {{"runtime", "r.local/shop:runtime-" + key('a'), key('a'), {{"digit", std::string(1, digit)}}, {}}}};
  };
  write_record(repo_, record('a'), now_);
  write_record(repo_, record('b'), now_);
  EXPECT_EQ(record_tags(repo_.tags()).size(), 2u);
}

TEST(RecordTags, OthersAreNotTakenForThem) {
  for (const char* tag : {"build-", "build-main", "runtime-20261126T020000000Z-aaaaaaaa",
                          "build-main-20261126X020000000Z-aaaaaaaa",
                          "build-main-2026112aT020000000Z-aaaaaaaa", "build-20261126T020000000Z-aaaaaaaa"})
    EXPECT_FALSE(parse_record_tag(tag)) << tag;
}

TEST(RecordTags, BranchesFitIntoThem) {
  EXPECT_EQ(branch_in_tag("feature/über login"), "feature---ber-login");
  EXPECT_EQ(branch_in_tag(""), "none");
  EXPECT_EQ(branch_in_tag(std::string(300, 'x')).size(), 60u);
}

TEST(RecordTags, SomethingElseUnderSuchATagIsNoRecord) {
  ixian::testing::MemoryRepo repo;
  put_image(repo, "build-main-20261126T020000000Z-aaaaaaaa", ixian::testing::sample_image("x"));
  EXPECT_FALSE(read_record(repo, "build-main-20261126T020000000Z-aaaaaaaa"));
}

TEST(BranchName, IsWhatIsCheckedOutWhereNobodySaysMore) {
  for (const char* variable : {"GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME", "BRANCH_NAME",
                               "BUILDKITE_BRANCH", "CIRCLE_BRANCH"})
    ::unsetenv(variable);
  const ixian::testing::TempFolder folder;
  EXPECT_EQ(branch_name("", folder / ""), "none");
  std::filesystem::create_directory(folder / ".git");
  folder.write(".git/HEAD", "ref: refs/heads/feature/x\n");
  EXPECT_EQ(branch_name("", folder / ""), "feature/x");
  EXPECT_EQ(branch_name("given", folder / ""), "given");
  std::filesystem::create_directory(folder / "worktree");
  folder.write("worktree/.git", "gitdir: ../.git\n");
  EXPECT_EQ(branch_name("", folder / "worktree"), "feature/x");
}

TEST_F(Records, WhatTheLastBuildsOfEachBranchUseStays) {
  build("main", 'a');
  build("main", 'b');
  build("feature", 'c');
  const auto gone = removed(1);
  EXPECT_THAT(gone, Contains("runtime-" + key('a')));
  EXPECT_THAT(gone, Not(Contains("runtime-" + key('b'))));
  EXPECT_THAT(gone, Not(Contains("runtime-" + key('c'))));
  EXPECT_THAT(removed(2), IsEmpty());
}

TEST_F(Records, WhatIxDidNotMakeStays) {
  build("main", 'a');
  build("main", 'b');
  put_image(repo_, "latest", ixian::testing::sample_image("mine"));
  put_image(repo_, "cache-of-mine", ixian::testing::sample_image("mine too"));
  EXPECT_THAT(removed(1), Not(Contains("latest")));
  EXPECT_THAT(removed(1), Not(Contains("cache-of-mine")));
}

TEST_F(Records, WithoutAnyNothingIsRemoved) {
  put_image(repo_, "runtime-" + key('a'), ixian::testing::sample_image("a"));
  EXPECT_THAT(removed(1), IsEmpty());
}

TEST_F(Records, AManifestThatSomethingElseNeedsStays) {
  build("main", 'a');
  build("main", 'b');
  put_image(repo_, "stable", ixian::testing::sample_image("a"));
  const auto gone = removed(1);
  EXPECT_THAT(gone, Not(Contains("runtime-" + key('a'))));
}

TEST_F(Records, InstructionsThatLedToAnImageInUseStay) {
  for (char digit : {'1', '2'})
    put_image(repo_, "cache-" + key(digit), ixian::testing::sample_image(std::string("cache") + digit));
  build("main", 'a', {"cache-" + key('1')});
  build("main", 'b', {"cache-" + key('2')});
  build("main", 'a');  // found, so that it does not know what led to it
  const auto gone = removed(1);
  EXPECT_THAT(gone, Not(Contains("cache-" + key('1'))));
  EXPECT_THAT(gone, Contains("cache-" + key('2')));
}

TEST_F(Records, PruningRemovesWhatItSaid) {
  build("main", 'a');
  build("main", 'b');
  const auto plan = plan_registry_prune(repo_, 1, never_);
  EXPECT_EQ(carry_out(plan, repo_, never_), 2u);
  EXPECT_FALSE(repo_.find("runtime-" + key('a')));
  EXPECT_TRUE(repo_.find("runtime-" + key('b')));
  EXPECT_EQ(record_tags(repo_.tags()).size(), 1u);
}

}  // namespace
}  // namespace ixian::run
