// Whoever makes room in a registry removes what no recent build uses, and must not take away what is being
// pushed at this moment. So a run says what it is about before its first push, and says so again every hour
// as long as it lasts: a record counts for a time of grace only, because a run that was killed takes nothing
// back.
#include "run/build_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace ixian::run {
namespace {

std::string repository_of(const std::string& image) {
  const auto slash = image.rfind('/');
  const auto colon = image.find(':', slash == std::string::npos ? 0 : slash);
  return image.substr(0, colon);
}

}  // namespace

RecordParts split_record(const BuildRecord& record, const std::set<std::string>& repositories,
                         const std::string& cache_repository) {
  RecordParts parts;
  const auto part = [&](const std::string& repository) -> BuildRecord& {
    BuildRecord& found = parts[repository];
    found.branch = record.branch;
    return found;
  };
  for (const RecordedStage& stage : record.stages) {
    const std::string repository = repository_of(stage.image);
    if (repositories.contains(repository)) part(repository).stages.push_back(stage);
  }
  if (cache_repository.empty() || record.stages.empty()) return parts;
  for (const RecordedStage& stage : record.stages) {
    if (repository_of(stage.image) == cache_repository && repositories.contains(cache_repository)) continue;
    // Without inputs: the repository of the image has them.
    part(cache_repository).stages.push_back({stage.stage, stage.image, stage.key, nullptr, stage.cache});
  }
  return parts;
}

BuildLog::BuildLog(Services services, std::chrono::seconds again)
    : services_(std::move(services)), again_(again) {}

BuildLog::~BuildLog() {
  stop();
}

bool BuildLog::begin(const RecordParts& parts) {
  const std::lock_guard writing(writing_);
  bool all = true;
  for (auto [repository, record] : parts) {
    // Known at the end only; without it, records of the same plan are equal.
    for (RecordedStage& stage : record.stages) stage.cache.clear();
    const auto now = services_.clock.now();
    {
      const std::lock_guard lock(mutex_);
      const auto& said = said_[repository];
      if (std::find(said.begin(), said.end(), record) != said.end()) continue;
    }
    all = write(repository, record, RecordKind::kBegun, now) && all;
    const std::lock_guard lock(mutex_);
    said_[repository].push_back(record);
    begun_.emplace(repository, now);
    if (repeating_.joinable() || stopping_) continue;
    try {
      repeating_ = std::thread([this] { repeat(); });
    } catch (const std::system_error&) {  // what was said holds for as long as the grace
    }
  }
  return all;
}

void BuildLog::end(const RecordParts& parts) {
  stop();
  const std::lock_guard writing(writing_);
  for (const auto& [repository, record] : parts) {
    auto time = services_.clock.now();
    {
      const std::lock_guard lock(mutex_);
      if (const auto begun = begun_.find(repository); begun != begun_.end()) time = begun->second;
    }
    write(repository, record, RecordKind::kDone, time);
  }
}

bool BuildLog::write(const std::string& repository, const BuildRecord& record, RecordKind kind,
                     std::chrono::system_clock::time_point time) {
  try {
    write_record(*services_.open(repository), record, time, kind);
    return true;
  } catch (const base::Cancelled&) {
    throw;
  } catch (const base::Error& error) {
    {
      const std::lock_guard lock(mutex_);
      if (!warned_.insert(repository).second) return false;
    }
    services_.sink.log(
        base::kNoActivity, services_.level,
        fmt::format("build not recorded in {}, so `ix why` and `ix image prune` do not know of it: {}",
                    repository, error.advised()));
    return false;
  }
}

void BuildLog::repeat() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, again_, [this] { return stopping_; })) return;
    }
    const std::lock_guard writing(writing_);
    std::map<std::string, std::vector<BuildRecord>> said;
    {
      const std::lock_guard lock(mutex_);
      said = said_;
    }
    try {
      for (const auto& [repository, records] : said) {
        for (const BuildRecord& record : records)
          write(repository, record, RecordKind::kBegun, services_.clock.now());
      }
    } catch (const std::exception&) {  // cancelled: so is the build
      return;
    }
  }
}

void BuildLog::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (repeating_.joinable()) repeating_.join();
}

}  // namespace ixian::run
