// Tells the registries of a run what it is about: before its first push, so that nobody makes room of what it
// pushes, and when it has ended well.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/event.h"
#include "oci/image_repo.h"
#include "run/build_record.h"

namespace ixian::run {

// What is to be written down in each repository.
using RecordParts = std::map<std::string, BuildRecord>;

// Each of the `repositories` gets the stages whose images are its own. So does `cache_repository` ("" is
// none) those of all, without inputs: instructions are kept there as long as the images that they led to.
RecordParts split_record(const BuildRecord& record, const std::set<std::string>& repositories,
                         const std::string& cache_repository);

// One for a run. Thread-safe. What cannot be written is no reason to stop: one warning for each repository.
class BuildLog {
 public:
  struct Services {
    std::function<std::shared_ptr<oci::ImageRepo>(const std::string& repository)> open;  // for pushing
    base::Clock& clock;
    base::EventSink& sink;
    base::LogLevel level = base::LogLevel::kWarning;  // of what cannot be written
  };
  // `again`: how often what has begun and not ended is said once more, in real time. It is shorter than the
  // grace that makers of room give.
  explicit BuildLog(Services services, std::chrono::seconds again = std::chrono::hours(1));
  ~BuildLog();

  // Each part that has not been written yet, without what only the end can tell (`cache`). Returns when it
  // is; false where one of them could not be.
  bool begin(const RecordParts& parts);

  // The same for what has ended well, with the time at which it began, if that has been said.
  void end(const RecordParts& parts);

 private:
  bool write(const std::string& repository, const BuildRecord& record, RecordKind kind,
             std::chrono::system_clock::time_point time);
  void repeat();
  void stop();

  const Services services_;
  const std::chrono::seconds again_;
  std::mutex writing_;  // held while something is written
  std::mutex mutex_;    // guards all below
  std::condition_variable changed_;
  bool stopping_ = false;
  std::map<std::string, std::chrono::system_clock::time_point> begun_;  // by repository: the first time
  std::map<std::string, std::vector<BuildRecord>> said_;                // that has begun, by repository
  std::set<std::string> warned_;
  std::thread repeating_;
};

}  // namespace ixian::run
