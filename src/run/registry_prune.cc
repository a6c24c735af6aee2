#include "run/registry_prune.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/thread_pool.h"
#include "run/build_record.h"

namespace ixian::run {
namespace {

constexpr unsigned kQuestionsAtOnce = 16;
constexpr std::size_t kStageKeyDigits = 64;

// "runtime-<64 hex digits>", "cache-<64 hex digits>".
bool is_keyed_tag(const std::string& tag) {
  if (tag.size() < kStageKeyDigits + 2 || tag[tag.size() - kStageKeyDigits - 1] != '-') return false;
  return std::all_of(tag.end() - kStageKeyDigits, tag.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string tag_of(const std::string& image) {
  const auto colon = image.rfind(':');
  return colon == std::string::npos ? "" : image.substr(colon + 1);
}

class Planner {
 public:
  Planner(oci::ImageRepo& repo, std::size_t builds, base::Cancellation& cancellation)
      : repo_(repo), builds_(builds), cancellation_(cancellation), tags_(repo.tags()) {}

  RegistryPrune run() {
    const std::vector<RecordTag> records = record_tags(tags_);
    read(records);
    keep_recent(records);
    keep_origins(records);
    RegistryPrune plan;
    plan.branches.assign(branches_.begin(), branches_.end());
    std::vector<std::string> going;
    for (const std::string& tag : tags_) {
      const bool ours = is_keyed_tag(tag) || parse_record_tag(tag);
      if (!ours)
        ++plan.foreign;
      else if (keep_.contains(tag) || records.empty())
        ++plan.kept;
      else
        going.push_back(tag);
    }
    resolve(going, plan);
    return plan;
  }

 private:
  void read(const std::vector<RecordTag>& records) {
    std::mutex mutex;
    base::parallel_for(records.size(), kQuestionsAtOnce, [&](std::size_t i) {
      cancellation_.throw_if_requested();
      auto record = read_record(repo_, records[i].tag);
      const std::lock_guard lock(mutex);
      records_[records[i].tag] = std::move(record);
    });
  }

  void keep_recent(const std::vector<RecordTag>& records) {
    std::map<std::string, std::size_t> seen;
    for (const RecordTag& each : records) {  // the newest first
      const auto& record = records_.at(each.tag);
      if (record && seen[each.branch]++ >= builds_) continue;
      // One that cannot be read speaks of something that is not known, by a newer ix perhaps.
      keep_.insert(each.tag);
      if (!record) continue;
      branches_.insert(each.branch);
      for (const RecordedStage& stage : record->stages) keep_stage(stage);
    }
  }

  void keep_stage(const RecordedStage& stage) {
    keep_.insert(tag_of(stage.image));
    keep_.insert(stage.cache.begin(), stage.cache.end());
  }

  // A build that found an image does not know what instructions led to it: the one that built it does.
  void keep_origins(const std::vector<RecordTag>& records) {
    const std::set<std::string> recent = keep_;
    for (const RecordTag& each : records) {
      const auto& record = records_.at(each.tag);
      if (!record || recent.contains(each.tag)) continue;
      for (const RecordedStage& stage : record->stages) {
        if (stage.cache.empty() || !recent.contains(tag_of(stage.image))) continue;
        keep_.insert(stage.cache.begin(), stage.cache.end());
        keep_.insert(each.tag);
      }
    }
  }

  // By digest, and never one that something else still needs.
  void resolve(const std::vector<std::string>& going, RegistryPrune& plan) {
    std::map<std::string, oci::Descriptor> found;
    std::mutex mutex;
    base::parallel_for(tags_.size(), kQuestionsAtOnce, [&](std::size_t i) {
      cancellation_.throw_if_requested();
      if (const auto descriptor = repo_.find(tags_[i])) {
        const std::lock_guard lock(mutex);
        found.emplace(tags_[i], *descriptor);
      }
    });
    std::set<std::string> kept_digests;
    for (const auto& [tag, descriptor] : found) {
      if (!std::binary_search(going.begin(), going.end(), tag)) kept_digests.insert(descriptor.digest.text());
    }
    for (const std::string& tag : going) {
      const auto image = found.find(tag);
      if (image == found.end()) continue;  // somebody else has removed it
      if (kept_digests.contains(image->second.digest.text()))
        ++plan.kept;
      else
        plan.remove.push_back({tag, image->second.digest, image->second.size});
    }
  }

  oci::ImageRepo& repo_;
  const std::size_t builds_;
  base::Cancellation& cancellation_;
  const std::vector<std::string> tags_;  // sorted
  std::map<std::string, std::optional<BuildRecord>> records_;
  std::set<std::string> keep_;
  std::set<std::string> branches_;
};

}  // namespace

RegistryPrune plan_registry_prune(oci::ImageRepo& repo, std::size_t builds,
                                  base::Cancellation& cancellation) {
  return Planner(repo, builds, cancellation).run();
}

std::size_t carry_out(const RegistryPrune& plan, oci::ImageRepo& repo, base::Cancellation& cancellation) {
  std::set<std::string> gone;
  for (const bool records : {false, true}) {
    for (const PruneCandidate& each : plan.remove) {
      if (parse_record_tag(each.tag).has_value() != records) continue;
      cancellation.throw_if_requested();
      if (gone.insert(each.digest.text()).second) repo.remove(each.digest.text());
    }
  }
  return gone.size();
}

}  // namespace ixian::run
