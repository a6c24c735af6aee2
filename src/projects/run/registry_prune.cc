// What may be removed is found in the order of what it costs to ask: the list of tags; of the records one for
// each that says something else, which the tags tell. What else stands on what may go is asked by
// check_references().
#include "run/registry_prune.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "oci/referrers.h"
#include "run/build_record.h"
#include "run/repo_requests.h"

namespace ixian::run {
namespace {

constexpr std::size_t kStageKeyDigits = 64;
constexpr std::size_t kFewQuestions = 30;  // that are worth knowing exactly what would go

// "runtime-<64 hex digits>", "cache-<64 hex digits>". Such a one of a digest's algorithm is about a manifest.
bool is_keyed_tag(const std::string& tag) {
  if (tag.size() < kStageKeyDigits + 2 || tag[tag.size() - kStageKeyDigits - 1] != '-') return false;
  return std::all_of(tag.end() - kStageKeyDigits, tag.end(), oci::is_lower_hex) && !oci::subject_of_tag(tag);
}

std::string stage_of(const std::string& tag) {
  return tag.size() <= kStageKeyDigits ? "" : tag.substr(0, tag.size() - kStageKeyDigits - 1);
}

bool is_instruction(const std::string& tag) {
  return tag.starts_with("cache-") || tag.starts_with("listing-");
}

std::string tag_of(const std::string& image) {
  const auto colon = image.rfind(':');
  return colon == std::string::npos ? "" : image.substr(colon + 1);
}

// Records whose tags say that they say the same, each kind with the newest first.
struct RecordGroup {
  std::vector<RecordTag> done;
  std::vector<RecordTag> begun;
  std::vector<std::pair<std::string, RecordSummary>> read;  // by tag; mostly one alone

  const RecordTag& newest() const { return done.empty() ? begun.front() : done.front(); }
  // Which of those that say the same is read: who built it says besides what instructions led to it, and is
  // mostly the first.
  const RecordTag& told_first() const { return done.empty() ? begun.front() : done.back(); }
  bool readable() const { return !read.empty(); }
  const BuildRecord& record() const { return read.front().second.record; }
  const std::string& first() const { return done.empty() ? begun.back().time : done.back().time; }
  bool has_ended(const RecordTag& begin) const {
    return std::any_of(done.begin(), done.end(),
                       [&](const RecordTag& each) { return each.time == begin.time; });
  }
};

// What a build was about, whoever built it and however often.
std::pair<std::string, std::set<std::string>> content(const BuildRecord& record) {
  std::set<std::string> images;
  for (const RecordedStage& stage : record.stages) images.insert(stage.image);
  return {record.branch, std::move(images)};
}

class Planner {
 public:
  Planner(oci::ImageRepo& repo, const PruneRules& rules, base::Cancellation& cancellation)
      : repo_(repo), rules_(rules), cancellation_(cancellation), tags_(repo.tags()) {}

  RegistryPrune run() {
    plan_.seen = {tags_.begin(), tags_.end()};
    sort();
    read_records();
    const std::vector<RecordGroup*> newest_first = readable();
    keep_recent(newest_first);
    keep_begun(newest_first);
    keep_origins(newest_first);
    choose();
    return std::move(plan_);
  }

 private:
  void sort() {
    for (const std::string& tag : tags_) {
      if (auto record = parse_record_tag(tag)) {
        RecordGroup& group = groups_[{record->branch, record->digits}];
        (record->kind == RecordKind::kDone ? group.done : group.begun).push_back(std::move(*record));
      } else {
        (is_keyed_tag(tag) ? keyed_ : foreign_).push_back(tag);
      }
    }
    const auto newer = [](const RecordTag& a, const RecordTag& b) { return a.time > b.time; };
    for (auto& [key, group] : groups_) {
      std::sort(group.done.begin(), group.done.end(), newer);
      std::sort(group.begun.begin(), group.begun.end(), newer);
    }
  }

  void read_records() {
    std::vector<RecordGroup*> all;
    for (auto& [key, group] : groups_) all.push_back(&group);
    request_each(all.size(), cancellation_, [&](std::size_t i) {
      read_into(*all[i], all[i]->told_first().tag);
      if (!all[i]->readable() && all[i]->done.size() > 1) read_into(*all[i], all[i]->newest().tag);
    });
  }

  void read_into(RecordGroup& group, const std::string& tag) {
    if (auto summary = summarize_record(repo_, tag)) group.read.emplace_back(tag, *std::move(summary));
  }

  // The groups that say something, the newest first. What cannot be read under such a tag is something else,
  // or speaks of what is not known, by a newer ix perhaps.
  std::vector<RecordGroup*> readable() {
    std::vector<RecordGroup*> found;
    for (auto& [key, group] : groups_) {
      if (group.readable()) {
        found.push_back(&group);
        note(group);
        continue;
      }
      for (const auto* tags : {&group.done, &group.begun}) {
        for (const RecordTag& each : *tags) foreign_.push_back(each.tag);
      }
    }
    std::sort(found.begin(), found.end(), [](const RecordGroup* a, const RecordGroup* b) {
      return std::pair(a->newest().time, a->newest().tag) > std::pair(b->newest().time, b->newest().tag);
    });
    return found;
  }

  void note(const RecordGroup& group) {
    if (!group.done.empty()) {
      plan_.known = true;
      plan_.all_branches.insert(group.record().branch);
    }
    for (const auto& [tag, summary] : group.read) {
      for (const RecordedStage& stage : summary.record.stages) {
        stages_.insert(stage_of(tag_of(stage.image)));
        named_.insert(stage.cache.begin(), stage.cache.end());
      }
    }
  }

  void keep_recent(const std::vector<RecordGroup*>& newest_first) {
    std::map<std::string, std::set<std::set<std::string>>> kept;  // the contents of each branch
    std::set<std::string> branches;
    for (const RecordGroup* group : newest_first) {
      if (group->done.empty()) continue;
      auto [branch, images] = content(group->record());
      if (std::count(rules_.forgotten.begin(), rules_.forgotten.end(), branch) > 0) continue;
      auto& contents = kept[branch];
      // Built once more: the newest record of it stands for both.
      if (contents.contains(images) || contents.size() >= rules_.builds) continue;
      contents.insert(std::move(images));
      branches.insert(branch);
      keep_.insert(group->done.front().tag);
      keep_named(group->record());
    }
    plan_.branches.assign(branches.begin(), branches.end());
  }

  void keep_begun(const std::vector<RecordGroup*>& newest_first) {
    const std::string oldest = time_in_tag(rules_.now - rules_.grace);
    for (const RecordGroup* group : newest_first) {
      for (const RecordTag& begin : group->begun) {
        if (rules_.grace.count() == 0 || begin.time < oldest || group->has_ended(begin)) continue;
        ++plan_.begun;
        keep_.insert(begin.tag);
        keep_named(group->record());
      }
    }
  }

  void keep_named(const BuildRecord& record) {
    for (const RecordedStage& stage : record.stages) {
      images_.insert(tag_of(stage.image));
      keep_.insert(stage.cache.begin(), stage.cache.end());
    }
  }

  // A build that found an image does not know what instructions led to it: the one that built it does. That
  // is mostly the first one that speaks of the image, else the last, which may have built it anew.
  void keep_origins(const std::vector<RecordGroup*>& newest_first) {
    keep_known_origins(newest_first);
    std::map<std::string, RecordGroup*> first;
    for (RecordGroup* group : newest_first) {
      if (group->done.empty()) continue;
      for (const RecordedStage& stage : group->record().stages) {
        const std::string image = tag_of(stage.image);
        if (!images_.contains(image)) continue;
        auto& known = first.emplace(image, group).first->second;
        if (group->first() < known->first()) known = group;
      }
    }
    std::set<RecordGroup*> unread;
    for (const auto& [image, group] : first) {
      if (!with_origin_.contains(image) && group->done.size() > 1 && group->read.size() == 1)
        unread.insert(group);
    }
    const std::vector<RecordGroup*> all(unread.begin(), unread.end());
    request_each(all.size(), cancellation_, [&](std::size_t i) { read_into(*all[i], all[i]->newest().tag); });
    for (const RecordGroup* group : all) note(*group);
    keep_known_origins(newest_first);
    keep_.insert(images_.begin(), images_.end());
  }

  void keep_known_origins(const std::vector<RecordGroup*>& newest_first) {
    for (const RecordGroup* group : newest_first) {
      for (const auto& [tag, summary] : group->read) {
        for (const RecordedStage& stage : summary.record.stages) {
          if (stage.cache.empty() || !images_.contains(tag_of(stage.image))) continue;
          with_origin_.insert(tag_of(stage.image));
          const bool is_new = std::any_of(
              stage.cache.begin(), stage.cache.end(),
              [this](const std::string& each) { return !keep_.contains(each) && plan_.seen.contains(each); });
          if (!is_new) continue;
          keep_.insert(stage.cache.begin(), stage.cache.end());
          keep_.insert(tag);
        }
      }
    }
  }

  bool is_ours(const std::string& tag) const {
    return is_instruction(tag) || stages_.contains(stage_of(tag));
  }

  bool stays(const std::string& tag) const {
    if (!plan_.known || keep_.contains(tag)) return true;
    // A build under way pushes instructions before any record names them.
    return plan_.begun > 0 && is_instruction(tag) && !named_.contains(tag);
  }

  void choose() {
    std::vector<std::string> going;
    std::vector<std::string> staying;
    for (const std::string& tag : keyed_) {
      if (!is_ours(tag))
        foreign_.push_back(tag);
      else
        (stays(tag) ? staying : going).push_back(tag);
    }
    plan_.foreign = foreign_.size();
    plan_.kept = staying.size();
    choose_records();
    for (const std::string& tag : going) plan_.remove.push_back({tag, std::nullopt});
    if (plan_.remove.empty()) return;
    std::sort(plan_.remove.begin(), plan_.remove.end(),
              [](const PruneCandidate& a, const PruneCandidate& b) { return a.tag < b.tag; });
    plan_.others = foreign_;
    if (!going.empty()) plan_.staying = std::move(staying);
    plan_.going = std::move(going);
    plan_.references_checked = false;
    const std::size_t questions =
        plan_.others.size() + plan_.staying.size() + 2 * plan_.going.size() + plan_.records_to_ask.size();
    if (questions <= kFewQuestions) check_references(plan_, repo_, cancellation_);
  }

  void choose_records() {
    for (const auto& [key, group] : groups_) {
      if (!group.readable()) continue;
      std::map<std::string, oci::Digest> digests;
      for (const auto& [tag, summary] : group.read) digests.emplace(tag, summary.manifest);
      for (const auto* tags : {&group.done, &group.begun}) {
        for (const RecordTag& each : *tags) {
          const auto digest = digests.find(each.tag);
          if (!plan_.known || keep_.contains(each.tag)) {
            ++plan_.kept;
            if (digest != digests.end())
              plan_.records[digest->second].push_back(each.tag);
            else
              plan_.records_to_ask.push_back(each.tag);
          } else {
            plan_.remove.push_back(
                {each.tag, digest == digests.end() ? std::nullopt : std::optional(digest->second)});
          }
        }
      }
    }
  }

  oci::ImageRepo& repo_;
  const PruneRules& rules_;
  base::Cancellation& cancellation_;
  const std::vector<std::string> tags_;  // sorted
  RegistryPrune plan_;

  std::map<std::pair<std::string, std::string>, RecordGroup> groups_;  // by branch and digits, as in the tags
  std::vector<std::string> keyed_;
  std::vector<std::string> foreign_;
  std::set<std::string> stages_;       // that records speak of
  std::set<std::string> named_;        // instructions that any record names
  std::set<std::string> images_;       // tags of images that stay
  std::set<std::string> with_origin_;  // those of which a record says what instructions led to them
  std::set<std::string> keep_;         // tags that stay
};

}  // namespace

RegistryPrune plan_registry_prune(oci::ImageRepo& repo, const PruneRules& rules,
                                  base::Cancellation& cancellation) {
  return Planner(repo, rules, cancellation).run();
}

}  // namespace ixian::run
