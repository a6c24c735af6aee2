// Removing takes time, in which others build. So it goes in steps, each after a look at the list of tags: if
// records or tags of others have come, what may go is found out anew, and only what may still go does.
//
// Records are many and mostly equal. Their digests are asked for in steps that grow, since removing one
// digest may take any number of tags with it.
#include <algorithm>
#include <map>
#include <mutex>

#include "run/build_record.h"
#include "run/registry_prune.h"
#include "run/repo_requests.h"

namespace ixian::run {
namespace {

constexpr std::size_t kStep = 64;
constexpr std::size_t kFirstRecords = 16;

class Removal {
 public:
  Removal(RegistryPrune plan, oci::ImageRepo& repo, const PruneRules& rules, base::Cancellation& cancellation)
      : plan_(std::move(plan)), repo_(repo), rules_(rules), cancellation_(cancellation) {}

  std::size_t run() {
    for (auto images = next(false, kStep); !images.empty(); images = next(false, kStep)) {
      for (const PruneCandidate& each : images) remove(each.digest);
    }
    std::size_t step = kFirstRecords;
    for (auto records = next(true, step); !records.empty(); records = next(true, step)) {
      ask(records);
      for (const PruneCandidate& each : records) remove(each.digest);
      step *= 2;
    }
    return gone_.size();
  }

 private:
  // The next ones to go, which are not candidates any more.
  std::vector<PruneCandidate> next(bool records, std::size_t count) {
    std::vector<PruneCandidate> step;
    if (plan_.remove.empty()) return step;
    look();
    std::vector<PruneCandidate> left;
    for (PruneCandidate& each : plan_.remove) {
      const bool wanted = parse_record_tag(each.tag).has_value() == records && step.size() < count;
      (wanted ? step : left).push_back(std::move(each));
    }
    plan_.remove = std::move(left);
    return step;
  }

  // What has gone and come since.
  void look() {
    cancellation_.throw_if_requested();
    const std::vector<std::string> tags = repo_.tags();
    const std::set<std::string> there(tags.begin(), tags.end());
    const bool come = std::any_of(tags.begin(), tags.end(), [&](const std::string& tag) {
      return !plan_.seen.contains(tag) && !own_.contains(tag);
    });
    std::erase_if(plan_.remove, [&](const PruneCandidate& each) { return !there.contains(each.tag); });
    if (!come) return;
    RegistryPrune now = plan_registry_prune(repo_, rules_, cancellation_);
    check_references(now, repo_, cancellation_);
    std::set<std::string> still;
    for (const PruneCandidate& each : now.remove) still.insert(each.tag);
    std::erase_if(plan_.remove, [&](const PruneCandidate& each) { return !still.contains(each.tag); });
    plan_.seen = std::move(now.seen);
    plan_.held.insert(now.held.begin(), now.held.end());
    plan_.records = std::move(now.records);
  }

  void ask(std::vector<PruneCandidate>& records) {
    request_each(records.size(), cancellation_, [&](std::size_t i) {
      if (records[i].digest) return;
      if (const auto found = repo_.find(records[i].tag)) records[i].digest = found->digest;
    });
  }

  void remove(const std::optional<oci::Digest>& digest) {
    if (!digest || plan_.held.contains(*digest) || gone_.contains(*digest)) return;
    cancellation_.throw_if_requested();
    if (const auto kept = plan_.records.find(*digest); kept != plan_.records.end()) {
      for (const std::string& tag : kept->second) renew(tag);
      plan_.records.erase(*digest);
    }
    gone_.insert(*digest);
    repo_.remove(digest->text());
  }

  // Under the next time that is free, so that it keeps its place among the others.
  void renew(const std::string& tag) {
    auto record = parse_record_tag(tag);
    do record->time = following(record->time);
    while (plan_.seen.contains(tag_text(*record)) || !own_.insert(tag_text(*record)).second);
    renew_record(repo_, tag, tag_text(*record));
  }

  // "…123Z" → "…124Z". After the last one of a second comes one that no clock shows, and that sorts as well.
  static std::string following(std::string time) {
    for (std::size_t at = time.size() - 1; at-- > 0;) {
      if (time[at] == 'T') continue;
      if (time[at] != '9') {
        ++time[at];
        break;
      }
      time[at] = '0';
    }
    return time;
  }

  RegistryPrune plan_;
  oci::ImageRepo& repo_;
  const PruneRules& rules_;
  base::Cancellation& cancellation_;
  std::set<oci::Digest> gone_;
  std::set<std::string> own_;  // tags that this has written
};

}  // namespace

std::size_t carry_out(RegistryPrune plan, oci::ImageRepo& repo, const PruneRules& rules,
                      base::Cancellation& cancellation) {
  check_references(plan, repo, cancellation);
  return Removal(std::move(plan), repo, rules, cancellation).run();
}

}  // namespace ixian::run
