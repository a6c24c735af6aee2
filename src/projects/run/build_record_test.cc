#include "run/build_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "testing/memory_repo.h"
#include "testing/sample_image.h"
#include "testing/temp_folder.h"

namespace ixian::run {
namespace {

using ::testing::ElementsAre;

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

  ixian::testing::MemoryRepo repo_{"r.local/shop"};
  // 2026-11-26T02:00:00Z
  std::chrono::system_clock::time_point now_{std::chrono::seconds(1'795'658'400)};
};

TEST_F(Records, AreReadBackAsTheyWereWritten) {
  build("feature/login", 'a', {"cache-1"});
  const auto tags = record_tags(repo_.tags());
  ASSERT_EQ(tags.size(), 1u);
  EXPECT_TRUE(tags[0].tag.starts_with("build-feature-login-")) << tags[0].tag;
  EXPECT_EQ(tags[0].branch, tag_safe_branch("feature/login"));
  EXPECT_EQ(tags[0].time, "20261126T020000000Z");
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
  for (const char* tag :
       {"build-", "build-main", "runtime-20261126T020000000Z-aaaaaaaa",
        "build-main-20261126X020000000Z-aaaaaaaa", "build-main-2026112aT020000000Z-aaaaaaaa",
        "build-main-20261126T020000000Z-AAAAAAAA", "build-20261126T020000000Z-aaaaaaaa"})
    EXPECT_FALSE(parse_record_tag(tag)) << tag;
}

TEST(RecordTags, BranchesFitIntoThem) {
  EXPECT_EQ(tag_safe_branch("release-1.0_x"), "release-1.0_x");
  EXPECT_TRUE(tag_safe_branch("feature/über login").starts_with("feature---ber-login-"));
  EXPECT_EQ(tag_safe_branch(""), "none");
  EXPECT_EQ(tag_safe_branch(std::string(300, 'x')).size(), 60u);
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

TEST(RecordTags, BranchesThatHadToBeChangedOrCutStayApart) {
  const std::string longer(60, 'x');
  for (const auto& [a, b] : {std::pair<std::string, std::string>{"release/1.0", "release-1.0"},
                             {"a/b", "a b"},
                             {longer + "1", longer + "2"},
                             {longer, longer + "1"},
                             {"über", "-ber"}}) {
    EXPECT_NE(tag_safe_branch(a), tag_safe_branch(b)) << a;
    EXPECT_LE(tag_safe_branch(a).size(), 60u) << a;
  }
}

TEST_F(Records, HaveTheBranchAsItIsWhateverTheTagSays) {
  for (const char* branch : {"release/1.0", "release-1.0"}) {
    const auto summary = summarize_record(repo_, write_record(repo_, {branch, {}}, now_));
    ASSERT_TRUE(summary.has_value());
    EXPECT_EQ(summary->record.branch, branch);
  }
  EXPECT_EQ(record_tags(repo_.tags()).size(), 2u);
}

TEST_F(Records, AreSummarizedWithOneQuestion) {
  build("main", 'a', {"cache-1"});
  const auto before = repo_.counts();
  const auto summary = summarize_record(repo_, record_tags(repo_.tags()).at(0).tag);
  ASSERT_TRUE(summary.has_value());
  EXPECT_EQ(summary->record.stages.at(0).image, "r.local/shop:runtime-" + key('a'));
  EXPECT_THAT(summary->record.stages.at(0).cache, ElementsAre("cache-1"));
  EXPECT_EQ(repo_.counts().manifest_reads, before.manifest_reads + 1);
  EXPECT_EQ(repo_.counts().blob_opens, before.blob_opens);
}

TEST_F(Records, OfABuildThatBeginsAreNoBuildsYet) {
  const std::string tag = write_record(repo_, {"main", {}}, now_, RecordKind::kBegun);
  EXPECT_TRUE(tag.starts_with("begun-main-20261126T020000000Z-")) << tag;
  EXPECT_THAT(record_tags(repo_.tags()), ::testing::IsEmpty());
  const auto parsed = parse_record_tag(tag);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->kind, RecordKind::kBegun);
  EXPECT_EQ(tag_text(*parsed), tag);
}

}  // namespace
}  // namespace ixian::run
