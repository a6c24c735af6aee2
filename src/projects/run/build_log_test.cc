#include "run/build_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "base/error.h"
#include "run/registry_prune.h"
#include "testing/fake_clock.h"
#include "testing/memory_repo.h"
#include "testing/recording_sink.h"
#include "testing/sample_image.h"

namespace ixian::run {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const std::string kFirst = "r.local/shop";
const std::string kSecond = "r.local:5000/team/other";
const std::string kKey(64, 'a');

RecordedStage stage(const std::string& name, const std::string& repository,
                    std::vector<std::string> cache = {}) {
  return {name, repository + ":" + name + "-" + kKey, kKey, {{"stage", name}}, std::move(cache)};
}

std::vector<std::string> names(const BuildRecord& record) {
  std::vector<std::string> found;
  for (const RecordedStage& each : record.stages) found.push_back(each.stage);
  return found;
}

TEST(SplitRecord, EachRepositoryGetsItsOwnStages) {
  const BuildRecord record{"main",
                           {stage("base", kFirst), stage("other", kSecond), stage("runtime", kFirst)}};
  const RecordParts parts = split_record(record, {kFirst, kSecond}, "");
  ASSERT_THAT(parts, SizeIs(2));
  EXPECT_THAT(names(parts.at(kFirst)), ElementsAre("base", "runtime"));
  EXPECT_THAT(names(parts.at(kSecond)), ElementsAre("other"));
  EXPECT_EQ(parts.at(kSecond).branch, "main");
  EXPECT_THAT(split_record(record, {kSecond}, ""), SizeIs(1));
}

TEST(SplitRecord, TheRepositoryOfInstructionsGetsAll) {
  const BuildRecord record{"main", {stage("base", kFirst, {"cache-1"}), stage("other", kSecond)}};
  const RecordParts parts = split_record(record, {kFirst}, "r.local/cache");
  EXPECT_THAT(names(parts.at("r.local/cache")), ElementsAre("base", "other"));
  EXPECT_THAT(parts.at("r.local/cache").stages[0].cache, ElementsAre("cache-1"));
  EXPECT_TRUE(parts.at("r.local/cache").stages[0].inputs.is_null());
  EXPECT_THAT(names(split_record(record, {kFirst}, kFirst).at(kFirst)), ElementsAre("base", "other"));
}

class Log : public ::testing::Test {
 protected:
  BuildLog::Services services() {
    return {[this](const std::string& repository) -> std::shared_ptr<oci::ImageRepo> {
              if (repository == refused_) throw base::Error(base::ErrorCode::kRegistry, "No.");
              auto& repo = repos_[repository];
              if (!repo) repo = std::make_shared<ixian::testing::MemoryRepo>(repository);
              return repo;
            },
            clock_, sink_, base::LogLevel::kWarning};
  }

  std::vector<RecordTag> written(const std::string& repository, RecordKind kind) {
    std::vector<RecordTag> found;
    for (const std::string& tag : repos_[repository]->tags()) {
      if (auto record = parse_record_tag(tag); record && record->kind == kind) found.push_back(*record);
    }
    return found;
  }

  std::map<std::string, std::shared_ptr<ixian::testing::MemoryRepo>> repos_;
  std::string refused_;
  ixian::testing::FakeClock clock_;
  ixian::testing::RecordingSink sink_;
};

TEST_F(Log, WhatHasBegunAndEndedHasOneTime) {
  BuildLog log(services());
  BuildRecord record{"main", {stage("base", kFirst)}};
  log.begin({{kFirst, record}});
  clock_.advance(std::chrono::seconds(100));
  record.stages[0].cache = {"cache-1"};
  log.begin({{kFirst, record}});
  log.end({{kFirst, record}});
  const auto begun = written(kFirst, RecordKind::kBegun);
  const auto done = written(kFirst, RecordKind::kDone);
  ASSERT_THAT(begun, SizeIs(1));
  ASSERT_THAT(done, SizeIs(1));
  EXPECT_EQ(begun[0].time, done[0].time);
  EXPECT_EQ(begun[0].digits, done[0].digits);
  PruneRules rules;
  rules.now = clock_.now();
  base::Cancellation never;
  EXPECT_EQ(plan_registry_prune(*repos_[kFirst], rules, never).begun, 0u);
}

TEST_F(Log, AnEndWithoutABeginningHasTheTimeOfNow) {
  BuildLog log(services());
  log.end({{kFirst, {"main", {stage("base", kFirst)}}}});
  EXPECT_EQ(written(kFirst, RecordKind::kDone).at(0).time, time_in_tag(clock_.now()));
}

TEST_F(Log, WhatTakesLongIsSaidAgain) {
  BuildLog log(services(), std::chrono::seconds(0));
  log.begin({{kFirst, {"main", {stage("base", kFirst)}}}});
  for (int i = 0; written(kFirst, RecordKind::kBegun).size() < 3 && i < 10'000; ++i) {
    clock_.advance(std::chrono::seconds(1));
    std::this_thread::yield();
  }
  EXPECT_GE(written(kFirst, RecordKind::kBegun).size(), 3u);
}

TEST_F(Log, ARepositoryThatRefusesIsWarnedOfOnceAndKeepsNobodyElseOut) {
  refused_ = kFirst;
  BuildLog log(services());
  const RecordParts parts = {{kFirst, {"main", {stage("base", kFirst)}}},
                             {kSecond, {"main", {stage("other", kSecond)}}}};
  log.begin(parts);
  log.end(parts);
  EXPECT_THAT(written(kSecond, RecordKind::kDone), SizeIs(1));
  const auto warnings = sink_.logs();
  ASSERT_THAT(warnings, SizeIs(1));
  EXPECT_THAT(warnings[0], HasSubstr(kFirst));
}

}  // namespace
}  // namespace ixian::run
