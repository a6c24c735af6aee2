#include "run/registry_prune.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "oci/media_types.h"
#include "oci/referrers.h"
#include "run/build_record.h"
#include "testing/memory_repo.h"
#include "testing/sample_image.h"

namespace ixian::run {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::string of_digit(char digit) {
  return std::string(64, digit);
}

std::string runtime(char digit) {
  return "runtime-" + of_digit(digit);
}

class Prune : public ::testing::Test {
 protected:
  BuildRecord record(const std::string& branch, char digit, std::vector<std::string> cache = {}) {
    return {branch,
            {{"runtime",
              "r.local/shop:" + runtime(digit),
              of_digit(digit),
              {{"digit", std::string(1, digit)}},
              std::move(cache)}}};
  }

  // A build of one stage, a second after the last one.
  std::string build(const std::string& branch, char digit, std::vector<std::string> cache = {}) {
    image(runtime(digit), std::string(1, digit));
    return write_record(repo_, record(branch, digit, std::move(cache)), next());
  }

  std::string begin(const std::string& branch, char digit) {
    return write_record(repo_, record(branch, digit), next(), RecordKind::kBegun);
  }

  oci::Digest image(const std::string& tag, const std::string& content) {
    put_image(repo_, tag, ixian::testing::sample_image(content));
    return repo_.find(tag)->digest;
  }

  std::chrono::system_clock::time_point next() { return now_ += std::chrono::seconds(1); }

  PruneRules rules(std::size_t builds) {
    PruneRules made;
    made.builds = builds;
    made.now = now_;
    return made;
  }

  std::vector<std::string> removed(const PruneRules& rules) {
    std::vector<std::string> tags;
    for (const auto& each : plan_registry_prune(repo_, rules, never_).remove) tags.push_back(each.tag);
    return tags;
  }
  std::vector<std::string> removed(std::size_t builds) { return removed(rules(builds)); }

  std::size_t carry_out_all(std::size_t builds) {
    const PruneRules made = rules(builds);
    return carry_out(plan_registry_prune(repo_, made, never_), repo_, made, never_);
  }

  // Tags a manifest of others; returns its digest.
  template <typename Document>
  oci::Digest put(const std::string& tag, const Document& document) {
    const oci::RawManifest raw = oci::raw(document);
    repo_.put_manifest(tag.empty() ? raw.descriptor.digest.text() : tag, raw);
    return raw.descriptor.digest;
  }

  oci::Descriptor entry(const oci::Digest& digest) { return *repo_.find(digest.text()); }

  oci::Index index(const std::vector<oci::Digest>& digests) {
    oci::Index made{std::string(oci::kOciIndex), {}, {}, {}, {}};
    for (const oci::Digest& each : digests) made.manifests.push_back(entry(each));
    return made;
  }

  // An artifact about the image `subject`.
  oci::Manifest about(const oci::Digest& subject) {
    const auto raw = repo_.read_manifest(subject.text());
    auto made = std::get<oci::Manifest>(raw->parsed());
    made.subject = raw->descriptor;
    made.artifact_type = "application/vnd.example.signature";
    return made;
  }

  template <typename Counts>
  static int questions(const Counts& before, const Counts& after) {
    return after.tag_lists - before.tag_lists + after.finds - before.finds + after.manifest_reads -
           before.manifest_reads + after.blob_opens - before.blob_opens + after.referrer_lists -
           before.referrer_lists;
  }

  ixian::testing::MemoryRepo repo_{"r.local/shop"};
  base::Cancellation never_;
  // 2026-11-26T02:00:00Z
  std::chrono::system_clock::time_point now_{std::chrono::seconds(1'795'658'400)};
};

TEST_F(Prune, WhatTheLastBuildsOfEachBranchUseStays) {
  build("main", 'a');
  build("main", 'b');
  build("feature", 'c');
  const auto gone = removed(1);
  EXPECT_THAT(gone, Contains(runtime('a')));
  EXPECT_THAT(gone, Not(Contains(runtime('b'))));
  EXPECT_THAT(gone, Not(Contains(runtime('c'))));
  EXPECT_THAT(removed(2), IsEmpty());
}

TEST_F(Prune, BranchesWhoseNamesComeOutAlikeAreTwo) {
  const std::string longer(70, 'x');
  build("release/1.0", 'a');
  build("release-1.0", 'b');
  build(longer + "1", 'c');
  build(longer + "2", 'd');
  const auto plan = plan_registry_prune(repo_, rules(1), never_);
  EXPECT_THAT(plan.remove, IsEmpty());
  EXPECT_THAT(plan.branches,
              ::testing::UnorderedElementsAre("release/1.0", "release-1.0", longer + "1", longer + "2"));
}

TEST_F(Prune, ABuildThatIsRunAgainIsOne) {
  build("main", 'a');
  const std::string older = build("main", 'b');
  std::string newest;
  for (int i = 0; i < 5; ++i) newest = build("main", 'b');
  const auto gone = removed(2);
  EXPECT_THAT(gone, Not(Contains(runtime('a'))));
  EXPECT_THAT(gone, Contains(older));
  EXPECT_THAT(gone, Not(Contains(newest)));
  EXPECT_THAT(gone, SizeIs(5));
}

TEST_F(Prune, WhatAnotherBranchBuiltIsCountedForEach) {
  build("main", 'a');
  build("feature", 'a');
  build("feature", 'b');
  EXPECT_THAT(removed(1), Not(Contains(runtime('a'))));
}

TEST_F(Prune, WhatIxDidNotMakeStays) {
  build("main", 'a');
  build("main", 'b');
  for (const std::string& tag : {std::string("latest"), std::string("cache-of-mine"),
                                 "release-" + of_digit('1'), "v1-" + of_digit('2')}) {
    image(tag, tag);
    EXPECT_THAT(removed(1), Not(Contains(tag)));
  }
}

TEST_F(Prune, WithoutAnyRecordNothingIsRemoved) {
  image(runtime('a'), "a");
  image("cache-" + of_digit('a'), "c");
  EXPECT_THAT(removed(1), IsEmpty());
  begin("main", 'b');
  EXPECT_THAT(removed(1), IsEmpty());
}

TEST_F(Prune, AManifestThatSomethingElseNeedsStays) {
  build("main", 'a');
  build("main", 'b');
  image("stable", "a");
  EXPECT_THAT(removed(1), Not(Contains(runtime('a'))));
}

TEST_F(Prune, WhatAnIndexOfOthersNamesStaysToAnyDepth) {
  build("main", 'a');
  build("main", 'b');
  oci::Digest inner = repo_.find(runtime('a'))->digest;
  for (int depth = 0; depth < 6; ++depth) inner = put("", index({inner}));
  put("1.4", index({inner}));
  EXPECT_THAT(removed(1), Not(Contains(runtime('a'))));
}

TEST_F(Prune, TheSubjectOfWhatATagOfOthersNamesStays) {
  build("main", 'a');
  build("main", 'b');
  const oci::Digest signature = put("", about(repo_.find(runtime('a'))->digest));
  put("bundle", index({signature}));
  EXPECT_THAT(removed(1), Not(Contains(runtime('a'))));
}

TEST_F(Prune, WhatHasReferrersStays) {
  build("main", 'a');
  build("main", 'b');
  put("", about(repo_.find(runtime('a'))->digest));
  EXPECT_THAT(removed(1), Not(Contains(runtime('a'))));
}

TEST_F(Prune, WhatATagIsAboutByItsNameStays) {
  char digit = 'a';
  for (const char* ending : {"", ".sig", ".att", ".sbom"}) {
    build("main", digit);
    image(oci::referrers_tag(repo_.find(runtime(digit))->digest) + ending, ending);
    ++digit;
  }
  build("main", 'f');
  const auto gone = removed(1);
  for (char each = 'a'; each < digit; ++each) EXPECT_THAT(gone, Not(Contains(runtime(each))));
}

TEST_F(Prune, AnIndexUnderATagThatLooksLikeOursIsOfOthers) {
  build("main", 'a');
  build("main", 'b');
  put(runtime('c'), index({repo_.find(runtime('a'))->digest}));
  const auto gone = removed(1);
  EXPECT_THAT(gone, Not(Contains(runtime('a'))));
  EXPECT_THAT(gone, Not(Contains(runtime('c'))));
}

TEST_F(Prune, WhatCannotBeReadCouldNameAnything) {
  build("main", 'a');
  build("main", 'b');
  const std::string bytes = R"({"schemaVersion": 2, "manifests": 7})";
  repo_.put_manifest(
      "1.4", {{std::string(oci::kOciIndex), oci::Digest::of(bytes), bytes.size(), {}, {}, {}, {}}, bytes});
  EXPECT_THROW(removed(1), base::Error);
}

TEST_F(Prune, WhatABuildThatRunsMayPushStays) {
  build("main", 'a');
  begin("main", 'b');
  image(runtime('b'), "b");
  image("cache-" + of_digit('b'), "instruction");
  image("listing-" + of_digit('b'), "listing");
  EXPECT_THAT(removed(1), IsEmpty());
}

TEST_F(Prune, WhatARunningBuildFoundStays) {
  build("main", 'a');
  build("main", 'b');
  begin("feature", 'a');
  EXPECT_THAT(removed(1), Not(Contains(runtime('a'))));
}

TEST_F(Prune, AfterTheGraceABuildThatBeganIsForgotten) {
  build("main", 'a');
  const std::string begun = begin("main", 'b');
  image(runtime('b'), "b");
  image("cache-" + of_digit('b'), "instruction");
  PruneRules made = rules(1);
  made.now += made.grace + std::chrono::seconds(1);
  EXPECT_THAT(removed(made), ::testing::UnorderedElementsAre(begun, runtime('b'), "cache-" + of_digit('b')));
  made.now = now_;
  made.grace = std::chrono::seconds(0);
  EXPECT_THAT(removed(made), Contains(runtime('b')));
}

TEST_F(Prune, ABuildThatBeganAndEndedIsOneAmongOthers) {
  const auto time = next();
  image(runtime('a'), "a");
  const std::string begun = write_record(repo_, record("main", 'a'), time, RecordKind::kBegun);
  write_record(repo_, record("main", 'a', {"cache-" + of_digit('1')}), time);
  build("main", 'b');
  const auto gone = removed(1);
  EXPECT_THAT(gone, Contains(runtime('a')));
  EXPECT_THAT(gone, Contains(begun));
}

TEST_F(Prune, BuildsThatBeganDoNotCountAmongTheLast) {
  build("main", 'a');
  for (char digit : {'b', 'c', 'd'}) begin("main", digit);
  PruneRules made = rules(1);
  made.grace = std::chrono::seconds(0);
  EXPECT_THAT(removed(made), Not(Contains(runtime('a'))));
}

TEST_F(Prune, InstructionsThatLedToAnImageInUseStay) {
  for (char digit : {'1', '2'}) image("cache-" + of_digit(digit), std::string("cache") + digit);
  build("main", 'a', {"cache-" + of_digit('1')});
  build("main", 'b', {"cache-" + of_digit('2')});
  build("main", 'a');  // found, so that it does not know what led to it
  build("main", 'a');
  const auto gone = removed(1);
  EXPECT_THAT(gone, Not(Contains("cache-" + of_digit('1'))));
  EXPECT_THAT(gone, Contains("cache-" + of_digit('2')));
}

TEST_F(Prune, BuildsOfAForgottenBranchDoNotCount) {
  build("main", 'a');
  build("feature/x", 'b');
  PruneRules made = rules(10);
  made.forgotten = {"feature/x"};
  EXPECT_THAT(removed(made), Contains(runtime('b')));
  EXPECT_THAT(removed(made), Not(Contains(runtime('a'))));
}

TEST_F(Prune, RemovesWhatItSaid) {
  build("main", 'a');
  build("main", 'b');
  EXPECT_EQ(carry_out_all(1), 2u);
  EXPECT_FALSE(repo_.find(runtime('a')));
  EXPECT_TRUE(repo_.find(runtime('b')));
  EXPECT_EQ(record_tags(repo_.tags()).size(), 1u);
  EXPECT_THAT(removed(1), IsEmpty());
}

TEST_F(Prune, LeavesWhatABuildNeedsThatBeganMeanwhile) {
  build("main", 'a');
  build("main", 'b');
  const PruneRules made = rules(1);
  RegistryPrune plan = plan_registry_prune(repo_, made, never_);
  begin("feature", 'a');
  carry_out(std::move(plan), repo_, made, never_);
  EXPECT_TRUE(repo_.find(runtime('a')));
}

TEST_F(Prune, LeavesWhatGotATagMeanwhile) {
  build("main", 'a');
  build("main", 'b');
  const PruneRules made = rules(1);
  RegistryPrune plan = plan_registry_prune(repo_, made, never_);
  image("1.4", "a");
  carry_out(std::move(plan), repo_, made, never_);
  EXPECT_TRUE(repo_.find(runtime('a')));
}

// As copies of a tag, and as records of an older ix within one second, do.
TEST_F(Prune, EqualRecordsThatShareADigestBecomeOne) {
  const std::string newest = build("main", 'a');
  const auto raw = *repo_.read_manifest(newest);
  RecordTag tag = *parse_record_tag(newest);
  for (int i = 100; i < 400; ++i) {
    tag.time = "20260101T000000" + std::to_string(i) + "Z";
    repo_.put_manifest(tag_text(tag), raw);
  }
  EXPECT_THAT(removed(1), SizeIs(300));
  carry_out_all(1);
  const auto left = record_tags(repo_.tags());
  ASSERT_THAT(left, SizeIs(1));
  EXPECT_EQ(summarize_record(repo_, left[0].tag)->record.branch, "main");
  EXPECT_TRUE(repo_.find(runtime('a')));
  EXPECT_THAT(removed(1), IsEmpty());
}

// One question each, as a registry is asked: what differs, and little more.
TEST_F(Prune, ThreeThousandRecordsAreAskedForOnceForEachThatDiffers) {
  constexpr int kDifferent = 40;
  for (int n = 0; n < 3000; ++n) {
    const int which = n % kDifferent;
    BuildRecord made = record("branch/" + std::to_string(which % 4), static_cast<char>('0' + which % 10));
    made.stages[0].inputs = which;
    if (n < 10) image(runtime(static_cast<char>('0' + n)), std::to_string(n));
    write_record(repo_, made, next());
  }
  for (int n = 0; n < 5; ++n) image("1." + std::to_string(n), "release");
  const auto before = repo_.counts();
  const auto plan = plan_registry_prune(repo_, rules(10), never_);
  EXPECT_LE(questions(before, repo_.counts()), kDifferent + 50);
  EXPECT_GE(plan.remove.size(), 3000u - kDifferent);
}

// Also where each says something else, and where images are built again and again.
TEST_F(Prune, ThreeThousandRecordsOfManyImagesAreAskedForOnceForEachThatDiffers) {
  for (const int images : {3000, 600}) {
    ixian::testing::MemoryRepo repo("r.local/shop");
    const auto tag = [](int n) { return "runtime-" + std::string(56, '0') + std::to_string(10'000'000 + n); };
    for (int n = 0; n < 3000; ++n) {
      const int which = n % images;
      BuildRecord made{"branch/" + std::to_string(which % 20),
                       {{"runtime", "r.local/shop:" + tag(which), tag(which), {{"n", which}}, {}}}};
      if (n < images) put_image(repo, tag(n), ixian::testing::sample_image(std::to_string(n % 7)));
      if (n < images) made.stages[0].cache = {"listing-" + of_digit('a')};
      write_record(repo, made, next());
    }
    put_image(repo, "listing-" + of_digit('a'), ixian::testing::sample_image("listing"));
    const auto before = repo.counts();
    const auto plan = plan_registry_prune(repo, rules(10), never_);
    EXPECT_LE(questions(before, repo.counts()), images + 50);
    EXPECT_GT(plan.remove.size(), 2000u);
    EXPECT_FALSE(plan.references_checked);
    for (const auto& each : plan.remove) EXPECT_FALSE(each.tag.starts_with("listing-"));
  }
}

TEST_F(Prune, WhatManyImagesGoOfIsAskedBeforeTheyDo) {
  std::vector<oci::Digest> digests;
  for (char digit = '0'; digit <= '9'; ++digit) build("main", digit);
  for (char digit = 'a'; digit <= 'f'; ++digit) build("main", digit);
  const oci::Digest held = repo_.find(runtime('0'))->digest;
  put("1.4", index({held}));
  RegistryPrune plan = plan_registry_prune(repo_, rules(1), never_);
  EXPECT_FALSE(plan.references_checked);
  EXPECT_EQ(plan.remove.size(), 30u);
  check_references(plan, repo_, never_);
  EXPECT_TRUE(plan.references_checked);
  EXPECT_EQ(plan.remove.size(), 29u);
  carry_out_all(1);
  EXPECT_TRUE(repo_.find(runtime('0')));
  EXPECT_FALSE(repo_.find(runtime('1')));
}

TEST_F(Prune, ARecordThatHasATagOfOthersStaysWithItsDigest) {
  const std::string older = build("main", 'a');
  build("main", 'b');
  repo_.put_manifest("mine", *repo_.read_manifest(older));
  carry_out_all(1);
  EXPECT_TRUE(repo_.find("mine"));
}

}  // namespace
}  // namespace ixian::run
