// Writes what instructions came to into a registry, while the build goes on.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/event.h"
#include "base/thread_pool.h"
#include "cache/cache_repos.h"
#include "oci/losses.h"
#include "snapshot/partial_image.h"
#include "steps/image_manifest.h"
#include "store/store.h"

namespace ixian::cache {

class ExistenceCache;

// One for an engine. Thread-safe. A few threads work off what they are given, in that order. Tags that are
// there stay as they are, but for those of images that have lost a part. Where writing fails, the repository
// is given up with one warning, and what is left for it is passed over; so is everything once the build's
// `cancellation` is requested.
class CacheExporter {
 public:
  CacheExporter(std::shared_ptr<store::Store> store, std::shared_ptr<oci::Losses> losses);
  ~CacheExporter();  // waits

  // Whom to tell and to listen to; both outlive the writer.
  struct Build {
    std::shared_ptr<CacheRepo> repo;
    base::EventSink& sink;
    base::Cancellation& cancellation;
  };

  // Layers are in the store, or where `layers` say. Returns at once.
  void write(const std::shared_ptr<const Build>& build, steps::AssembledImage image,
             const std::vector<std::string>& keys, const snapshot::LayerStack& layers);

  // What is in layers that are large enough for it to be worth asking, as far as the store has noted it.
  // Returns at once.
  void write_listings(const std::shared_ptr<const Build>& build, const snapshot::LayerStack& layers);

  // Of the steps that were handed over; what a repository that was given up lacks has failed.
  struct Progress {
    std::size_t total = 0;
    std::size_t pending = 0;
    std::size_t failed = 0;
    std::string repository;  // of what was handed over last
  };
  Progress progress();

  // Until nothing is left to be written.
  void wait();

  // Until nobody writes an image whose last layer is one of these: whoever sends them next finds them there.
  void wait_for(const std::set<oci::Digest>& layers);

 private:
  struct Layer {
    oci::Digest blob;
    oci::Digest diff_id;
  };
  struct Job;
  void submit(const std::shared_ptr<const Job>& job);
  bool run(const Job& job);
  bool write_image(const Job& job, ExistenceCache& repo);
  void write_listings(const Build& build, const std::vector<Layer>& layers, ExistenceCache& repo);
  std::shared_ptr<ExistenceCache> remembering(const std::shared_ptr<CacheRepo>& repo);
  void done(const Job& job, bool written);

  // `mutex_` guards all below but the threads.
  const std::shared_ptr<store::Store> store_;
  const std::shared_ptr<oci::Losses> losses_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::shared_ptr<ExistenceCache>> repos_;
  std::size_t pending_ = 0;  // with listings
  Progress progress_;
  std::multiset<oci::Digest> last_layers_;  // of what is pending
  base::ThreadPool threads_;                // ends first
};

}  // namespace ixian::cache
